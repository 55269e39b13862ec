"""What has to be done between the start of the database and the start of the web server, in one process."""

import hashlib
import os
from pathlib import Path


def prepare() -> None:
    """Migrate, collect the static files when one has changed, and fill an empty database with the demo company."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=1 if _is_empty() else 0)
    if not settings.DEBUG:
        _collect_static(Path(settings.STATIC_ROOT))
    if settings.DATABASES and os.environ.get("DEMO", "1") != "0":
        call_command("load_demo", if_empty=True)


def _is_empty() -> bool:
    from django.db import connection

    return not connection.introspection.table_names()


def _collect_static(target: Path) -> None:
    from django.core.management import call_command

    stamp = target.parent / "static.sha256"
    fingerprint = _static_fingerprint()
    if (target / "staticfiles.json").exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return
    print("Collecting the static files …", flush=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(fingerprint)


def _static_fingerprint() -> str:
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
