"""Where the embedded services keep their files."""

import hashlib
import os
import secrets
import stat
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("ERP_VAR_DIR") or ROOT / "var").resolve()
TEST_VAR = VAR / "test"

# A Unix socket's path must fit into 107 bytes, with PostgreSQL's own file name at its end.
_LONGEST_RUNTIME_PATH = 107 - len("/postgres/.s.PGSQL.5432.lock")


def runtime_directory(var: Path) -> Path:
    """Return the private directory for the sockets of the services under `var`, made when missing.

    It lies in `var` itself, or in /tmp when the checkout lies too deep for a socket's path.
    Raises PermissionError when somebody else already owns that place.
    """
    path = var / "run"
    if len(os.fsencode(path)) > _LONGEST_RUNTIME_PATH:
        digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
        path = Path(f"/tmp/erp-{os.geteuid()}-{digest}")  # noqa: S108 (its owner is checked below)
    path.mkdir(mode=0o711, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(f"{path} belongs to somebody else; remove it and start again.")
    return path


def secret(name: str, *, length: int = 50) -> str:
    """Return the secret kept in `var/<name>`, generated on first use and readable by the owner only."""
    path = VAR / name
    VAR.mkdir(exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    value = secrets.token_urlsafe(length)[:length]
    with os.fdopen(descriptor, "w") as file:
        file.write(value + "\n")
    return value
