"""Reads of stock that more than one caller needs."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Sum

from erp.money import ZERO
from inventory.models import Place, PurchaseLine, PurchaseOrder, Reservation, StockItem


@dataclass(frozen=True, slots=True)
class StockFigures:
    """Stock of one product in stock units: there, promised, ordered from suppliers."""

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
    incoming = PurchaseLine.objects.filter(product_id__in=ids, order__status=PurchaseOrder.Status.PLACED)
    if warehouse_id is not None:
        stock = stock.filter(place__warehouse_id=warehouse_id)
        incoming = incoming.filter(order__warehouse_id=warehouse_id)
    sums = {
        row["product_id"]: row
        for row in stock.values("product_id").annotate(there=Sum("on_hand"), promised=Sum("reserved"))
    }
    coming = dict(
        incoming.values("product_id")
        .annotate(open=Sum(F("quantity") - F("received")))
        .values_list("product_id", "open")
    )
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
