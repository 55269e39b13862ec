"""What a supervised process is: how it starts, when it is ready, how it stops."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from erp.embedded.processes import Account


@dataclass(frozen=True)
class Part:
    """One process of the system. `grace` is how many seconds it gets between the stop signal and SIGKILL."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    ready: Callable[[], bool] | None = None
    account: Callable[[], Account | None] | None = None
    stop_signal: int = signal.SIGTERM
    grace: float = 10
    once: bool = False  # runs to its end before the next stage starts, and is not restarted
