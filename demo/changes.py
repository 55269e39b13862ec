"""Customers who change their minds: one change that waits for a decision, one in force, one only written down."""

from decimal import Decimal
from typing import Any

from orders.models import Amendment, OrderLine, SalesOrder
from orders.services import keep, propose, submit


def make_changes() -> None:
    """Change the largest orders that are being fulfilled and of which nothing is off the shelf yet."""
    busy = OrderLine.objects.filter(picked__gt=0).values("order")
    rows = SalesOrder.objects.filter(status__in=SalesOrder.FULFILLING, hold_reason="", salesperson__isnull=False)
    for order, change in zip(rows.exclude(pk__in=busy).order_by("-total", "-pk")[:3], _CHANGES, strict=False):
        change(order)


def _fewer(order: SalesOrder) -> None:
    submit(_changed(order, "客户来电：第一行减半", half=True), by=order.salesperson)


def _urgent(order: SalesOrder) -> None:
    submit(_changed(order, "客户催货：改为加急", priority=SalesOrder.Priority.URGENT), by=order.salesperson)


def _asked(order: SalesOrder) -> None:
    _changed(order, "客户询问：第一行减半可否", half=True)


_CHANGES = (_fewer, _urgent, _asked)


def _changed(order: SalesOrder, reason: str, *, half: bool = False, **header: Any) -> Amendment:
    lines = list(order.lines.select_related("product__unit"))
    rows = [keep(line) for line in lines]
    if half:
        rows[0] = keep(lines[0], quantity=lines[0].sold_quantity // 2 + Decimal(1))
    return propose(order, by=order.salesperson, version=order.version, lines=rows, reason=reason, **header)
