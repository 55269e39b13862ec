"""What the product card shows: balances by place, who holds them, what comes, what is asked for, what moved."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from erp.models import User
from erp.money import ZERO, round_unit_price
from inventory.doclinks import DocLink, document_links
from inventory.models import (
    Place,
    Product,
    ProductCost,
    PurchaseLine,
    PurchaseOrder,
    Reservation,
    StockItem,
    StockMove,
    SupplyRequest,
)

ROWS = 50  # of one list on the card


@dataclass(frozen=True, slots=True)
class Holding:
    """Stock promised to a document: how much, where, since when."""

    link: DocLink
    place: Place
    quantity: Decimal
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that waits for the product."""

    link: DocLink
    request: SupplyRequest
    lacking: Decimal


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A row of the ledger with its document; `sign` is + into the house, − out of it, empty inside."""

    move: StockMove
    link: DocLink | None
    sign: str


@dataclass(frozen=True, slots=True)
class Change:
    """Master data that somebody changed: when, who (None is the system), and what from what to what."""

    at: dt.datetime
    by: User | None
    fields: list[tuple[str, Any, Any]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Moving average of the whole company: how much, worth what (CNY), and of one unit."""

    quantity: Decimal
    value: Decimal

    @property
    def average(self) -> Decimal | None:
        """CNY for one stock unit, None when nothing is there."""
        return round_unit_price(self.value / self.quantity) if self.quantity else None


def places_of(product: Product) -> list[StockItem]:
    """Balances that are not empty, warehouse by warehouse in picking order. One query."""
    return list(
        StockItem.objects.filter(Q(on_hand__gt=0) | Q(reserved__gt=0), product=product)
        .select_related("place__warehouse", "lot")
        .order_by("place__warehouse__code", "place__pick_order", "place__code", "id")
    )


def holdings_of(product: Product, user: Any) -> list[Holding]:
    """Who has the product reserved, the longest first. A few queries."""
    rows = list(Reservation.objects.filter(item__product=product).select_related("item__place").order_by("id")[:ROWS])
    links = document_links(((row.holder_type, row.holder_id) for row in rows), user)
    return [Holding(links[row.holder_type, row.holder_id], row.item.place, row.quantity, row.since) for row in rows]


def waiting_for(product: Product, user: Any) -> list[Waiting]:
    """Open needs for the product, most urgent first. A few queries."""
    rows = list(
        SupplyRequest.objects.filter(product=product, status=SupplyRequest.Status.OPEN)
        .select_related("warehouse")
        .order_by("-priority", F("needed_by").asc(nulls_last=True), "id")[:ROWS]
    )
    links = document_links(((row.document_type, row.document_id) for row in rows), user)
    return [Waiting(links[row.document_type, row.document_id], row, row.quantity - row.covered) for row in rows]


def incoming_of(product: Product) -> list[PurchaseLine]:
    """Purchase lines that are ordered and have not all arrived. One query."""
    return list(
        PurchaseLine.objects.outstanding()
        .filter(product=product, order__status__in=PurchaseOrder.OPEN)
        .select_related("order__supplier", "order__warehouse")
        .order_by(F("order__expected_on").asc(nulls_last=True), "id")[:ROWS]
    )


def with_links(moves: Sequence[StockMove], user: Any) -> list[MoveRow]:
    """Ledger rows with the documents they come from. A few queries, whatever the number of rows."""
    links = document_links(((row.document_type, row.document_id or 0) for row in moves), user)
    return [MoveRow(row, links.get((row.document_type, row.document_id or 0)), _sign(row)) for row in moves]


def _sign(move: StockMove) -> str:
    inward, outward = move.target.kind in Place.HOUSE, move.source.kind in Place.HOUSE
    return "" if inward == outward else "+" if inward else "−"


def last_moves(product: Product, user: Any, *, limit: int = 10) -> list[MoveRow]:
    """The newest ledger rows of the product. A few queries."""
    moves = product.moves.select_related("source", "target", "lot", "by").order_by("-id")[:limit]
    return with_links(list(moves), user)


def cost_of(product: Product) -> Cost:
    """Quantity and value over all warehouses. One query."""
    sums = ProductCost.objects.filter(product=product).aggregate(quantity=Sum("quantity"), value=Sum("value"))
    return Cost(sums["quantity"] or ZERO, sums["value"] or ZERO)


def changes_of(product: Product, *, with_cost: bool, limit: int = 10) -> list[Change]:
    """The last changes of the product's prices and other master data, the newest first. Two queries."""
    events = list(product.events.select_related("pgh_context").order_by("-pgh_id")[: limit + 1])
    hidden = {"pgh_obj"} | (set() if with_cost else {"standard_cost"})
    names = (
        [
            field
            for field in Product._meta.concrete_fields
            if hasattr(events[0], field.name) and field.name not in hidden
        ]
        if events
        else []
    )
    found = []
    for new, old in pairwise(events):
        pairs = [(field, getattr(old, field.name), getattr(new, field.name)) for field in names]
        changed = [
            (str(field.verbose_name), _shown(field, was), _shown(field, now)) for field, was, now in pairs if was != now
        ]
        if changed:
            who = (new.pgh_context.metadata if new.pgh_context else {}).get("user")
            found.append((new.pgh_created_at, who, changed))
    people = User.objects.in_bulk({who for _at, who, _fields in found if who})
    return [Change(at, people.get(who), fields) for at, who, fields in found]


def _shown(field: Any, value: Any) -> Any:
    """A value as people read it."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return dict(field.flatchoices).get(value, value)
