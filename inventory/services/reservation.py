"""Stock promised to lines of documents: reserve, release, and issue what was reserved."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from erp.errors import OutOfStock
from erp.models import User
from erp.money import ZERO
from inventory.models import Place, Reservation, ReservationEntry, StockItem, StockMove
from inventory.services.stock import Movement, post_moves


@dataclass(frozen=True, slots=True)
class Want:
    """A holder (a line of a document) that wants so many stock units of a product."""

    holder_id: int
    product_id: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Issue:
    """So much of what a holder reserved on one stock item is to leave. `key` makes a repeat harmless."""

    holder_id: int
    item_id: int
    quantity: Decimal
    key: str
    line_id: int | None = None


class Ledger:
    """Collects signed changes of reservations on locked items and writes balance and ledger together."""

    def __init__(self, *, holder_type: str, reason: str, by: User | None) -> None:
        self.holder_type, self.reason, self.by = holder_type, reason, by
        self.changes: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
        self.items: dict[int, StockItem] = {}

    def change(self, item: StockItem, holder_id: int, quantity: Decimal) -> None:
        """Promise (positive) or give back (negative) a quantity of a locked item."""
        item.reserved += quantity
        self.items[item.pk] = item
        self.changes[item.pk, holder_id] += quantity

    def write(self) -> None:
        """Save item balances, reservations and ledger rows: one statement each."""
        changes = {key: quantity for key, quantity in self.changes.items() if quantity}
        if not changes:
            return
        StockItem.objects.bulk_update(self.items.values(), ["reserved"])
        self._write_balances(changes)
        ReservationEntry.objects.bulk_create(
            ReservationEntry(
                item_id=item,
                holder_type=self.holder_type,
                holder_id=holder,
                quantity=quantity,
                reason=self.reason,
                by=self.by,
            )
            for (item, holder), quantity in changes.items()
        )

    def _write_balances(self, changes: Mapping[tuple[int, int], Decimal]) -> None:
        rows = Reservation.objects.filter(
            holder_type=self.holder_type,
            holder_id__in={holder for _item, holder in changes},
            item_id__in={item for item, _holder in changes},
        )
        known = {(row.item_id, row.holder_id): row for row in rows}
        made: list[Reservation] = []
        changed: list[Reservation] = []
        emptied: list[Reservation] = []
        for (item, holder), quantity in changes.items():
            row = known.get((item, holder))
            if row is None:
                made.append(
                    Reservation(item_id=item, holder_type=self.holder_type, holder_id=holder, quantity=quantity)
                )
                continue
            row.quantity += quantity
            (changed if row.quantity else emptied).append(row)
        Reservation.objects.bulk_create(made)
        if changed:
            Reservation.objects.bulk_update(changed, ["quantity"])
        if emptied:
            Reservation.objects.filter(pk__in=[row.pk for row in emptied]).delete()


@transaction.atomic
def reserve(
    wants: Sequence[Want], *, holder_type: str, warehouse_id: int, by: User | None, reason: str = "order"
) -> dict[int, Decimal]:
    """Promise free stock of a warehouse to holders, in the order given, in part where there is less.

    Locks the products' stock items by id. Returns how much each holder got now (stock units).
    """
    given: dict[int, Decimal] = {want.holder_id: ZERO for want in wants}
    items = list(
        StockItem.objects.select_for_update(of=("self",))
        .filter(
            product_id__in={want.product_id for want in wants},
            place__kind=Place.Kind.BIN,
            place__warehouse_id=warehouse_id,
        )
        .select_related("place")
        .order_by("id")
    )
    by_product: dict[int, list[StockItem]] = defaultdict(list)
    for item in sorted(items, key=lambda row: (row.place.pick_order, row.pk)):
        by_product[item.product_id].append(item)
    ledger = Ledger(holder_type=holder_type, reason=reason, by=by)
    for want in wants:
        missing = want.quantity
        for item in by_product[want.product_id]:
            part = min(missing, item.on_hand - item.reserved)
            if part > 0:
                ledger.change(item, want.holder_id, part)
                given[want.holder_id] += part
                missing -= part
    ledger.write()
    return given


@transaction.atomic
def release(
    *,
    holder_type: str,
    holder_ids: Collection[int],
    by: User | None,
    reason: str,
    quantities: Mapping[int, Decimal] | None = None,
    keep: Mapping[tuple[int, int], Decimal] | None = None,
) -> dict[int, Decimal]:
    """Give promised stock back: all that the holders have, or at most `quantities` of each.

    `keep`: what of exact stock items is not given back, `{(holder id, item id): quantity}`. Returns how
    much each holder gave back; a holder without reservations gives nothing, which is no error.
    """
    holders = {"holder_type": holder_type, "holder_id__in": list(holder_ids)}
    items = lock_items_of(holders)
    given: dict[int, Decimal] = dict.fromkeys(holder_ids, ZERO)
    ledger = Ledger(holder_type=holder_type, reason=reason, by=by)
    for row in Reservation.objects.filter(**holders).order_by("-id"):
        part = row.quantity - (keep or {}).get((row.holder_id, row.item_id), ZERO)
        if quantities is not None:
            part = min(part, quantities.get(row.holder_id, ZERO) - given[row.holder_id])
        if part > 0:
            ledger.change(items[row.item_id], row.holder_id, -part)
            given[row.holder_id] += part
    ledger.write()
    return given


@transaction.atomic
def release_items(parts: Mapping[tuple[int, int], Decimal], *, holder_type: str, by: User | None, reason: str) -> None:
    """Give back exact quantities of exact stock items: `{(holder id, item id): quantity}`.

    Raises OutOfStock when a holder has less there than it is to give back.
    """
    holders = {"holder_type": holder_type, "holder_id__in": [holder for holder, _item in parts]}
    items = lock_items_of(holders)
    held = {(row.holder_id, row.item_id): row.quantity for row in Reservation.objects.filter(**holders)}
    ledger = Ledger(holder_type=holder_type, reason=reason, by=by)
    for key, quantity in parts.items():
        if held.get(key, ZERO) < quantity:
            raise OutOfStock(_("Less is reserved than is to be given back."))
        ledger.change(items[key[1]], key[0], -quantity)
    ledger.write()


def lock_items_of(holders: Mapping[str, Any]) -> dict[int, StockItem]:
    """Lock every place of the products that the holders have stock of, by id: see `stock._locked`."""
    held = Reservation.objects.filter(**holders)
    rows = StockItem.objects.select_for_update(of=("self",)).filter(
        product_id__in=held.values("item__product_id"), place__warehouse_id__in=held.values("item__place__warehouse_id")
    )
    return {row.pk: row for row in rows.order_by("id")}


@transaction.atomic
def issue_reserved(
    issues: Sequence[Issue],
    *,
    holder_type: str,
    target: Place,
    document: Model,
    by: User | None,
    reason: str = "",
) -> list[StockMove]:
    """Take reserved goods out of stock to a place (customer, production): the promise is used up, stock and value leave.

    A repeat (same key) does nothing. Raises OutOfStock when a holder has less reserved than is to leave.
    """
    known = set(StockMove.objects.filter(key__in=[issue.key for issue in issues]).values_list("key", flat=True))
    fresh = [issue for issue in issues if issue.key not in known]
    if not fresh:
        return []
    parts: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for issue in fresh:
        parts[issue.holder_id, issue.item_id] += issue.quantity
    release_items(parts, holder_type=holder_type, by=by, reason="issue")
    items = StockItem.objects.in_bulk({issue.item_id for issue in fresh})
    return post_moves(
        [
            Movement(
                product_id=items[issue.item_id].product_id,
                source_id=items[issue.item_id].place_id,
                target_id=target.pk,
                lot_id=items[issue.item_id].lot_id,
                quantity=issue.quantity,
                key=issue.key,
                line_id=issue.line_id,
            )
            for issue in fresh
        ],
        document=document,
        by=by,
        reason=reason,
    )
