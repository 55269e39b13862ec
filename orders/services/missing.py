"""Promised stock that turns out to be missing: the least urgent orders give theirs up and wait again."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.workflow import run_followers
from inventory.services import give_up_parts, held_by, release_items, shortfalls
from orders.models import OrderLine, SalesOrder
from orders.services.fulfilment import HOLDER, allocate_waiting, unreserve, waiting_lines

REASON = "missing"


def lock_for_loss(document: Any, *, change: StatusChange | None, by: User | None) -> None:
    """Lock the orders that may give stock up, and those that wait for what may be found (follower, comes first)."""
    waiting = waiting_lines(document.changed_products(), document.warehouse_id).values("order_id")
    holding = OrderLine.objects.filter(pk__in=held_by(document, HOLDER)).values("order_id")
    rows = SalesOrder.objects.select_for_update().filter(Q(pk__in=waiting) | Q(pk__in=holding))
    list(rows.order_by("id").values_list("pk", flat=True))


def give_up_missing(document: Any, *, change: StatusChange | None, by: User | None) -> None:
    """Take promises back that the shelf does not keep, before the loss is written (follower).

    Low priority first, then the latest promised date, then the newest order. Raises BusinessError when stock was
    promised to another order in this very moment; then nothing has changed.
    """
    holders = held_by(document, HOLDER)
    if not holders:
        return
    lines = {line.pk: line for line in OrderLine.objects.filter(pk__in=holders).select_related("order")}
    found = shortfalls(document, locked=True)
    asked = {row.holder_id for one in found for row, _free in one.held if row.holder_type == HOLDER}
    if asked - set(lines):
        raise BusinessError(_("Stock was promised to another order just now."), hint=_("Try again."))
    parts = give_up_parts(found, HOLDER, precedence_of(lines))
    release_items(parts, holder_type=HOLDER, by=by, reason=REASON)
    lost: dict[int, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (line_id, _item), quantity in parts.items():
        lost[lines[line_id].order_id][line_id] += quantity
    for pk, quantities in sorted(lost.items()):
        order = SalesOrder.objects.get(pk=pk)
        unreserve(order, quantities, by=by, reason=REASON, released=True)
        run_followers(order, "lose_stock", change=None, by=by)


def precedence_of(lines: dict[int, OrderLine]) -> dict[int, tuple[int, int, int]]:
    """Who is asked first, by line: the smallest gives up first."""
    return {
        pk: (line.order.priority, -(line.order.promised_date or dt.date.max).toordinal(), -pk)
        for pk, line in lines.items()
    }


def allocate_found(document: Any, *, change: StatusChange | None, by: User | None) -> None:
    """Give what was found, and other free stock, to the orders that wait for it (follower, after stock was written)."""
    if products := document.changed_products():
        allocate_waiting(products, warehouse_id=document.warehouse_id, by=by)
