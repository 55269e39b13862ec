"""`make lint`: every check that needs no test run. All of them run; the exit code is 1 when one found something.

`make lint ONLY="ruff types"` runs the named ones.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
DJANGO_APPS = sorted(path.parent.name for path in ROOT.glob("*/apps.py"))

# As in production. No service is started or asked: these checks read code only.
PRODUCTION = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz",
    "DEBUG": "false",
    "HTTPS": "true",
    "ALLOWED_HOSTS": "erp.example.com",
    "SITE_URL": "https://erp.example.com",
}
COMPOSE = {"SECRET_KEY": "x", "POSTGRES_PASSWORD": "x", "VALKEY_PASSWORD": "x"}


def _run(*command: str | Path, environment: dict[str, str] | None = None) -> bool:
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if ran.returncode != 0:
        print(ran.stdout)
    return ran.returncode == 0


def _manage(*arguments: str) -> bool:
    return _run(sys.executable, "manage.py", *arguments, environment=PRODUCTION)


def _types() -> bool:
    services = [path for app in DJANGO_APPS for path in _services_of(ROOT / app)]
    return _run(BIN / "mypy", "erp", *services, environment=PRODUCTION)


def _services_of(app: Path) -> list[Path]:
    found = [app / "services.py", app / "services"]
    return [path for path in found if path.exists() and app.name != "erp"]


def _templates() -> bool:
    if not any((ROOT / "templates").rglob("*.html")):
        return True
    return _run(BIN / "djlint", "--check", "--quiet", "templates") and _run(
        BIN / "djlint", "--lint", "--quiet", "templates"
    )


def _compose() -> bool:
    tool = shutil.which("docker-compose")
    if tool is None:
        print("docker-compose is not installed (make setup-dev says how): docker-compose.yml was not checked.")
        return True
    return _run(tool, "-f", "docker-compose.yml", "config", "-q", environment=COMPOSE)


def _dockerfile() -> bool:
    """Parse it, and see that whatever it copies or runs of ours exists and that it does not run as root."""
    import dockerfile

    commands = dockerfile.parse_file(str(ROOT / "Dockerfile"))
    sources = [
        source
        for command in commands
        if command.cmd.upper() == "COPY" and not command.flags
        for source in command.value[:-1]
    ]
    missing = [source for source in sources if not (ROOT / source).exists()]
    users = [command.value[0] for command in commands if command.cmd.upper() == "USER"]
    faults = [f"it copies {source}, which is not there" for source in missing]
    if not users or users[-1] in ("root", "0"):
        faults.append("it runs as root")
    for fault in faults:
        print(f"Dockerfile: {fault}")
    return not faults


CHECKS: dict[str, Callable[[], bool]] = {
    "ruff": lambda: _run(BIN / "ruff", "check", "."),
    "format": lambda: _run(BIN / "ruff", "format", "--check", "."),
    "floors": lambda: _run(BIN / "lint-imports", "--no-cache"),
    "templates": _templates,
    "migrations": lambda: _manage("makemigrations", "--check", "--dry-run"),
    "deploy": lambda: _manage("check", "--deploy", "--fail-level", "WARNING"),
    "translations": lambda: _run(sys.executable, "tools/check_translations.py"),
    "types": _types,
    "compose": _compose,
    "dockerfile": _dockerfile,
}


def main() -> int:
    """Run the checks; return the exit code."""
    chosen = os.environ.get("ONLY", "").split() or list(CHECKS)
    failed = []
    for name in chosen:
        began = time.monotonic()
        passed = CHECKS[name]()
        print(f"{'ok    ' if passed else 'FAILED'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
        if not passed:
            failed.append(name)
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
