"""What narrows a report: a period, a channel, a salesperson, a warehouse. All of it stands in the URL."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from erp.models import User
from inventory.models import Warehouse
from orders.models import Channel, SalesOrder

DEFAULT_PERIOD = "30"
DAYS = {"7": 7, "30": 30, "90": 90, "365": 365}
LONGEST = 365 * 5 + 1  # days: five years and the leap day in them


@dataclass(frozen=True, slots=True)
class Period:
    """Days in the company's time zone, the last one included."""

    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """The equally long period just before."""
        return Period(self.first - dt.timedelta(days=self.days), self.first - dt.timedelta(days=1))

    @property
    def start(self) -> dt.datetime:
        """Its first moment."""
        return _midnight(self.first)

    @property
    def end(self) -> dt.datetime:
        """The first moment after it."""
        return _midnight(self.last + dt.timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m-%d} – {self.last:%Y-%m-%d}"


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _preset(name: str, today: dt.date) -> Period:
    if name == "month":
        return Period(today.replace(day=1), today)
    if name == "last_month":
        last = today.replace(day=1) - dt.timedelta(days=1)
        return Period(last.replace(day=1), last)
    return Period(today - dt.timedelta(days=DAYS.get(name, DAYS[DEFAULT_PERIOD]) - 1), today)


class ReportFilter:
    """The filter of a report page, read from its query string. What makes no sense is left out and said in `problems`."""

    def __init__(self, query: QueryDict, *, user: User, today: dt.date | None = None) -> None:
        self.user = user
        self.query = query
        self.today = today or timezone.localdate()
        self.problems: list[str] = []
        self.channel = query.get("channel", "")[:30]
        self.salesperson = query.get("salesperson", "")[:150]
        self.warehouse = query.get("warehouse", "")[:30]
        self.preset = query.get("period", "")
        self.period = self._read_period()

    def _read_period(self) -> Period:
        first, last = self._day("since"), self._day("until")
        if first is None and last is None:
            if self.preset not in {*DAYS, "month", "last_month"}:
                self.preset = DEFAULT_PERIOD
            return _preset(self.preset, self.today)
        self.preset = ""
        last = last or max(self.today, first or self.today)
        first = first or last - dt.timedelta(days=29)
        if first > last:
            self.problems.append(_("The first day lies after the last; they were exchanged."))
            first, last = last, first
        if (last - first).days >= LONGEST:
            self.problems.append(_("At most five years are shown at once."))
            first = last - dt.timedelta(days=LONGEST - 1)
        return Period(first, last)

    def _day(self, name: str) -> dt.date | None:
        text = self.query.get(name, "").strip()
        if not text:
            return None
        try:
            day = parse_date(text)
        except ValueError:
            day = None
        if day is None or not 1970 <= day.year <= 9000:
            self.problems.append(_("“%(text)s” is not a day. Write it as 2026-11-21.") % {"text": text[:20]})
            return None
        return day

    @cached_property
    def orders(self) -> QuerySet[SalesOrder]:
        """The orders that the person may see, narrowed by everything but the period."""
        rows = SalesOrder.objects.visible_to(self.user)
        if self.channel:
            rows = rows.filter(channel__code=self.channel)
        if self.salesperson:
            rows = rows.filter(salesperson__username=self.salesperson)
        if self.warehouse:
            rows = rows.filter(warehouse__code=self.warehouse)
        return rows

    @property
    def is_narrowed(self) -> bool:
        """Whether only some orders count."""
        return bool(self.channel or self.salesperson or self.warehouse) or not self.user.has_perm(
            "orders.view_all_orders"
        )

    def ordered(self, period: Period | None = None) -> QuerySet[SalesOrder]:
        """The orders entered within a period (the filter's own unless another is given)."""
        period = period or self.period
        return self.orders.filter(ordered_at__gte=period.start, ordered_at__lt=period.end)

    def order_list(self, *, period: Period | None = None, dated: bool = True, **more: Any) -> str:
        """The address of the order list that shows the same orders, narrowed by `more`. The list knows no warehouse."""
        period = period or self.period
        query: dict[str, Any] = {"channel": self.channel, "salesperson": self.salesperson}
        if dated:
            query |= {"since": period.first.isoformat(), "until": period.last.isoformat()}
            query["archived"] = "all"  # what a figure counts has perhaps been archived since
        query |= more
        return f"/orders/?{urlencode({k: v for k, v in query.items() if v}, doseq=True)}"

    def choices(self) -> dict[str, list[tuple[str, str]]]:
        """What can be chosen; three queries."""
        people = User.objects.filter(is_portal=False, groups__name="sales").order_by("name", "username").distinct()
        return {
            "channel": [("", _("All channels")), *((one.code, str(one)) for one in Channel.objects.in_use())],
            "salesperson": [("", _("All salespeople")), *((person.username, str(person)) for person in people)],
            "warehouse": [("", _("All warehouses")), *Warehouse.objects.values_list("code", "name")],
        }

    @staticmethod
    def presets() -> list[tuple[str, str]]:
        """Periods that one click chooses."""
        return [
            ("7", _("7 days")),
            ("30", _("30 days")),
            ("90", _("90 days")),
            ("month", _("This month")),
            ("last_month", _("Last month")),
            ("365", _("One year")),
        ]
