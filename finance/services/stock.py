"""The value of stock in the general ledger: every movement over the threshold of the house, once."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from erp.models import StatusChange, User
from finance import basics
from finance.ledger import Line, is_closed, post_entry, voucher_text
from finance.models import JournalEntry, StockPosting
from inventory.models import Place, StockMove
from production.models import ProductionOrder

# The other side of 1405 库存商品, by the kind of place that the goods come from or go to.
COUNTER_ACCOUNT: dict[str, str] = {
    Place.Kind.SUPPLIER: basics.PAYABLE,
    Place.Kind.CUSTOMER: basics.COST_OF_SALES,
    Place.Kind.PRODUCTION: basics.PRODUCTION,
    Place.Kind.ADJUSTMENT: basics.SUSPENSE,
}
# What the voucher says, by the other side and by whether goods came in.
TEXTS: dict[tuple[str, bool], str] = {
    (basics.PAYABLE, True): gettext_noop("Goods received from supplier %(document)s"),
    (basics.PAYABLE, False): gettext_noop("Goods returned to supplier %(document)s"),
    (basics.COST_OF_SALES, False): gettext_noop("Cost of goods %(document)s"),
    (basics.COST_OF_SALES, True): gettext_noop("Goods returned by customer %(document)s"),
    (basics.PRODUCTION, False): gettext_noop("Materials for %(document)s"),
    (basics.PRODUCTION, True): gettext_noop("Goods made %(document)s"),
    (basics.SUSPENSE, True): gettext_noop("Stock found %(document)s"),
    (basics.SUSPENSE, False): gettext_noop("Stock lost %(document)s"),
}
BATCH = 1000


def unposted_moves() -> QuerySet[StockMove]:
    """Movements over the threshold of the house that the general ledger does not have yet."""
    inside = Q(source__kind__in=Place.HOUSE), Q(target__kind__in=Place.HOUSE)
    crossing = (inside[0] & ~inside[1]) | (~inside[0] & inside[1])
    return StockMove.objects.filter(crossing, posting__isnull=True)


@transaction.atomic
def post_stock(document: Any, *, change: StatusChange, by: User | None) -> list[JournalEntry]:
    """Post the value of a document's stock movements (follower of whatever moves stock)."""
    moves = unposted_moves().filter(document_type=document._meta.label, document_id=document.pk)
    return _post(document, moves, date=timezone.localdate(change.at), by=by)


def post_receipt(document: Any, *, change: StatusChange, by: User | None) -> None:
    """Goods from a supplier: stock against what we owe for them, 暂估 until the bill comes (follower of “post”)."""
    post_stock(document, change=change, by=by)


@transaction.atomic
def post_production(document: ProductionOrder, *, change: StatusChange, by: User | None) -> None:
    """A finished production order: components in, goods out, and the work between the two (follower of “finish”)."""
    post_stock(document, change=change, by=by)
    rows = StockMove.objects.filter(document_type=document._meta.label, document_id=document.pk)
    made = sum((row.value for row in rows.filter(source__kind=Place.Kind.PRODUCTION)), Decimal(0))
    used = sum((row.value for row in rows.filter(target__kind=Place.Kind.PRODUCTION)), Decimal(0))
    # What the goods are worth beyond their components is the work that went into them.
    post_entry(
        key=f"production:{document.pk}:work",
        date=timezone.localdate(change.at),
        text=voucher_text(gettext_noop("Work on %(document)s"), document=document.number),
        document=document,
        lines=[(basics.PRODUCTION, made - used, None), (basics.OVERHEAD, used - made, None)],
        by=by,
    )


def post_pending_stock(*, since: dt.datetime | None = None) -> int:
    """Post what no document's follower posted: adjustments, opening stock, reports of unfinished production.

    Reads movements from `since` on, all of them without it; one transaction for each batch, so that a long backlog
    holds no lock for long. Returns how many movements were posted.
    """
    posted = 0
    while found := _post_batch(since):
        posted += found
        if found < BATCH:
            break
    return posted


@transaction.atomic
def _post_batch(since: dt.datetime | None) -> int:
    rows = unposted_moves().filter(**({"at__gte": since} if since else {})).order_by("id")[:BATCH]
    groups: dict[tuple[str, int | None, dt.date], list[StockMove]] = defaultdict(list)
    for move in rows:
        groups[move.document_type, move.document_id, timezone.localdate(move.at)].append(move)
    today = timezone.localdate()
    for (_type, _pk, date), moves in groups.items():
        ids = [move.pk for move in moves]
        # A month that was closed meanwhile stays as it is: the value is posted today.
        _post(
            _document_of(moves[0]),
            unposted_moves().filter(pk__in=ids),
            date=today if is_closed(date) else date,
            by=None,
        )
    return len(rows)


def _post(document: Model, moves: QuerySet[StockMove], *, date: dt.date, by: User | None) -> list[JournalEntry]:
    """One voucher for each counterpart and direction; `document` is what the vouchers point at."""
    groups: dict[tuple[str, bool], list[StockMove]] = defaultdict(list)
    for move in _claim(moves):
        groups[_kind(move)].append(move)
    entries = []
    for kind, rows in sorted(groups.items()):
        entry = post_entry(
            key=f"stock:{min(row.pk for row in rows)}",
            date=date,
            text=voucher_text(TEXTS[kind], document=_name_of(document)),
            document=document,
            lines=_lines(kind, rows),
            by=by,
        )
        StockPosting.objects.bulk_create(StockPosting(move=row, entry=entry) for row in rows)
        if entry is not None:
            entries.append(entry)
    return entries


def _claim(moves: QuerySet[StockMove]) -> Sequence[StockMove]:
    """Lock the movements, then leave out those that another transaction posted while we waited."""
    locked = list(moves.select_related("source", "target").select_for_update(of=("self",)).order_by("id"))
    posted = set(StockPosting.objects.filter(move__in=locked).values_list("move_id", flat=True))
    return [move for move in locked if move.pk not in posted]


def _kind(move: StockMove) -> tuple[str, bool]:
    """The account on the other side, and whether the goods came in."""
    inward = move.target.kind in Place.HOUSE
    outside = move.source if inward else move.target
    return COUNTER_ACCOUNT[outside.kind], inward


def _lines(kind: tuple[str, bool], moves: Iterable[StockMove]) -> list[Line]:
    account, inward = kind
    value = sum((move.value for move in moves), Decimal(0)) * (1 if inward else -1)
    return [(basics.STOCK, value, None), (account, -value, None)]


def _document_of(move: StockMove) -> Model:
    """The document that caused a movement, or the movement itself when no document did."""
    if not move.document_type or move.document_id is None:
        return move
    found: Model | None = apps.get_model(move.document_type)._base_manager.filter(pk=move.document_id).first()
    return found or move


def _name_of(document: Model) -> str:
    """The document's number; for a movement without a document its reason."""
    return document.reason if isinstance(document, StockMove) else str(document)
