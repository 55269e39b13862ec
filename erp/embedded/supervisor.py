"""Starts the parts of the system in order, restarts what dies, stops everything without leaving a process."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

import psutil

from erp.embedded.log import Log
from erp.embedded.parts import Part
from erp.embedded.processes import adopt_orphans, child_setup

POLL = 0.1  # seconds between two looks at a part that is not ready yet
FIRST_DELAY = 0.2  # seconds before the first restart; doubled while the part keeps dying
LONGEST_DELAY = 30.0
STEADY = 30.0  # seconds of life after which a part counts as healthy again
FIRST_TRIES = 5  # a part that was never ready is given up after so many ends


@dataclass
class _Running:
    """A part and what became of it."""

    part: Part
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    ready: bool = False
    was_ready: bool = False
    failures: int = 0  # ends before it was ever ready
    finished: bool = False  # a part that runs once has run
    delay: float = FIRST_DELAY
    start_at: float | None = None

    @property
    def alive(self) -> bool:
        return self.process is not None


@dataclass
class Supervisor:
    """Runs `stages` one after the other: the next starts when every part of the one before is ready.

    `on_ready` is called once, when the last stage is ready; `should_stop` is asked at every turn.
    """

    stages: list[list[Part]]
    log: Log
    on_ready: Callable[[], None] = lambda: None
    should_stop: Callable[[], bool] = lambda: False
    _running: dict[str, _Running] = field(default_factory=dict)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _stage: int = 0
    _stop_signals: int = 0
    _exit_code: int = 0
    _failed: bool = False
    _all_ready: bool = False

    def run(self) -> int:
        """Supervise until a signal, `should_stop` or a failed once-only part; return the exit code."""
        adopt_orphans()
        self._listen_to_signals()
        try:
            while not (self._stop_signals or self._failed or self.should_stop()):
                self._start_due()
                self._advance()
                self._turn()
        finally:
            self._stop_all()
        return self._exit_code

    @property
    def stopping(self) -> bool:
        """Whether the parts are being stopped."""
        return self._stop_signals > 0

    def watch(self, file: IO[bytes] | int, callback: Callable[[], None]) -> None:
        """Call `callback` whenever `file` has something to read."""
        self._selector.register(file, selectors.EVENT_READ, callback)

    def unwatch(self, file: IO[bytes] | int) -> None:
        """Stop watching `file`."""
        self._selector.unregister(file)

    # Signals arrive as bytes on a pipe, so that they are handled between turns and never in the middle of one.

    def _listen_to_signals(self) -> None:
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self.watch(reading, lambda: self._on_signals(os.read(reading, 4096)))

    def _on_signals(self, numbers: bytes) -> None:
        self._stop_signals += sum(number != signal.SIGCHLD for number in numbers)
        self._reap()

    def _turn(self) -> None:
        for key, _ in self._selector.select(timeout=self._patience()):
            key.data()

    def _patience(self) -> float:
        waiting = any(not one.ready for one in self._running.values())
        return POLL if waiting else 1.0

    # Starting

    def _start_due(self) -> None:
        for part in self.stages[self._stage]:
            if part.name not in self._running:
                self._running[part.name] = _Running(part, start_at=0)
        now = time.monotonic()
        for one in self._running.values():
            if one.start_at is not None and one.start_at <= now:
                self._start(one)

    def _start(self, one: _Running) -> None:
        part = one.part
        one.start_at = None
        one.started = time.monotonic()
        if part.before:
            part.before()
        one.process = subprocess.Popen(
            part.command,
            env={**os.environ, **part.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=child_setup(
                death_signal=part.stop_signal,
                account=part.account() if part.account else None,
            ),
        )
        assert one.process.stdout is not None
        self._forward(part.name, one.process.stdout)

    def _forward(self, name: str, pipe: IO[bytes]) -> None:
        os.set_blocking(pipe.fileno(), False)

        def read() -> None:
            try:
                data = os.read(pipe.fileno(), 65536)
            except BlockingIOError:
                return
            if data:
                self.log.output(name, data)
            else:
                self.unwatch(pipe)
                pipe.close()

        self.watch(pipe, read)

    def _advance(self) -> None:
        for one in self._running.values():
            if one.alive and not one.ready and not one.part.once:
                one.ready = one.part.ready is None or one.part.ready()
                one.was_ready |= one.ready
        current = [self._running.get(part.name) for part in self.stages[self._stage]]
        if any(one is None or not (one.finished if one.part.once else one.ready) for one in current):
            return
        if self._stage + 1 < len(self.stages):
            self._stage += 1
        elif not self._all_ready:
            self._all_ready = True
            self.on_ready()

    # Ending

    def _reap(self) -> None:
        """Collect every dead child: parts are restarted, orphans that a dead part left are ended."""
        part_died = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            for one in self._running.values():
                if one.process is not None and one.process.pid == pid:
                    part_died = True
                    self._on_end(one, os.waitstatus_to_exitcode(status))
        if part_died:
            self._kill_orphans()

    def _on_end(self, one: _Running, code: int) -> None:
        assert one.process is not None
        pid = one.process.pid
        one.process.returncode = code  # we reaped it ourselves; Popen must not wait for it again
        one.process = None
        one.ready = False
        _signal_group(pid, signal.SIGKILL)
        if one.part.once:
            one.finished = one.ready = code == 0
            if code != 0:
                self._fail(f"{one.part.name} failed ({_describe(code)}).")
        elif not self.stopping:
            self._plan_restart(one, code)

    def _plan_restart(self, one: _Running, code: int) -> None:
        now = time.monotonic()
        one.failures += not one.was_ready
        if one.failures >= FIRST_TRIES:
            self._fail(f"{one.part.name} does not start ({_describe(code)}); what it printed stands above.")
            return
        one.delay = FIRST_DELAY if now - one.started > STEADY else one.delay
        one.start_at = now + one.delay
        self.log.say(f"{one.part.name} ended ({_describe(code)}); starting it again in {one.delay:.1f} s.")
        one.delay = min(one.delay * 2, LONGEST_DELAY)

    def _fail(self, message: str) -> None:
        self.log.say(message)
        self._failed, self._exit_code = True, 1

    def _kill_orphans(self) -> None:
        ours = {one.process.pid for one in self._running.values() if one.process is not None}
        for child in psutil.Process().children():
            if child.pid not in ours:
                _signal(child.pid, signal.SIGKILL)

    def _stop_all(self) -> None:
        """Stop the stages in reverse order, each part with its signal, then by force; a second signal hurries."""
        self._stop_signals = max(self._stop_signals, 1)
        for stage in reversed(self.stages):
            parts = [self._running[part.name] for part in stage if part.name in self._running]
            for one in parts:
                one.start_at = None
                if one.process is not None:
                    self.log.say(f"Stopping {one.part.name}.")
                    _signal(one.process.pid, one.part.stop_signal)
            self._await_end(parts)
        self._kill_orphans()

    def _await_end(self, parts: list[_Running]) -> None:
        began = time.monotonic()
        while alive := [one for one in parts if one.process is not None]:
            for one in alive:
                hurried = self._stop_signals > 1 and one.part.stop_signal == signal.SIGTERM
                if (hurried or time.monotonic() - began > one.part.grace) and one.process is not None:
                    self.log.say(f"{one.part.name} does not stop; ending it by force.")
                    _signal_group(one.process.pid, signal.SIGKILL)
            for key, _ in self._selector.select(timeout=POLL):
                key.data()
            self._reap()


def _describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
