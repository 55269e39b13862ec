"""What a change of a document means for stock: given back, reserved, lacking, and from when on it is there."""

import datetime as dt
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

TEXTS: dict[str, str | Promise] = {
    "stock_back": _("%(product)s: %(quantity)s reserved stock become free for others."),
    "stock_more": _("%(product)s: %(quantity)s more are reserved from stock."),
    "stock_short": _("%(product)s: %(quantity)s are lacking; bought by %(day)s at the earliest."),
    "stock_short_late": _("%(product)s: %(quantity)s are lacking; bought by %(day)s, after the promised date."),
    "stock_none": _("%(product)s: %(quantity)s fewer are lacking; nothing was reserved for them yet."),
    "stock_same": _("Nothing changes in stock."),
}


def explain(plan: Plan) -> Iterator[Effect]:
    """Reservations that shrink and grow. One query."""
    goods = [line for line in plan.moved if line.product.is_stocked]
    if not goods:
        yield Effect("stock", "stock_same")
        return
    free = free_stock({line.product.pk for line in goods})
    warehouse = plan.document.warehouse_id
    left = {line.product.pk: free.get((line.product.pk, warehouse), ZERO) for line in goods}
    for line in goods:
        yield from _one(plan, line, left)


def _one(plan: Plan, line: LineDelta, left: dict[int, Decimal]) -> Iterator[Effect]:
    if line.to_release:
        left[line.product.pk] += line.to_release
        yield _say("stock_back", line, line.to_release, "green")
    elif line.after < line.before and line.lacking:
        yield _say("stock_none", line, min(line.before - line.after, line.lacking), "green")
    if line.after <= line.before:
        return
    grabbed = min(line.to_get, left[line.product.pk])
    left[line.product.pk] -= grabbed
    if grabbed:
        yield _say("stock_more", line, grabbed, "blue")
    short = line.to_get - grabbed
    if short and line.product.supply == Product.Supply.BUY:
        day = timezone.localdate() + dt.timedelta(days=line.product.lead_days)
        late = day > plan.after.promised_date
        key, tone = ("stock_short_late", "red") if late else ("stock_short", "amber")
        yield _say(key, line, short, tone, day=date(day))


def _say(key: str, line: LineDelta, quantity: Decimal, tone: str, **more: str) -> Effect:
    return Effect("stock", key, {"product": line.name, "quantity": qty(quantity, line.unit), **more}, tone)
