"""A supervised system of idle processes: `python -m tests.ops.dummies SCENARIO`. Each part prints its process numbers."""

import sys

from erp.embedded.guardian import guarded
from erp.embedded.log import Log
from erp.embedded.parts import Part
from erp.embedded.supervisor import Supervisor

# A part with a child in another session, as servers have: the child must not outlive the part.
IDLE = """
import os, signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
print("pids", os.getpid(), child.pid, flush=True)
signal.pause()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + IDLE


def _part(name: str, code: str = IDLE, *, grace: float = 10, once: bool = False) -> Part:
    return Part(name=name, command=[sys.executable, "-c", code], grace=grace, once=once)


SCENARIOS = {
    "plain": [[_part("first")], [_part("second")]],
    "stubborn": [[_part("first", STUBBORN, grace=0.2)]],
    "failing": [[_part("prepare", "raise SystemExit(3)", once=True)], [_part("second")]],
}


def _system(stages: list[list[Part]]) -> int:
    log = Log()
    supervisor = Supervisor(stages, log)
    supervisor.on_ready = lambda: log.say("all ready")
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(guarded(lambda: _system(SCENARIOS[sys.argv[1]])))
