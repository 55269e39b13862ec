"""Whether goods leave by the promised day, week by week."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils.translation import gettext as _

from orders.models import SalesOrder
from reports.filters import Period, ReportFilter
from reports.report import Column, Figure, Report, Row, change, share

# The day of shipping in the company's time zone, which Django's __date uses.
ON_TIME = Q(shipped_at__date__lte=F("promised_date"))


def punctuality(wanted: ReportFilter) -> Report:
    """The report; three queries."""
    weeks = by_week(wanted)
    now, before = _sums(_shipped(wanted, wanted.period)), _sums(_shipped(wanted, wanted.period.before))
    return Report(
        slug="punctuality",
        title=_("Shipped on time"),
        about=_("Orders whose last goods left on or before the promised day, by week of shipping."),
        figures=[
            Figure(
                _("On-time rate"),
                f"{now['rate'] * 100:.1f}%" if now["count"] else "—",
                delta=change(now["rate"], before["rate"]) if now["count"] else None,
            ),
            Figure(_("Orders shipped"), f"{now['count']:,}", delta=change(now["count"], before["count"])),
            Figure(_("Shipped late"), f"{now['late']:,}", delta=change(now["late"], before["late"]), good="down"),
        ],
        columns=[
            Column(_("Week from")),
            Column(_("Shipped"), "number"),
            Column(_("On time"), "number"),
            Column(_("Not on time"), "number"),
            Column(_("On-time rate"), "percent"),
        ],
        rows=[
            Row([week["week"], week["count"], week["on_time"], week["late"], week["rate"]], _link(wanted, week["week"]))
            for week in weeks
        ],
        totals=[_("Total"), now["count"], now["on_time"], now["late"], now["rate"]],
        sentence=_sentence(weeks),
        chart=_chart(wanted, weeks),
    )


def _shipped(wanted: ReportFilter, period: Period) -> QuerySet[SalesOrder]:
    return wanted.orders.filter(shipped_at__gte=period.start, shipped_at__lt=period.end).order_by()


def _sums(rows: QuerySet[SalesOrder]) -> dict[str, Any]:
    return _completed(rows.aggregate(count=Count("pk"), on_time=Count("pk", filter=ON_TIME)))


def _completed(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "late": row["count"] - row["on_time"], "rate": share(row["on_time"], row["count"])}


def by_week(wanted: ReportFilter) -> list[dict[str, Any]]:
    """Shipped and on time per week that begins on Monday, oldest first; one query."""
    rows = (
        _shipped(wanted, wanted.period)
        .annotate(week=TruncWeek("shipped_at"))
        .values("week")
        .annotate(count=Count("pk"), on_time=Count("pk", filter=ON_TIME))
        .order_by("week")
    )
    return [{**_completed(dict(row)), "week": row["week"].date()} for row in rows]


def _sentence(weeks: list[dict[str, Any]]) -> str:
    if not weeks or all(week["late"] == 0 for week in weeks):
        return _("Nothing left late in this period.") if weeks else ""
    worst = min(weeks, key=lambda week: (week["rate"], -week["late"]))
    return _("The worst week began on %(day)s: %(late)s of %(count)s orders left late.") % {
        "day": worst["week"].isoformat(),
        "late": worst["late"],
        "count": worst["count"],
    }


def _link(wanted: ReportFilter, monday: dt.date) -> str:
    """The orders shipped in that week."""
    first = max(monday, wanted.period.first)
    last = min(monday + dt.timedelta(days=6), wanted.period.last)
    return wanted.order_list(dated=False, shipped_since=first.isoformat(), shipped_until=last.isoformat())


def _chart(wanted: ReportFilter, weeks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "line",
        "unit": "%",
        "x": [week["week"].isoformat() for week in weeks],
        "series": [{"name": _("On-time rate"), "data": [float(week["rate"] * Decimal(100)) for week in weeks]}],
        "links": [_link(wanted, week["week"]) for week in weeks],
    }
