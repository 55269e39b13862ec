"""Reads of stock that more than one caller needs."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, IntegerField, Q, Sum, Value, When

from erp.money import ZERO
from inventory.models import (
    UNDER_WAY,
    Barcode,
    Place,
    Product,
    PurchaseLine,
    PurchaseOrder,
    Reservation,
    StockItem,
    Transfer,
    TransferLine,
    Warehouse,
)
from inventory.models.product import TRIGRAM


@dataclass(frozen=True, slots=True)
class StockFigures:
    """Stock of one product in stock units: there, promised, ordered from suppliers or under way from another warehouse."""

    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO
    incoming: Decimal = ZERO

    @property
    def available(self) -> Decimal:
        """There and promised to nobody."""
        return self.on_hand - self.reserved


def stock_figures(product_ids: Iterable[int], warehouse_id: int | None = None) -> dict[int, StockFigures]:
    """What is on hand, reserved and incoming of products, in bins that can be picked. Two queries."""
    ids = list(product_ids)
    stock = StockItem.objects.filter(product_id__in=ids, place__kind=Place.Kind.BIN)
    ordered = PurchaseLine.objects.under_way().exclude(order__status__in=PurchaseOrder.PLANNED)
    incoming = ordered.filter(product_id__in=ids)
    moving = TransferLine.objects.filter(product_id__in=ids, document__status__in=Transfer.UNDER_WAY)
    if warehouse_id is not None:
        stock = stock.filter(place__warehouse_id=warehouse_id)
        incoming = incoming.filter(order__warehouse_id=warehouse_id)
        moving = moving.filter(document__target_id=warehouse_id)
    sums = {
        row["product_id"]: row
        for row in stock.values("product_id").annotate(there=Sum("on_hand"), promised=Sum("reserved"))
    }
    bought = incoming.values_list("product_id").annotate(open=Sum(UNDER_WAY))
    moved = moving.values_list("product_id").annotate(open=Sum(F("quantity") - F("received") - F("lost")))
    coming: dict[int, Decimal] = defaultdict(Decimal)
    for pk, quantity in bought.union(moved, all=True):
        coming[pk] += quantity
    return {
        pk: StockFigures(
            on_hand=sums[pk]["there"] if pk in sums else ZERO,
            reserved=sums[pk]["promised"] if pk in sums else ZERO,
            incoming=coming.get(pk, ZERO),
        )
        for pk in ids
    }


def reservations_of(holder_type: str, holder_ids: Collection[int]) -> list[Reservation]:
    """What holders have reserved, with stock item, place and lot, in picking order. One query."""
    return list(
        Reservation.objects.filter(holder_type=holder_type, holder_id__in=holder_ids)
        .select_related("item__place", "item__lot", "item__product")
        .order_by("item__place__pick_order", "item__place__code", "id")
    )


def search_products(query: str, *, limit: int = 20) -> list[Product]:
    """Active products that match what somebody typed or scanned, best first, with their unit. Three queries,
    four for one or two characters.

    Best are: the very SKU or barcode, then SKUs that begin so, then initials that begin so, then the rest by SKU.
    """
    text = query.strip()
    if not text:
        return []
    scanned = list(Barcode.objects.filter(code=text).values_list("product_id", flat=True))
    rank = Case(
        When(Q(sku__iexact=text) | Q(pk__in=scanned), then=Value(0)),
        When(sku__istartswith=text, then=Value(1)),
        When(Q(initials__istartswith=text) | Q(name__istartswith=text), then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    ranked: Any = Product.objects.active().annotate(rank=rank).order_by("rank", "sku").values_list("pk", flat=True)
    found: list[int] = []
    if len(text) < TRIGRAM:  # the index finds so little only at the beginning, which ranks first anyway
        begins = Q(sku__istartswith=text) | Q(initials__istartswith=text) | Q(name__istartswith=text)
        found = list(ranked.filter(begins | Q(pk__in=scanned))[:limit])
    if len(found) < limit:
        found = list(ranked.matching(text, scanned=scanned)[:limit])
    rows = Product.objects.select_related("unit").in_bulk(found)
    return [rows[pk] for pk in found]


def stock_by_warehouse(product_id: int) -> list[tuple[Warehouse, StockFigures]]:
    """What is on hand and reserved of a product in each warehouse that has bins with it. Two queries."""
    sums = {
        row["place__warehouse_id"]: row
        for row in StockItem.objects.filter(product_id=product_id, place__kind=Place.Kind.BIN)
        .values("place__warehouse_id")
        .annotate(there=Sum("on_hand"), promised=Sum("reserved"))
    }
    return [
        (house, StockFigures(on_hand=sums[house.pk]["there"], reserved=sums[house.pk]["promised"]))
        for house in Warehouse.objects.filter(pk__in=sums)
    ]
