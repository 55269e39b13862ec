"""Simulated time: the whole process lives at it, so every row carries the moment at which it would have been written."""

import datetime as dt
import random
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import time_machine

ZONE = ZoneInfo("Asia/Shanghai")


class Clock:
    """A clock that only the simulation moves, at most to `end`. Times are Asia/Shanghai."""

    def __init__(self, start: dt.datetime, *, rng: random.Random, end: dt.datetime | None = None) -> None:
        self.now = start
        self.end = end
        self.rng = rng
        self._travel = time_machine.travel(start, tick=False)

    def __enter__(self) -> Self:
        self._traveller = self._travel.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._travel.stop()

    def move_to(self, moment: dt.datetime) -> None:
        """Go forward to a moment; never back."""
        self.now = max(self.now, moment if self.end is None else min(moment, self.end))
        self._traveller.move_to(self.now)

    def work(self, low: float = 2, high: float = 12) -> None:
        """Let a piece of work take some minutes."""
        self.move_to(self.now + dt.timedelta(minutes=self.rng.uniform(low, high)))
