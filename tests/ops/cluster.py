"""A primary and a streaming replica of it, made of the programs that the application itself brings."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

from erp.embedded.postgres import Postgres, _binaries
from erp.embedded.processes import child_setup

ROOT = Path(__file__).resolve().parent.parent.parent


class Server:
    """One PostgreSQL server with durable commits in a folder of its own."""

    def __init__(self, var: Path) -> None:
        var.mkdir()
        self.postgres = Postgres(var)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with a cluster made where none is, and wait until it answers."""
        part = self.postgres.part()
        assert part.before is not None
        part.before()
        setup = child_setup(death_signal=signal.SIGKILL, account=self.postgres.account)
        self.process = subprocess.Popen(part.command, preexec_fn=setup, cwd=self.postgres.data)
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            try:
                with psycopg.connect(self.postgres.url_of("postgres"), connect_timeout=2):
                    return
            except psycopg.OperationalError:
                signal.sigtimedwait([], 0.1)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """End it as a power cut would: with everything that belongs to it."""
        assert self.process is not None
        whole = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        for process in whole:
            process.kill()
        self.process.wait()
        psutil.wait_procs(whole[1:])

    def execute(self, statement: str, database: str = "postgres") -> Any:
        """Run one statement and return the first value of its first row, if it has one."""
        with psycopg.connect(self.postgres.url_of(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row and row[0]

    @property
    def host(self) -> str:
        """The folder of its socket, which is its name for libpq."""
        return str(self.postgres.sockets)


class Pooler:
    """Debian's PgBouncer in transaction mode before a server, with fewer connections than clients."""

    def __init__(self, folder: Path, server: Server) -> None:
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        self.folder, self.server = folder, server

    def __enter__(self) -> "Pooler":
        settings = [
            "[databases]",
            f"erp = host={self.server.host} user=erp dbname=erp",
            "[pgbouncer]",
            f"unix_socket_dir = {self.folder}",
            "listen_addr =",
            "auth_type = any",
            "pool_mode = transaction",
            "default_pool_size = 3",
            "max_client_conn = 100",
        ]
        path = self.folder / "pgbouncer.ini"
        path.write_text("\n".join(settings) + "\n")
        setup = child_setup(death_signal=signal.SIGKILL, account=self.server.postgres.account)
        self.process = subprocess.Popen(["pgbouncer", "-q", path], preexec_fn=setup, cwd=self.folder)
        for _ in range(200):
            try:
                with psycopg.connect(f"postgresql://erp@/erp?host={self.folder}&port=6432", connect_timeout=2):
                    return self
            except psycopg.OperationalError:
                signal.sigtimedwait([], 0.1)
        raise AssertionError("the pooler does not answer")

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def environment(self) -> dict[str, str]:
        """What the application is told: the address of the pooler, and that it is one."""
        url = f"postgresql://erp@/erp?host={quote(str(self.folder), safe='')}&port=6432"
        return {"DATABASE_URL": url, "DATABASE_REPLICA_URL": "", "PGBOUNCER": "true"}


@contextmanager
def pair(folder: Path) -> Iterator[tuple[Server, Server]]:
    """A primary with an empty database for the application, and its replica; both end with the block."""
    primary, replica = Server(folder / "primary"), Server(folder / "replica")
    try:
        primary.start()
        primary.execute("CREATE DATABASE erp")
        copy = [_binaries() / "pg_basebackup", "-h", primary.host, "-U", "erp", "-D", replica.postgres.data]
        replica.postgres.data.parent.chmod(0o755)
        subprocess.run([*copy, "-R", "-X", "stream", "-c", "fast"], check=True, capture_output=True)
        replica.start()
        yield primary, replica
    finally:
        for server in (primary, replica):
            if server.process is not None and server.process.poll() is None:
                server.kill()


def play(scenario: str, environment: dict[str, str]) -> None:
    """Run one function of tests/ops/scenarios.py in an application with this environment. Fails with what it said."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.ops.scenarios", scenario],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "erp.settings", "DEBUG": "false", **environment},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-6000:]
