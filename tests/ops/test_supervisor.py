import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from erp.embedded.paths import ROOT


class System:
    """A running scenario of tests.ops.dummies and the processes that it has told us of."""

    def __init__(self, scenario: str) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "MAKELEVEL"}
        self.guardian = subprocess.Popen(
            [sys.executable, "-m", "tests.ops.dummies", scenario],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.seen: dict[str, list[psutil.Process]] = {}
        self.lines: list[str] = []

    def read_until(self, text: str) -> None:
        assert self.guardian.stdout is not None
        for line in self.guardian.stdout:
            self.lines.append(line)
            if found := re.match(r"(\w+) +\| pids (\d+) (\d+)", line):
                self.seen.setdefault(found[1], []).extend(psutil.Process(int(found[n])) for n in (2, 3))
            if text in line:
                return
        pytest.fail(f"ended before {text!r}:\n{''.join(self.lines)}")

    def wait_until_started(self) -> None:
        self.read_until("pids")
        while "second" not in self.seen:
            self.read_until("pids")

    @property
    def supervisor(self) -> psutil.Process:
        return self.seen["first"][0].parent()

    def all_gone(self) -> bool:
        everyone = [process for processes in self.seen.values() for process in processes]
        return not psutil.wait_procs(everyone, timeout=30)[1]

    def finish(self) -> int:
        output, _ = self.guardian.communicate(timeout=60)
        self.lines += output.splitlines()
        return self.guardian.returncode


@pytest.fixture
def plain() -> Iterator[System]:
    system = System("plain")
    system.wait_until_started()
    yield system
    system.guardian.kill()
    system.guardian.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_in_reverse_order(plain: System, number: int) -> None:
    plain.guardian.send_signal(number)

    assert plain.finish() == 0
    assert plain.all_gone()
    assert [line for line in plain.lines if line.startswith("Stopping")] == ["Stopping second.", "Stopping first."]


def test_a_killed_part_is_started_again_and_leaves_no_child(plain: System) -> None:
    part, child = plain.seen["second"]
    part.kill()
    plain.read_until("second ended (SIGKILL)")
    plain.read_until("pids")

    assert not psutil.wait_procs([part, child], timeout=30)[1]
    assert plain.seen["second"][2].is_running()
    assert plain.seen["first"][0].is_running()


def test_a_part_that_keeps_dying_is_started_more_and_more_slowly(plain: System) -> None:
    for _ in range(3):
        plain.seen["second"][-2].kill()
        plain.read_until("second ended")
        plain.read_until("pids")

    delays = re.findall(r"starting it again in ([\d.]+) s", "".join(plain.lines))
    assert delays == ["0.2", "0.4", "0.8"]


def test_a_killed_supervisor_leaves_nothing(plain: System) -> None:
    plain.supervisor.kill()

    assert plain.finish() == 128 + signal.SIGKILL
    assert plain.all_gone()


def test_a_killed_guardian_leaves_nothing(plain: System) -> None:
    supervisor = plain.supervisor
    plain.guardian.kill()

    assert plain.all_gone()
    assert not psutil.wait_procs([supervisor], timeout=30)[1]


def test_a_part_that_ignores_the_signal_is_ended_by_force() -> None:
    system = System("stubborn")
    system.read_until("pids")
    system.guardian.terminate()

    assert system.finish() == 0
    assert system.all_gone()
    assert "first does not stop; ending it by force." in system.lines


def test_a_failed_preparation_stops_the_start() -> None:
    system = System("failing")

    assert system.finish() == 1
    assert "prepare failed (exit code 3)." in system.lines
    assert not system.seen
