"""The application as it runs for people: web server and workers of the launcher under its supervisor.

`python -m tests.trust.house PORT` runs it; `House` starts that as a process of its own and kills parts of it.
"""

import contextlib
import os
import random
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 120  # seconds until the application must answer


class House:
    """The running application, on the database and broker of the test; what it prints goes to `log`."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = log
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "House":
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        environment = {
            **{name: value for name, value in os.environ.items() if name != "MAKELEVEL"},
            "DJANGO_SETTINGS_MODULE": "erp.settings",
            "DATABASE_URL": database,
            "REDIS_URL": settings.REDIS_URL,
            "ERP_VAR_DIR": str(settings.VAR_DIR),
            "SECRET_KEY": "only-for-this-test",
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-m", "tests.trust.house", str(self.port)]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
        self._wait()
        return self

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait(self) -> None:
        from erp.embedded.launcher import _answers

        for _ in range(PATIENCE * 5):
            assert self.process.poll() is None, self.said()
            if _answers("127.0.0.1", str(self.port)):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.2)
        raise AssertionError(self.said())

    def said(self) -> str:
        """What web server and workers printed."""
        return self.log.read_text(errors="replace")

    def parts(self) -> list[psutil.Process]:
        """The masters of web server and Celery, which the supervisor starts again."""
        supervisors = psutil.Process(self.process.pid).children()
        return [part for supervisor in supervisors for part in supervisor.children()]

    def workers(self) -> list[psutil.Process]:
        """The processes that do the work, which their masters start again."""
        return [child for part in self.parts() for child in part.children(recursive=True) if _works(child)]

    def kill_one(self, victims: list[psutil.Process], rng: random.Random) -> int:
        """`kill -9` one of them, chosen at random, and wait until the web server answers. Returns how many died."""
        with contextlib.suppress(psutil.NoSuchProcess, IndexError):
            rng.choice(victims).kill()
            self._wait()
            return 1
        return 0


def _works(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return "python" in process.name() and "resource_tracker" not in " ".join(process.cmdline())
    return False


def _main(port: str) -> int:
    from erp.embedded.guardian import guarded
    from erp.embedded.launcher import application
    from erp.embedded.log import Log
    from erp.embedded.supervisor import Supervisor

    web, worker, _beat = application("127.0.0.1", port, development=False)
    return guarded(lambda: Supervisor([[web, worker]], Log()).run())


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1]))
