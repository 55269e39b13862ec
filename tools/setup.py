"""Brings this checkout to the point where it can start: `python3 tools/setup.py run` or `… dev` (tests and checks too).

Standard library only: it runs before anything is installed. Steps whose inputs have not changed are skipped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)
NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11")

LOCKS = {"run": ["base.txt"], "dev": ["base.txt", "dev.txt"]}
SYSTEM_PACKAGES = {
    "run": ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"],  # PDF documents
    "dev": [
        "chromium",  # browser tests
        "fonts-noto-cjk",  # Chinese in its screenshots
        "poppler-utils",  # looks into the PDFs that tests make
        "pgbouncer",  # a test works through it
        "docker-compose",  # checks docker-compose.yml, without an engine
    ],
}


def main(purpose: str) -> None:
    """Do every step that `purpose` ("run" or "dev") needs."""
    _use_new_enough_python(purpose)
    _install_system_packages(purpose)
    _make_venv()
    _install_locked(purpose)
    for tool in ("frontend.py", "messages.py"):
        if subprocess.run([VENV_PYTHON, ROOT / "tools" / tool]).returncode != 0:
            sys.exit(1)  # it has said why


def _use_new_enough_python(purpose: str) -> None:
    if sys.version_info >= OLDEST_PYTHON:
        return
    for name in NEWER_PYTHONS:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, str(Path(__file__).resolve()), purpose])
    have = ".".join(map(str, sys.version_info[:3]))
    sys.exit(
        f"Python 3.11 or newer is needed; python3 is {have}. Install one, or name it: make run PYTHON=/path/to/python3.12"
    )


def _install_system_packages(purpose: str) -> None:
    wanted = [*SYSTEM_PACKAGES["run"], *(SYSTEM_PACKAGES["dev"] if purpose == "dev" else [])]
    if not shutil.which("dpkg-query"):
        return  # not a Debian: a PDF request says itself when Pango is missing
    missing = [package for package in wanted if not _installed(package)]
    if missing:
        _apt_install(missing)


def _installed(package: str) -> bool:
    query = ["dpkg-query", "-W", "-f", "${Status}", package]
    return subprocess.run(query, capture_output=True, text=True).stdout == "install ok installed"


def _apt_install(packages: list[str]) -> None:
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(
            f"These system packages are missing; everything that needs none of them works. Install them with:\n  sudo {' '.join(command)}"
        )
        return
    print(f"Installing system packages: {' '.join(packages)} …", flush=True)
    options = ["-q", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", *options, "update"], ["apt-get", *options, *command[1:]]):
        ran = subprocess.run(step, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if ran.returncode != 0:
        print(f"{ran.stdout}{ran.stderr}\nThey could not be installed; going on without them.")


def _make_venv() -> None:
    # The paths inside tell whether the folder was moved or copied here, which a venv does not survive.
    identity = f"{VENV}\n{sys.version}\n"
    stamp = VENV / ".identity"
    if VENV_PYTHON.exists() and stamp.exists() and stamp.read_text() == identity:
        return
    print("Making .venv …", flush=True)
    command = [sys.executable, "-m", "venv", "--clear", VENV]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode != 0 and shutil.which("apt-get"):  # Debian splits ensurepip off
        _apt_install([f"python3.{sys.version_info.minor}-venv"])
        ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(f"{ran.stdout}{ran.stderr}\nThe virtual environment could not be made (see above).")
    stamp.write_text(identity)


def _install_locked(purpose: str) -> None:
    for name in LOCKS[purpose]:
        lock = ROOT / "requirements" / name
        digest = hashlib.sha256(lock.read_bytes()).hexdigest()
        stamp = VENV / f".installed-{name}"
        if stamp.exists() and stamp.read_text() == digest:
            continue
        print(f"Installing the Python packages of requirements/{name} …", flush=True)
        command = [VENV_PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--prefer-binary"]
        ran = subprocess.run([*command, "--require-hashes", "-r", lock])
        if ran.returncode != 0:
            sys.exit(
                "pip could not install the packages (see above). Check the way to the package registry, then start again."
            )
        stamp.write_text(digest)


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["dev"]):
        sys.exit("usage: python3 tools/setup.py run|dev")
    main(sys.argv[1])
