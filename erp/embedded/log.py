"""The launcher's output: one line of one part after the other, each with its part's name before it."""

import os
import sys
from dataclasses import dataclass, field

_COLOURS = {
    "postgres": 34,
    "valkey": 31,
    "prepare": 33,
    "web": 32,
    "worker": 35,
    "beat": 36,
}
_WIDTH = 8


@dataclass
class Log:
    """Writes to standard output, in colour on a terminal. Keeps a part's half line until its rest arrives."""

    colour: bool = field(default_factory=lambda: sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    _rests: dict[str, bytes] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Write the launcher's own message."""
        self._write("\n".join(f"\033[1m{line}\033[0m" if self.colour else line for line in text.split("\n")) + "\n")

    def output(self, name: str, data: bytes) -> None:
        """Write what a part printed."""
        *lines, self._rests[name] = (self._rests.get(name, b"") + data).split(b"\n")
        label = name.ljust(_WIDTH) + " | "
        if self.colour:
            label = f"\033[{_COLOURS.get(name, 37)}m{label}\033[0m"
        self._write("".join(f"{label}{line.decode(errors='replace')}\n" for line in lines))

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except (OSError, ValueError):  # the terminal or pipe has gone; the parts go on
            pass
