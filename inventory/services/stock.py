"""The only writer of stock: movements between places, their value, and the balances beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from erp.errors import BusinessError, OutOfStock
from erp.models import User
from erp.money import ZERO, round_money, round_unit_price
from inventory.models import Place, Product, ProductCost, StockItem, StockMove
from inventory.services.freezing import refuse_frozen

ItemKey = tuple[int, int, int | None]
CostKey = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Movement:
    """So many stock units of a product from one place to another.

    Goods that enter the house need `value` or `unit_cost` (CNY); goods that leave it take the moving average. `key` is
    unique for ever: a second movement with the same key does nothing.
    """

    product_id: int
    source_id: int
    target_id: int
    quantity: Decimal
    key: str
    lot_id: int | None = None
    unit_cost: Decimal | None = None
    value: Decimal | None = None
    line_id: int | None = None


def lock_items(keys: Iterable[ItemKey]) -> dict[ItemKey, StockItem]:
    """Lock the balances of these (product, place, lot), in the order of their ids, making those that are missing."""
    wanted = set(keys)
    found = _locked(wanted)
    if missing := wanted - set(found):
        # Sorted, so that two transactions that make the same balances do not wait for each other in a ring.
        ordered = sorted(missing, key=lambda key: (key[0], key[1], key[2] or 0))
        StockItem.objects.bulk_create(
            [StockItem(product_id=product, place_id=place, lot_id=lot) for product, place, lot in ordered],
            ignore_conflicts=True,
        )
        found = _locked(wanted)
    return found


def _locked(wanted: set[ItemKey]) -> dict[ItemKey, StockItem]:
    # Every place of the products in those warehouses, not only the wanted ones: whoever reserves or moves more of them
    # later in the same transaction then has all it needs, and nobody locks a lower id after a higher one.
    warehouses = Place.objects.filter(pk__in={key[1] for key in wanted}).values("warehouse_id")
    rows = (
        StockItem.objects.select_for_update(of=("self",))
        .filter(product_id__in={key[0] for key in wanted}, place__warehouse_id__in=warehouses)
        .order_by("id")
    )
    return {key: row for row in rows if (key := (row.product_id, row.place_id, row.lot_id)) in wanted}


def _lock_costs(keys: set[CostKey]) -> dict[CostKey, ProductCost]:
    def read() -> dict[CostKey, ProductCost]:
        rows = (
            ProductCost.objects.select_for_update()
            .filter(product_id__in={key[0] for key in keys}, warehouse_id__in={key[1] for key in keys})
            .order_by("id")
        )
        return {key: row for row in rows if (key := (row.product_id, row.warehouse_id)) in keys}

    found = read()
    if missing := keys - set(found):
        ProductCost.objects.bulk_create(
            [ProductCost(product_id=product, warehouse_id=warehouse) for product, warehouse in sorted(missing)],
            ignore_conflicts=True,
        )
        found = read()
    return found


class _Book:
    """The locked balances that a set of movements touches; movements are applied in memory, then written at once."""

    def __init__(self, movements: Sequence[Movement], document: Model | None) -> None:
        place_ids = {m.source_id for m in movements} | {m.target_id for m in movements}
        self.places: dict[int, Place] = Place.objects.in_bulk(place_ids)
        self.items = lock_items(
            (m.product_id, place, m.lot_id)
            for m in movements
            for place in (m.source_id, m.target_id)
            if self.in_house(place)
        )
        self.costs = _lock_costs(
            {
                (m.product_id, warehouse)
                for m in movements
                for place in (m.source_id, m.target_id)
                if (warehouse := self.places[place].warehouse_id) is not None
            }
        )
        refuse_frozen([place for place in place_ids if self.in_house(place)], document)

    def in_house(self, place_id: int) -> bool:
        """Whether the place holds stock of ours."""
        return self.places[place_id].kind in Place.HOUSE

    def apply(self, movement: Movement) -> Decimal:
        """Move the quantity and its value between the balances; returns the value in CNY."""
        value = self._take(movement) if self.in_house(movement.source_id) else self._given(movement)
        if self.in_house(movement.target_id):
            self.items[movement.product_id, movement.target_id, movement.lot_id].on_hand += movement.quantity
            cost = self._cost(movement.product_id, movement.target_id)
            cost.quantity += movement.quantity
            cost.value += value
        return value

    def _cost(self, product_id: int, place_id: int) -> ProductCost:
        warehouse_id = self.places[place_id].warehouse_id
        assert warehouse_id is not None
        return self.costs[product_id, warehouse_id]

    def _take(self, movement: Movement) -> Decimal:
        item = self.items[movement.product_id, movement.source_id, movement.lot_id]
        free = item.on_hand - item.reserved
        if movement.quantity > free:
            product = Product.objects.get(pk=movement.product_id)
            raise OutOfStock(
                _("%(product)s: only %(free)s available at %(place)s, %(wanted)s needed.")
                % {
                    "product": product,
                    "free": f"{free.normalize():f}",
                    "wanted": f"{movement.quantity.normalize():f}",
                    "place": self.places[movement.source_id].code,
                },
                hint=_("Reduce the quantity, or receive or release stock first."),
            )
        item.on_hand -= movement.quantity
        cost = self._cost(movement.product_id, movement.source_id)
        # The last piece takes the whole rest, so that no cent stays behind on an empty shelf.
        last = movement.quantity == cost.quantity
        value = cost.value if last else round_money(cost.value * movement.quantity / cost.quantity)
        cost.quantity -= movement.quantity
        cost.value -= value
        return value

    @staticmethod
    def _given(movement: Movement) -> Decimal:
        if movement.value is not None:
            return round_money(movement.value)
        return round_money((movement.unit_cost or ZERO) * movement.quantity)

    def write(self) -> None:
        """Save the balances."""
        StockItem.objects.bulk_update(self.items.values(), ["on_hand"])
        ProductCost.objects.bulk_update(self.costs.values(), ["quantity", "value"])


@transaction.atomic
def post_moves(
    movements: Sequence[Movement], *, document: Model | None, by: User | None, reason: str = ""
) -> list[StockMove]:
    """Write movements to the stock ledger and their balances; a repeat (same key) is left out.

    Locks stock items by id. Raises OutOfStock when a place has less free than is to leave it; then nothing is written.
    """
    for movement in movements:
        if movement.quantity <= 0:
            raise BusinessError(_("A quantity must be more than zero."), field="quantity")
    keys = [movement.key for movement in movements]
    known = set(StockMove.objects.filter(key__in=keys).values_list("key", flat=True))
    fresh = [movement for movement in movements if movement.key not in known]
    if not fresh:
        return []
    book = _Book(fresh, document)
    rows = []
    for movement in fresh:
        value = book.apply(movement)
        rows.append(
            StockMove(
                product_id=movement.product_id,
                lot_id=movement.lot_id,
                source_id=movement.source_id,
                target_id=movement.target_id,
                quantity=movement.quantity,
                unit_cost=round_unit_price(value / movement.quantity),
                value=value,
                document_type=document._meta.label if document is not None else "",
                document_id=document.pk if document is not None else None,
                line_id=movement.line_id,
                reason=reason,
                by=by,
                key=movement.key,
            )
        )
    book.write()
    return StockMove.objects.bulk_create(rows)
