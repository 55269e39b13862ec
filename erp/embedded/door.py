"""How other processes of this checkout learn where the services are, and keep them alive while they need them.

The process that runs the services holds `lock` and listens on a Unix socket. Who connects gets the environment
(one line of JSON) and counts as a guest until the connection closes, which the kernel sees to even after kill -9.
"""

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from erp.embedded.paths import ROOT, runtime_directory
from erp.embedded.supervisor import Supervisor

PATIENCE = 90.0  # seconds: the very first start makes the cluster


class ServicesError(Exception):
    """The embedded services could not be started; the message holds what they printed."""


def lock(var: Path) -> int | None:
    """Take the right to run the services under `var`; return the descriptor to keep open, None when it is taken."""
    var.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(var / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _address(var: Path) -> Path:
    return runtime_directory(var) / "control.sock"


@dataclass
class Door:
    """The listening side. Open it only when the services are ready."""

    var: Path
    environment: Mapping[str, str]
    guests: set[socket.socket] = field(default_factory=set)
    had_guests: bool = False
    is_open: bool = False

    def open(self, supervisor: Supervisor) -> None:
        """Start to listen, inside the supervisor's loop. The caller holds the lock."""
        path = _address(self.var)
        path.unlink(missing_ok=True)  # ours alone: we hold the lock
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(64)
        self.is_open = True
        supervisor.watch(listener.fileno(), lambda: self._admit(listener, supervisor))

    def _admit(self, listener: socket.socket, supervisor: Supervisor) -> None:
        guest, _ = listener.accept()
        if supervisor.stopping:  # turned away: it knocks again and finds, or starts, the next keeper
            guest.close()
            return
        guest.sendall(json.dumps(dict(self.environment)).encode() + b"\n")
        self.guests.add(guest)
        self.had_guests = True
        supervisor.watch(guest.fileno(), lambda: self._dismiss(guest, supervisor))

    def _dismiss(self, guest: socket.socket, supervisor: Supervisor) -> None:
        try:
            if guest.recv(64):
                return
        except ConnectionError:
            pass
        supervisor.unwatch(guest.fileno())
        guest.close()
        self.guests.discard(guest)


def knock(var: Path) -> tuple[socket.socket, dict[str, str]] | None:
    """Ask for the environment of the services under `var`; None when nobody serves there."""
    guest = socket.socket(socket.AF_UNIX)
    guest.settimeout(10)
    try:
        guest.connect(str(_address(var)))
        with guest.makefile("rb") as answer:
            line = answer.readline()
    except OSError:
        guest.close()
        return None
    if not line:
        guest.close()
        return None
    return guest, json.loads(line)


def enter(var: Path) -> tuple[socket.socket, dict[str, str]]:
    """Join the services under `var`, starting them in the background when nobody has. Raises ServicesError.

    Keep the returned socket as long as the services are needed: they stop when the last guest has gone.
    """
    deadline = time.monotonic() + PATIENCE
    keeper: subprocess.Popen[bytes] | None = None
    while time.monotonic() < deadline:
        if (found := knock(var)) is not None:
            if keeper is not None:
                keeper.returncode = 0  # it outlives us: nobody waits for it
            return found
        if keeper is not None and keeper.poll() not in (None, 0):
            break
        if keeper is None or keeper.poll() == 0:
            free = lock(var)
            if free is not None:
                os.close(free)
                keeper = _start_keeper(var)
        time.sleep(0.05)
    raise ServicesError(f"The embedded services did not start:\n{_log_file(var).read_text(errors='replace')[-4000:]}")


def _log_file(var: Path) -> Path:
    return var / "services.log"


def _start_keeper(var: Path) -> subprocess.Popen[bytes]:
    with _log_file(var).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "erp.embedded", "keep", str(var)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
