"""Settings of the tests: real PostgreSQL and Valkey, started for this run unless the environment names others."""

import os
import tempfile
import zlib
from pathlib import Path
from urllib.parse import urlsplit

from erp.embedded import ensure_environment
from erp.embedded.paths import TEST_VAR

ensure_environment(TEST_VAR)  # pytest-xdist's workers inherit what the first process set

from erp.settings import *  # noqa: E402,F403
from erp.settings import CACHES, LOGGING, REDIS_URL, STORAGES  # noqa: E402

# Runs side by side share one Valkey: each process takes a database of its own, so that none empties another's.
_process = os.environ.get("ERP_TEST_DB", "") + os.environ.get("PYTEST_XDIST_WORKER", "")
REDIS_URL = urlsplit(REDIS_URL)._replace(path=f"/{zlib.crc32(_process.encode()) % 1000}").geturl()
CACHES["default"]["LOCATION"] = REDIS_URL
CELERY_BROKER_URL = REDIS_URL

VAR_DIR = Path(tempfile.mkdtemp(prefix="erp-test-"))
MEDIA_ROOT = VAR_DIR / "media"
EMAIL_FILE_PATH = VAR_DIR / "mail"
LOGGING["root"]["level"] = "WARNING"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir()
STORAGES["attachments"]["OPTIONS"]["location"] = VAR_DIR / "attachments"
