"""Sales of the period by day, customer, product, salesperson or channel. Cancelled and rejected orders do not count."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncMonth, TruncWeek
from django.utils.translation import gettext as _

from erp.money import ZERO, round_money
from orders.models import OrderLine, SalesOrder
from reports.filters import Period, ReportFilter
from reports.report import Column, Figure, Report, Row, change, share

NOT_SOLD = (SalesOrder.Status.CANCELLED, SalesOrder.Status.REJECTED)
SOLD = [status.value for status in SalesOrder.Status if status not in NOT_SOLD]
AMOUNT = Sum(F("total") * F("rate"))
TOP = 100  # rows shown by name; the rest together
BARS = 15


@dataclass(frozen=True, slots=True)
class Group:
    """One bar of the chart and row of the table. Amounts in CNY with tax."""

    label: str
    count: int
    amount: Decimal
    href: str = ""
    quantity: Decimal | None = None


def sales(wanted: ReportFilter) -> Report:
    """The report; `?by=` chooses the grouping. Three queries, four by product."""
    chosen = wanted.query.get("by", "day")
    by = chosen if chosen in GROUPINGS else "day"
    now, before = totals(wanted, wanted.period), totals(wanted, wanted.period.before)
    groups = GROUPINGS[by](wanted)
    shown = groups if by == "day" else _folded(groups)
    mean = now["amount"] / now["count"] if now["count"] else None
    mean_before = before["amount"] / before["count"] if before["count"] else None
    return Report(
        slug="sales",
        title=_("Sales analysis"),
        about=_("Orders entered in the period without cancelled and rejected ones, with tax, in CNY."),
        figures=[
            Figure(
                _("Sales amount"),
                f"{now['amount']:,.0f}",
                unit=_("CNY"),
                delta=change(now["amount"], before["amount"]),
                href=wanted.order_list(status=SOLD),
            ),
            Figure(_("Orders"), f"{now['count']:,}", delta=change(now["count"], before["count"])),
            Figure(
                _("Mean order"),
                f"{mean:,.0f}" if mean is not None else "—",
                unit=_("CNY") if mean is not None else "",
                delta=change(mean, mean_before),
            ),
        ],
        columns=_columns(by),
        rows=[Row(_cells(group, by, now["amount"]), group.href) for group in shown] if now["count"] else [],
        totals=_cells(Group(_("Total"), now["count"], now["amount"]), by, now["amount"]),
        chart=_chart(by, shown),
        tabs=[{"by": name, "label": label, "current": name == by} for name, label in _names().items()],
        keep={"by": by},
    )


def _names() -> dict[str, str]:
    return {
        "day": _("By day"),
        "customer": _("By customer"),
        "product": _("By product"),
        "salesperson": _("By salesperson"),
        "channel": _("By channel"),
    }


def _columns(by: str) -> list[Column]:
    first = {
        "day": _("Day"),
        "customer": _("Customer"),
        "product": _("Product"),
        "salesperson": _("Salesperson"),
        "channel": _("Channel"),
    }[by]
    quantity = [Column(_("Quantity"), "quantity")] if by == "product" else []
    return [
        Column(first),
        Column(_("Orders"), "number"),
        *quantity,
        Column(_("Amount with tax (CNY)"), "money"),
        Column(_("Share"), "percent"),
    ]


def _cells(group: Group, by: str, whole: Decimal) -> list[Any]:
    quantity = [group.quantity] if by == "product" else []
    return [group.label, group.count, *quantity, group.amount, share(group.amount, whole)]


def _sold(wanted: ReportFilter, period: Period | None = None) -> QuerySet[SalesOrder]:
    return wanted.ordered(period).exclude(status__in=NOT_SOLD).order_by()


def totals(wanted: ReportFilter, period: Period) -> dict[str, Any]:
    """Number and amount (CNY with tax) of the orders of a period; one query."""
    found = _sold(wanted, period).aggregate(count=Count("pk"), amount=AMOUNT)
    return {**found, "amount": round_money(found["amount"] or ZERO)}


def by_day(wanted: ReportFilter) -> list[Group]:
    """Per day, week or month, as the period is long, without gaps; one query."""
    step = _steps(wanted.period)
    rows = _sold(wanted).annotate(slot=step.truncate("ordered_at")).values("slot")
    found = {row["slot"].date(): row for row in rows.annotate(count=Count("pk"), amount=AMOUNT)}
    groups = []
    for first in step.slots(wanted.period):
        row: dict[str, Any] = dict(found.get(first, {"count": 0, "amount": ZERO}))
        slot = Period(max(first, wanted.period.first), min(step.last(first), wanted.period.last))
        link = wanted.order_list(period=slot, status=SOLD) if row["count"] else ""
        groups.append(Group(step.name(first), row["count"], round_money(row["amount"]), link))
    return groups


@dataclass(frozen=True, slots=True)
class Step:
    """How a period is cut into slots."""

    truncate: type[Any]
    start: Callable[[dt.date], dt.date]
    last: Callable[[dt.date], dt.date]
    name: Callable[[dt.date], str]

    def slots(self, period: Period) -> list[dt.date]:
        """The first day of every slot that touches the period."""
        slots, day = [], self.start(period.first)
        while day <= period.last:
            slots.append(day)
            day = self.last(day) + dt.timedelta(days=1)
        return slots


def _steps(period: Period) -> Step:
    if period.days <= 62:
        return Step(TruncDay, lambda day: day, lambda day: day, dt.date.isoformat)
    if period.days <= 400:
        return Step(
            TruncWeek,
            lambda day: day - dt.timedelta(days=day.weekday()),
            lambda day: day + dt.timedelta(days=6),
            dt.date.isoformat,
        )
    return Step(
        TruncMonth,
        lambda day: day.replace(day=1),
        lambda day: (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1),
        lambda day: f"{day:%Y-%m}",
    )


def _ranked(rows: QuerySet[Any], *columns: str) -> QuerySet[Any, dict[str, Any]]:
    return rows.values(*columns).annotate(count=Count("pk"), amount=AMOUNT).order_by("-amount", *columns)


def by_customer(wanted: ReportFilter) -> list[Group]:
    """Customers by amount; one query."""
    rows = _ranked(_sold(wanted), "customer__code", "customer__name")
    return [
        Group(
            row["customer__name"],
            row["count"],
            round_money(row["amount"]),
            wanted.order_list(status=SOLD, customer=row["customer__code"]),
        )
        for row in rows
    ]


def by_product(wanted: ReportFilter) -> list[Group]:
    """Products by amount, with the quantity in their own unit; one query."""
    rows = (
        OrderLine.objects.filter(order__in=_sold(wanted))
        .values("product__sku", "product__name")
        .annotate(
            count=Count("order", distinct=True),
            amount=Sum(F("total") * F("order__rate")),
            quantity_sum=Sum("quantity"),
        )
        .order_by("-amount", "product__sku")
    )
    return [
        Group(
            f"{row['product__sku']} {row['product__name']}",
            row["count"],
            round_money(row["amount"]),
            wanted.order_list(status=SOLD, q=row["product__sku"]),
            row["quantity_sum"],
        )
        for row in rows
    ]


def by_salesperson(wanted: ReportFilter) -> list[Group]:
    """Salespeople by amount; one query."""
    rows = _ranked(_sold(wanted), "salesperson__username", "salesperson__name")
    return [
        Group(
            row["salesperson__name"] or row["salesperson__username"] or _("nobody"),
            row["count"],
            round_money(row["amount"]),
            wanted.order_list(status=SOLD, salesperson=row["salesperson__username"])
            if row["salesperson__username"]
            else "",
        )
        for row in rows
    ]


def by_channel(wanted: ReportFilter) -> list[Group]:
    """Channels by amount; one query."""
    rows = _ranked(_sold(wanted), "channel__code", "channel__name")
    return [
        Group(
            row["channel__name"],
            row["count"],
            round_money(row["amount"]),
            wanted.order_list(status=SOLD, channel=row["channel__code"]),
        )
        for row in rows
    ]


GROUPINGS: dict[str, Callable[[ReportFilter], list[Group]]] = {
    "day": by_day,
    "customer": by_customer,
    "product": by_product,
    "salesperson": by_salesperson,
    "channel": by_channel,
}


def _folded(groups: list[Group]) -> list[Group]:
    """The first hundred, and all others as one row, so that the sum stays right."""
    rest = groups[TOP:]
    if not rest:
        return groups
    others = Group(
        _("%(count)s others") % {"count": len(rest)},
        sum(group.count for group in rest),
        sum((group.amount for group in rest), ZERO),
    )
    return [*groups[:TOP], others]


def _chart(by: str, groups: list[Group]) -> dict[str, Any]:
    shown = groups if by == "day" else groups[:BARS]
    return {
        "type": "bar" if by == "day" else "hbar",
        "unit": _("CNY"),
        "x": [group.label for group in shown],
        "series": [{"name": _("Amount with tax"), "data": [float(group.amount) for group in shown]}],
        "links": [group.href or None for group in shown],
    }
