"""What every report is: headline figures, a sentence, a chart, and a table whose rows lead to the orders behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

HOUR, DAY = 3600, 86400


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table. kind: text, number, quantity, money, percent, hours."""

    label: str
    kind: str = "text"

    @property
    def is_number(self) -> bool:
        """Whether it is set to the right."""
        return self.kind != "text"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table; `href` is the list of the orders behind it."""

    cells: Sequence[Any]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline figure. `delta`: change against the period before as a share, None where that says nothing."""

    label: str
    value: str
    unit: str = ""
    delta: Decimal | None = None
    good: str = "up"
    href: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One report, ready for page and export."""

    slug: str
    title: str
    about: str
    figures: list[Figure]
    columns: list[Column]
    rows: list[Row]
    sentence: str = ""
    chart: dict[str, Any] | None = None
    totals: Sequence[Any] | None = None
    tabs: list[dict[str, Any]] = field(default_factory=list)
    keep: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.rows


def change(now: Decimal | int | None, before: Decimal | int | None) -> Decimal | None:
    """The change as a share of the value before; None where there was nothing."""
    if now is None or not before:
        return None
    return share(Decimal(now) - Decimal(before), Decimal(before))


def share(part: Decimal | int, whole: Decimal | int) -> Decimal:
    """A share to four places; nothing of nothing is nothing."""
    if not whole:
        return Decimal("0.0000")
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def hours(seconds: float | Decimal | None) -> Decimal | None:
    """Seconds as hours to one place."""
    if seconds is None:
        return None
    return (Decimal(str(seconds)) / HOUR).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def duration(seconds: float | Decimal | None) -> str:
    """Seconds as people say it: `3 days 4 hours`, `5 hours`, `12 minutes`."""
    if seconds is None:
        return "—"
    total = int(seconds)
    days, rest = divmod(total, DAY)
    whole_hours, rest = divmod(rest, HOUR)
    parts = []
    if days:
        parts.append(ngettext("%(count)s day", "%(count)s days", days) % {"count": days})
    if whole_hours and days < 10:
        parts.append(ngettext("%(count)s hour", "%(count)s hours", whole_hours) % {"count": whole_hours})
    if not parts:
        minutes = rest // 60
        if minutes < 1:
            return _("less than a minute")
        parts.append(ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes})
    return " ".join(parts)
