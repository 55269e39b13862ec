"""Stock that turns out to be missing though it is promised: how much of it must be given up, and by whom.

Documents that take stock out of the books (`losses()`: `{(product, place, lot): stock units}`) are served alike. The apps
that promised the goods give them up, each for its own holders, before the document writes its movements: see `erp.process`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from erp.money import ZERO
from erp.shelves import off_shelf
from inventory.models import Reservation, StockItem
from inventory.services.stock import ItemKey, lock_items


@dataclass(slots=True)
class Shortfall:
    """A stock item of which more is promised than will be left: `quantity` stock units must be given up."""

    item: StockItem
    quantity: Decimal
    held: list[tuple[Reservation, Decimal]]  # what each holder could give up: not what was picked already


def shortfalls(document: Any, *, locked: bool = False) -> list[Shortfall]:
    """What holders must give up if the document is written now, by stock item.

    `locked` locks all stock items of the document's products first, so that the answer stays true. Three queries,
    one more when locked.
    """
    losses: dict[ItemKey, Decimal] = document.losses()
    if not losses:
        return []
    items = list(lock_items(losses).values()) if locked else _items(losses)
    short = {item.pk: (item, gap) for item in items if (gap := _gap(item, losses)) > 0}
    if not short:
        return []
    taken = off_shelf(list(short))
    held: dict[int, list[tuple[Reservation, Decimal]]] = {}
    for row in Reservation.objects.filter(item_id__in=short).order_by("-id"):
        free = row.quantity - taken.get((row.holder_type, row.holder_id, row.item_id), ZERO)
        if free > 0:
            held.setdefault(row.item_id, []).append((row, free))
    return [Shortfall(item, gap, held.get(pk, [])) for pk, (item, gap) in short.items()]


def _items(losses: dict[ItemKey, Decimal]) -> Sequence[StockItem]:
    wanted = Q()
    for product, place, lot in losses:
        wanted |= Q(product_id=product, place_id=place, lot_id=lot)
    return list(StockItem.objects.filter(wanted).order_by("id"))


def _gap(item: StockItem, losses: dict[ItemKey, Decimal]) -> Decimal:
    return item.reserved - (item.on_hand - losses[item.product_id, item.place_id, item.lot_id])


def held_by(document: Any, holder_type: str) -> set[int]:
    """Holders of one kind who may have to give up something; they are locked before stock is."""
    return {row.holder_id for one in shortfalls(document) for row, _free in one.held if row.holder_type == holder_type}


def give_up_parts(
    found: list[Shortfall], holder_type: str, precedence: dict[int, Any]
) -> dict[tuple[int, int], Decimal]:
    """Who gives up what: `{(holder, stock item): stock units}`, the holders with the lowest precedence first.

    `precedence` names the holders that may be asked; the shortfalls shrink by what is given.
    """
    parts: dict[tuple[int, int], Decimal] = {}
    for one in found:
        rows = [pair for pair in one.held if pair[0].holder_type == holder_type and pair[0].holder_id in precedence]
        for row, free in sorted(rows, key=lambda pair: precedence[pair[0].holder_id]):
            part = min(free, one.quantity)
            if part > 0:
                parts[row.holder_id, row.item_id] = part
                one.quantity -= part
    return parts
