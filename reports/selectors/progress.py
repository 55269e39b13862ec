"""Orders by status: how many were entered in the period, and where they stand now."""

from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.utils.translation import gettext as _

from erp.money import round_money
from orders.models import SalesOrder
from reports.filters import ReportFilter
from reports.report import Column, Figure, Report, Row, change, share

Status = SalesOrder.Status
CNY = Sum(F("total") * F("rate"))
NOT_SENT = (Status.PENDING, *SalesOrder.FULFILLING)


def progress(wanted: ReportFilter) -> Report:
    """The report; four queries."""
    found = _by_status(wanted.ordered())
    before = wanted.ordered(wanted.period.before).aggregate(count=Count("pk"), amount=CNY)
    count = sum(row["count"] for row in found.values())
    amount = sum((row["amount"] for row in found.values()), Decimal(0))
    return Report(
        slug="orders",
        title=_("Orders by status"),
        about=_("Orders entered in the period, and where they stand today."),
        figures=_figures(wanted, count, amount, before),
        columns=[
            Column(_("Status")),
            Column(_("Orders"), "number"),
            Column(_("Share"), "percent"),
            Column(_("Amount with tax (CNY)"), "money"),
        ],
        rows=[
            Row(
                [
                    str(status.label),
                    found[status]["count"],
                    share(found[status]["count"], count),
                    found[status]["amount"],
                ],
                wanted.order_list(status=status.value),
            )
            for status in Status
            if status in found
        ],
        totals=[_("Total"), count, share(count, count), amount],
        chart=_chart(wanted, found),
    )


def _by_status(rows: QuerySet[SalesOrder]) -> dict[str, dict[str, Any]]:
    grouped = rows.order_by().values("status").annotate(count=Count("pk"), amount=CNY)
    return {row["status"]: {**row, "amount": round_money(row["amount"])} for row in grouped}


def _figures(wanted: ReportFilter, count: int, amount: Decimal, before: dict[str, Any]) -> list[Figure]:
    open_now = wanted.orders.filter(status__in=NOT_SENT).count()
    late_now = wanted.orders.filter(status__in=NOT_SENT, promised_date__lt=wanted.today).count()
    return [
        Figure(_("Orders entered"), f"{count:,}", delta=change(count, before["count"]), href=wanted.order_list()),
        Figure(_("Order amount"), f"{amount:,.0f}", unit=_("CNY"), delta=change(amount, before["amount"])),
        Figure(
            _("Not sent yet, now"),
            f"{open_now:,}",
            href=wanted.order_list(dated=False, status=[status.value for status in NOT_SENT]),
        ),
        Figure(_("Overdue, now"), f"{late_now:,}", good="down", href=wanted.order_list(dated=False, late="true")),
    ]


def _chart(wanted: ReportFilter, found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": [str(status.label) for status in Status],
        "series": [{"name": _("Orders"), "data": [found.get(s, {"count": 0})["count"] for s in Status]}],
        "links": [wanted.order_list(status=status.value) for status in Status],
    }
