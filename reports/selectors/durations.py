"""How long orders stay in each state, and which state costs the most time."""

from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, ExpressionWrapper, F, FloatField, QuerySet, Sum
from django.db.models.functions import Extract
from django.utils.translation import gettext as _

from erp.models import StatusChange
from orders.models import SalesOrder
from reports.filters import Period, ReportFilter
from reports.report import HOUR, Column, Figure, Report, Row, change, duration, hours, share

Status = SalesOrder.Status
MEDIAN, NINETIETH = 0.5, 0.9
BEFORE_SHIPPING = (Status.PENDING, Status.REJECTED, *SalesOrder.FULFILLING)
TIMED = (*BEFORE_SHIPPING, Status.SHIPPED)


class PercentileCont(Aggregate):
    """PostgreSQL's continuous percentile of a column."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Any, fraction: float, **extra: Any) -> None:
        super().__init__(expression, fraction=fraction, **extra)


def durations(wanted: ReportFilter) -> Report:
    """The report; four queries."""
    now, before = stays(wanted, wanted.period), stays(wanted, wanted.period.before)
    total = sum(row["total"] for row in now.values())
    shown = [status for status in TIMED if status in now]
    return Report(
        slug="durations",
        title=_("Time in each state"),
        about=_(
            "How long orders stayed in a state that they left in the period. After shipping: until delivered and paid."
        ),
        figures=_figures(wanted, now, before),
        columns=[
            Column(_("State")),
            Column(_("Times left"), "number"),
            Column(_("Median (hours)"), "hours"),
            Column(_("90th percentile (hours)"), "hours"),
            Column(_("Share of all time"), "percent"),
        ],
        rows=[
            Row(
                [
                    str(status.label),
                    now[status]["count"],
                    hours(now[status]["median"]),
                    hours(now[status]["ninetieth"]),
                    share(now[status]["total"], total),
                ],
                wanted.order_list(dated=False, status=status.value),
            )
            for status in shown
        ],
        sentence=bottleneck_sentence(now),
        chart=_chart(wanted, now, shown),
    )


def stays(wanted: ReportFilter, period: Period) -> dict[str, dict[str, Any]]:
    """Count, median, 90th percentile and sum (seconds) of the stays that ended in a period, by state; one query."""
    rows: QuerySet[StatusChange] = StatusChange.objects.filter(
        document_type=SalesOrder._meta.label, at__gte=period.start, at__lt=period.end, source__in=TIMED
    ).exclude(target=F("source"))
    if wanted.is_narrowed:
        rows = rows.filter(document_id__in=wanted.orders.order_by().values("pk"))
    grouped = (
        rows.order_by()
        .values("source")
        .annotate(
            count=Count("pk"),
            median=PercentileCont("seconds", MEDIAN),
            ninetieth=PercentileCont("seconds", NINETIETH),
            total=Sum("seconds"),
        )
    )
    return {row["source"]: dict(row) for row in grouped}


def bottleneck(found: dict[str, dict[str, Any]]) -> str | None:
    """The state before shipping in which orders spend the most time altogether; None when nothing was measured.

    What comes after shipping is the carrier's way and the customer's term of payment, which would always be longest.
    """
    times = {state: row["total"] for state, row in found.items() if state in BEFORE_SHIPPING and row["total"]}
    return max(times, key=lambda state: times[state]) if times else None


def bottleneck_sentence(found: dict[str, dict[str, Any]]) -> str:
    """The bottleneck named in one sentence, or nothing."""
    state = bottleneck(found)
    if state is None:
        return ""
    row, total = found[state], sum(each["total"] for name, each in found.items() if name in BEFORE_SHIPPING)
    return _(
        "The bottleneck before shipping is “%(state)s”: %(share)s of the time goes there (median %(median)s, "
        "90th percentile %(ninetieth)s)."
    ) % {
        "state": Status(state).label,
        "share": f"{share(row['total'], total) * 100:.0f}%",
        "median": duration(row["median"]),
        "ninetieth": duration(row["ninetieth"]),
    }


def lead_time(wanted: ReportFilter, period: Period) -> dict[str, Any]:
    """Median and 90th percentile (seconds) from order to the last shipment, of orders shipped in a period; one query."""
    seconds = ExpressionWrapper(Extract(F("shipped_at") - F("ordered_at"), "epoch"), output_field=FloatField())
    rows = wanted.orders.filter(shipped_at__gte=period.start, shipped_at__lt=period.end).order_by()
    return rows.annotate(lead=seconds).aggregate(
        median=PercentileCont("lead", MEDIAN), ninetieth=PercentileCont("lead", NINETIETH)
    )


def _figures(wanted: ReportFilter, now: dict[str, Any], before: dict[str, Any]) -> list[Figure]:
    lead, lead_before = lead_time(wanted, wanted.period), lead_time(wanted, wanted.period.before)
    figures = [
        Figure(
            _("From order to shipping, median"),
            duration(lead["median"]),
            delta=change(_decimal(lead["median"]), _decimal(lead_before["median"])),
            good="down",
        ),
        Figure(
            _("From order to shipping, 90th percentile"),
            duration(lead["ninetieth"]),
            delta=change(_decimal(lead["ninetieth"]), _decimal(lead_before["ninetieth"])),
            good="down",
        ),
    ]
    if state := bottleneck(now):
        then = before.get(state, {}).get("median")
        figures.append(
            Figure(
                _("Bottleneck"),
                str(Status(state).label),
                delta=change(_decimal(now[state]["median"]), _decimal(then)),
                good="down",
                href=wanted.order_list(dated=False, status=state),
            )
        )
    return figures


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _chart(wanted: ReportFilter, found: dict[str, Any], shown: list[Status]) -> dict[str, Any]:
    def data(name: str) -> list[float]:
        return [round(float(found[status][name]) / HOUR, 1) for status in shown]

    return {
        "type": "hbar",
        "unit": _("hours"),
        "x": [str(status.label) for status in shown],
        "series": [
            {"name": _("Median"), "data": data("median")},
            {"name": _("90th percentile"), "data": data("ninetieth")},
        ],
        "links": [wanted.order_list(dated=False, status=status.value) for status in shown],
    }
