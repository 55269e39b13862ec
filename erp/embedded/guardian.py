"""The outermost process of the launcher: whatever happens to the supervisor inside, nothing is left running.

Killed itself, the supervisor is told by the kernel and stops everything; the supervisor killed, its orphans come here.
"""

import os
import signal
import time
from collections.abc import Callable

import psutil

from erp.embedded.processes import adopt_orphans, die_with_parent

GRACE = 20.0  # seconds that the orphans of a killed supervisor get: the kernel has already told them to stop


def guarded(body: Callable[[], int]) -> int:
    """Run `body` in a child process and return its exit code once no descendant is left."""
    if "MAKELEVEL" in os.environ:  # started by make: `kill -9` of make ends us too
        die_with_parent(signal.SIGTERM, parent=os.getppid())
    adopt_orphans()
    guardian = os.getpid()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)  # Ctrl-C reaches the guardian only, which passes it on once
        die_with_parent(signal.SIGTERM, parent=guardian)
        os._exit(_run(body))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: _pass_on(child, received))
    status = _wait_for(child)
    _sweep()
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _run(body: Callable[[], int]) -> int:
    try:
        return body()
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, flush=True)
        return stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        return 1


def _pass_on(child: int, number: int) -> None:
    try:
        os.kill(child, number)
    except ProcessLookupError:
        pass


def _wait_for(child: int) -> int:
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return status


def _sweep() -> None:
    """End whatever the supervisor left: every orphan is asked once (the kernel has asked the parts already), then killed."""
    deadline = time.monotonic() + GRACE
    asked: set[int] = set()
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            for orphan in psutil.Process().children():
                if time.monotonic() > deadline:
                    orphan.kill()
                elif orphan.pid not in asked:
                    asked.add(orphan.pid)
                    orphan.terminate()
            time.sleep(0.05)
