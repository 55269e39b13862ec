"""What a change of an order means for production: orders that grow, shrink or go, and what is finished all the same."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from erp.effects import Effect, LineDelta, Plan
from erp.money import ZERO
from erp.web.formats import date, qty
from inventory.models import Product
from inventory.outlook import free_stock
from production.models import ProductionOrder

TEXTS: dict[str, str | Promise] = {
    "made_new": _("%(product)s: %(quantity)s more are to be made, by %(day)s at the earliest."),
    "made_new_late": _("%(product)s: %(quantity)s more are to be made, by %(day)s: after the promised date."),
    "made_gone": _("%(document)s is only planned and is cancelled (%(quantity)s)."),
    "made_less": _("%(document)s is only planned and is reduced from %(before)s to %(after)s."),
    "made_kept": _("%(document)s has begun and is finished; what is too much of it (%(quantity)s) goes to free stock."),
    "made_date": _("%(documents)s: wanted by %(day)s from now on."),
}
LABEL = "orders.OrderLine"


def explain(plan: Plan) -> Iterator[Effect]:
    """Production orders of the lines that change, and what will be planned. Up to two queries."""
    made = [line for line in plan.moved if line.product.is_stocked and line.product.supply == Product.Supply.MAKE]
    open_ones = _open_orders(plan)
    if made:
        free = free_stock({line.product.pk for line in made})
        for line in made:
            mine = open_ones.get(line.line.pk, []) if line.line else []
            there = free.get((line.product.pk, plan.document.warehouse_id), ZERO)
            yield from _one(plan, line, mine, there)
    numbers = [order.number for orders in open_ones.values() for order in orders]
    if "promised_date" in plan.changed and numbers:
        values = {"documents": "、".join(numbers), "day": date(plan.after.promised_date)}
        yield Effect("production", "made_date", values, "blue")


def _open_orders(plan: Plan) -> dict[int, list[ProductionOrder]]:
    """By line, the newest first."""
    found: dict[int, list[ProductionOrder]] = defaultdict(list)
    rows = ProductionOrder.objects.filter(
        request__document_type=plan.document._meta.label,
        request__document_id=plan.document.pk,
        request__holder_type=LABEL,
        status__in=ProductionOrder.OPEN,
    )
    for order in rows.select_related("request").order_by("-id"):
        if order.request is not None:
            found[order.request.holder_id].append(order)
    return found


def _one(plan: Plan, line: LineDelta, mine: list[ProductionOrder], free: Decimal) -> Iterator[Effect]:
    coming = sum((order.remaining for order in mine), ZERO)
    lacking = line.to_get
    if line.after > line.before:
        lacking = max(line.to_get - free, ZERO)
        if lacking > coming:
            yield _more(plan, line, lacking - coming)
        return
    surplus = coming - lacking
    for order in mine:
        if surplus <= 0:
            return
        if order.status != ProductionOrder.Status.PLANNED:
            continue
        values = {
            "document": order.number,
            "quantity": qty(order.quantity, line.unit),
            "before": qty(order.quantity, line.unit),
            "after": qty(order.quantity - surplus, line.unit),
        }
        yield Effect("production", "made_gone" if order.quantity <= surplus else "made_less", values, "amber")
        surplus -= min(order.quantity, surplus)
    if surplus > 0:
        started = "、".join(order.number for order in mine if order.status != ProductionOrder.Status.PLANNED)
        yield Effect("production", "made_kept", {"document": started, "quantity": qty(surplus, line.unit)}, "amber")


def _more(plan: Plan, line: LineDelta, quantity: Decimal) -> Effect:
    day = timezone.localdate() + dt.timedelta(days=line.product.lead_days)
    late = day > plan.after.promised_date
    values = {"product": line.name, "quantity": qty(quantity, line.unit), "day": date(day)}
    return Effect("production", "made_new_late" if late else "made_new", values, "red" if late else "blue")
