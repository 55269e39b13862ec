"""When goods can be there that nobody has ordered yet: from stock, from what suppliers bring, else after the lead time."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F, Sum, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.money import ZERO
from erp.web.formats import qty
from erp.workdays import add_workdays
from inventory.models import Product, PurchaseLine, PurchaseOrder, SupplyRequest, Transfer, TransferLine
from inventory.outlook import free_stock


@dataclass(slots=True)
class Promise:
    """Where the goods of one line come from, in stock units, and the day on which all of it is there."""

    product: Product
    available: Decimal = ZERO
    from_stock: Decimal = ZERO
    arrivals: list[tuple[dt.date, Decimal]] = field(default_factory=list)
    missing: Decimal = ZERO  # neither there nor on order
    day: dt.date = dt.date.min

    @property
    def is_immediate(self) -> bool:
        """Everything is there, or it is a service that needs no stock."""
        return not self.arrivals and not self.missing

    @property
    def text(self) -> str:
        """The promise in a few words: 现货; 部分现货，余 30 个 12-05; 12-05 到货; 生产需 7 天：12-08."""
        unit = self.product.unit.name
        if not self.product.is_stocked:
            return ""
        if self.is_immediate:
            return _("in stock, %(available)s available") % {"available": qty(self.available, unit)}
        rest = self.missing + sum((quantity for _day, quantity in self.arrivals), ZERO)
        words = {"rest": qty(rest, unit), "day": day_text(self.day), "lead": self.product.lead_days}
        if self.from_stock:
            return _("partly in stock, the other %(rest)s on %(day)s") % words
        if not self.missing:
            return _("comes in on %(day)s") % words
        if self.product.supply == Product.Supply.MAKE:
            return _("made in %(lead)s working days: %(day)s") % words
        return _("bought in %(lead)s working days: %(day)s") % words


def day_text(day: dt.date) -> str:
    """`12-05` within half a year, else with its year."""
    near = abs((day - timezone.localdate()).days) < 183
    return f"{day:%m-%d}" if near else f"{day:%Y-%m-%d}"


def promises(wanted: Sequence[tuple[Product, Decimal]], *, warehouse_id: int, today: dt.date) -> list[Promise]:
    """What can be promised of each product and quantity (stock units) in a warehouse, in turn: lines of one product share.

    Goods on order go first to those who wait already. What is missing then takes the product's lead time in working
    days. Three queries.
    """
    ids = {product.pk for product, _quantity in wanted if product.is_stocked}
    free = {product: quantity for (product, house), quantity in free_stock(ids).items() if house == warehouse_id}
    coming = _coming(ids, warehouse_id, today) if ids else {}
    return [_promise(product, quantity, free, coming.get(product.pk, []), today) for product, quantity in wanted]


def promiser(
    product: Product, *, warehouse_id: int, today: dt.date, given_up: Decimal = ZERO
) -> Callable[[Decimal], Promise]:
    """When so much of a product could be there, each quantity asked for by itself. Three queries, none for an answer.

    `given_up`: stock units that somebody who waits will wait for no more.
    """
    free = free_stock([product.pk]).get((product.pk, warehouse_id), ZERO)
    coming = _coming([product.pk], warehouse_id, today, given_up={product.pk: given_up}).get(product.pk, [])
    return lambda quantity: _promise(product, quantity, {product.pk: free}, list(coming), today)


def _coming(
    product_ids: Collection[int], warehouse_id: int, today: dt.date, *, given_up: Mapping[int, Decimal] | None = None
) -> dict[int, list[tuple[dt.date, Decimal]]]:
    """What suppliers and other warehouses will bring and nobody waits for, by day. Two queries."""
    open_needs = SupplyRequest.objects.filter(
        product_id__in=product_ids, warehouse_id=warehouse_id, status=SupplyRequest.Status.OPEN
    )
    sums = open_needs.values_list("product_id").annotate(open=Sum(F("quantity") - F("covered")))
    waited = dict(sums.values_list("product_id", "open"))
    for product, quantity in (given_up or {}).items():
        waited[product] = max(waited.get(product, ZERO) - quantity, ZERO)
    bought = PurchaseLine.objects.filter(
        product_id__in=product_ids,
        order__warehouse_id=warehouse_id,
        order__status__in=PurchaseOrder.OPEN,
        received__lt=F("quantity"),
    ).values_list("product_id", "order__expected_on", "product__lead_days")
    # Goods under way from another warehouse without a day are counted on for the day after tomorrow.
    moved = TransferLine.objects.filter(
        product_id__in=product_ids,
        document__target_id=warehouse_id,
        document__status__in=Transfer.UNDER_WAY,
        quantity__gt=F("received") + F("lost"),
    ).values_list("product_id", "document__expected_on", Value(2))
    rows = bought.annotate(left=F("quantity") - F("received")).union(
        moved.annotate(left=F("quantity") - F("received") - F("lost")), all=True
    )
    soonest = add_workdays(today, 1)  # what is late by now comes tomorrow at the earliest
    dated = [
        (max(day, soonest) if day else add_workdays(today, lead), product, quantity)
        for product, day, lead, quantity in rows
    ]
    coming: dict[int, list[tuple[dt.date, Decimal]]] = {}
    for day, product, quantity in sorted(dated):
        taken = min(quantity, max(waited.get(product, ZERO), ZERO))
        waited[product] = waited.get(product, ZERO) - taken
        if quantity > taken:
            coming.setdefault(product, []).append((day, quantity - taken))
    return coming


def _promise(
    product: Product,
    quantity: Decimal,
    free: dict[int, Decimal],
    coming: list[tuple[dt.date, Decimal]],
    today: dt.date,
) -> Promise:
    promise = Promise(product, day=today)
    if not product.is_stocked:
        return promise
    promise.available = free.get(product.pk, ZERO)
    promise.from_stock = min(quantity, promise.available)
    free[product.pk] = promise.available - promise.from_stock
    left = quantity - promise.from_stock
    while left > 0 and coming:
        day, there = coming[0]
        taken = min(left, there)
        promise.arrivals.append((day, taken))
        promise.day = day
        left -= taken
        coming[0] = (day, there - taken)
        if there == taken:
            coming.pop(0)
    if left > 0:
        promise.missing = left
        promise.day = max(promise.day, add_workdays(today, product.lead_days))
    return promise
