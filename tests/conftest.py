"""What every test may use."""

import shutil

import pytest
from django.conf import settings
from django.core.cache import cache

from tests.cast import basics, cast, no_auto_approval  # noqa: F401  fixtures
from tests.chromium import browser  # noqa: F401  fixture


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Start each test without what another left in the cache."""
    cache.clear()


def pytest_unconfigure() -> None:
    """Remove the files that the tests stored."""
    shutil.rmtree(settings.VAR_DIR, ignore_errors=True)
