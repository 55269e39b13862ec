"""Moving goods: bin to bin at once, warehouse to warehouse by way of transit, with what got lost on the way."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from erp.errors import BusinessError, OutOfStock, TransitionRefused
from erp.models import StatusChange, User
from erp.money import round_quantity
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance, lock, record_creation
from inventory.models import Lot, Place, Product, StockItem, Transfer, TransferLine, TransferReceipt, Warehouse
from inventory.services.places import transit_place, virtual_place
from inventory.services.rights import need_right
from inventory.services.stock import Movement, post_moves

STATES = (Place.Kind.QUARANTINE, Place.Kind.DAMAGED)


@dataclass(frozen=True, slots=True)
class Piece:
    """So many stock units of a product (and lot) from a bin; `place` is the other bin within the same warehouse."""

    product: Product
    source: Place
    quantity: Decimal
    place: Place | None = None
    lot: Lot | None = None


@verb
def plan_transfer(
    *,
    source: Warehouse,
    target: Warehouse,
    pieces: Sequence[Piece],
    by: User | None,
    expected_on: dt.date | None = None,
    reason: str = "",
) -> Transfer:
    """Draft a transfer. Only stock that is promised to nobody can move: reservations and pick lists name exact bins.

    Raises BusinessError (at the line's field), NotPermitted without the right to plan, or, for goods that change their
    state, without the right to that; then a reason is needed.
    """
    need_right(by, "inventory.add_transfer")
    _check_head(source, target, pieces)
    for at, piece in enumerate(pieces):
        _check_piece(at, piece, source, target, by=by, reason=reason)
    document = Transfer.objects.create(
        number=next_number("TR"),
        source=source,
        target=target,
        expected_on=expected_on,
        reason=reason.strip(),
        created_by=by,
    )
    TransferLine.objects.bulk_create(
        TransferLine(
            document=document,
            product=piece.product,
            lot=piece.lot,
            source=piece.source,
            place=piece.place,
            quantity=round_quantity(piece.quantity),
        )
        for piece in pieces
    )
    record_creation(document, by=by)
    return document


def _check_head(source: Warehouse, target: Warehouse, pieces: Sequence[Piece]) -> None:
    for house, field in ((source, "source"), (target, "target")):
        if not house.is_active:
            raise BusinessError(_("Warehouse %(name)s is not active.") % {"name": house}, field=field)
    if not pieces:
        raise BusinessError(_("Enter at least one product."))


def _check_piece(at: int, piece: Piece, source: Warehouse, target: Warehouse, *, by: User | None, reason: str) -> None:
    field = f"lines-{at}-"
    if not piece.product.is_stocked:
        raise BusinessError(
            _("%(product)s is a service and has no stock.") % {"product": piece.product}, field=f"{field}product"
        )
    if not piece.quantity.is_finite() or piece.quantity <= 0:
        raise BusinessError(_("A quantity must be more than zero."), field=f"{field}quantity")
    if piece.source.kind not in Place.IN_WAREHOUSE or piece.source.warehouse_id != source.pk:
        raise BusinessError(
            _("%(place)s is not in warehouse %(warehouse)s.") % {"place": piece.source.code, "warehouse": source},
            field=f"{field}source",
        )
    if source.pk != target.pk:
        return
    place = piece.place
    if place is None or place.kind not in Place.IN_WAREHOUSE or place.warehouse_id != target.pk:
        raise BusinessError(_("Choose the bin where the goods go."), field=f"{field}place")
    if place.pk == piece.source.pk:
        raise BusinessError(_("The goods lie in %(place)s already.") % {"place": place.code}, field=f"{field}place")
    if place.kind != piece.source.kind and (place.kind in STATES or piece.source.kind in STATES):
        need_right(by, "inventory.change_stock_state")
        if not reason.strip():
            raise BusinessError(_("Say why the goods change their state."), field="reason")


@transaction.atomic
def take_away(document: Transfer, *, change: StatusChange, by: User | None) -> None:
    """Take the goods from their bins: into transit, or within the warehouse to the other bin (follower of “send” and “move”).

    Raises OutOfStock when less is free than is to go; then nothing has moved.
    """
    lines = list(document.lines.order_by("id"))
    transit = None if document.is_internal else transit_place()
    post_moves(
        [
            Movement(
                product_id=line.product_id,
                lot_id=line.lot_id,
                source_id=line.source_id,
                target_id=transit.pk if transit else line.place_id or 0,
                quantity=line.quantity,
                line_id=line.pk,
                key=f"transfer:{line.pk}:out",
            )
            for line in lines
        ],
        document=document,
        by=by,
        reason=document.reason or document.number,
    )
    if document.is_internal:
        for line in lines:
            line.received = line.quantity
        TransferLine.objects.bulk_update(lines, ["received"])


@verb
def receive_transfer(
    document: Transfer, *, quantities: Mapping[int, Decimal], place: Place, by: User | None, key: str = ""
) -> list[TransferReceipt]:
    """Take in what arrived, `{line id: stock units}`, into one bin of the target warehouse; who waits is served.

    The last of it completes the transfer. What is missing stays under way until it arrives or is written off. `key` makes
    a repeat harmless. Raises BusinessError, TransitionRefused or NotPermitted.
    """
    need_right(by, "inventory.receive_transfer")
    lock(document)
    if key and (known := list(TransferReceipt.objects.filter(line__document=document, key=key).order_by("id"))):
        return known
    if document.status not in Transfer.UNDER_WAY:
        raise TransitionRefused(
            _("%(transfer)s is “%(status)s”; nothing of it is under way.")
            % {"transfer": document, "status": document.get_status_display()},
            code="wrong_state",
        )
    if place.kind not in Place.IN_WAREHOUSE or place.warehouse_id != document.target_id:
        raise BusinessError(
            _("%(place)s is not in warehouse %(warehouse)s.") % {"place": place.code, "warehouse": document.target},
            field="place",
        )
    lines = {line.pk: line for line in document.lines.select_related("product").order_by("id")}
    taken = _arrived(lines, quantities)
    made = TransferReceipt.objects.bulk_create(
        TransferReceipt(line=lines[pk], quantity=quantity, place=place, by=by, key=key)
        for pk, quantity in taken.items()
    )
    for pk, quantity in taken.items():
        lines[pk].received += quantity
    TransferLine.objects.bulk_update([lines[pk] for pk in taken], ["received"])
    over = not any(line.outstanding for line in lines.values())
    advance(document, "complete" if over else "receive_part", by=None, note=place.code)
    return made


def _arrived(lines: Mapping[int, TransferLine], quantities: Mapping[int, Decimal]) -> dict[int, Decimal]:
    taken = {}
    for pk, entered in sorted(quantities.items()):
        line, quantity = lines.get(pk), round_quantity(entered)
        if line is None:
            raise BusinessError(_("A line does not belong to this transfer."), hint=_("Load the page again."))
        if not 0 <= quantity <= line.outstanding:
            raise BusinessError(
                _("%(product)s: only %(open)s are under way.")
                % {"product": line.product, "open": f"{line.outstanding.normalize():f}"},
                hint=_("If more has arrived, take in what was sent and count the bin."),
                field=f"q{pk}",
            )
        if quantity:
            taken[pk] = quantity
    if not taken:
        raise BusinessError(_("Nothing was entered."), hint=_("Enter at least one quantity."))
    return taken


@transaction.atomic
def put_in(document: Transfer, *, change: StatusChange, by: User | None) -> None:
    """Put what arrived from transit into its bins (follower of “receive_part” and “complete”); a repeat does nothing."""
    rows = list(TransferReceipt.objects.filter(line__document=document).select_related("line").order_by("id"))
    transit = transit_place()
    post_moves(
        [
            Movement(
                product_id=row.line.product_id,
                lot_id=row.line.lot_id,
                source_id=transit.pk,
                target_id=row.place_id,
                quantity=row.quantity,
                line_id=row.line_id,
                key=f"transfer:{row.line_id}:in:{row.pk}",
            )
            for row in rows
        ],
        document=document,
        by=rows[-1].by if rows else by,
        reason=document.reason or document.number,
    )


@transaction.atomic
def write_off(document: Transfer, *, change: StatusChange, by: User | None) -> None:
    """What has not arrived is lost (follower of “close_short”)."""
    lines = [line for line in document.lines.order_by("id") if line.outstanding]
    _from_transit(document, lines, virtual_place(Place.Kind.ADJUSTMENT).pk, "lost", reason=change.note, by=by)
    for line in lines:
        line.lost += line.outstanding
    TransferLine.objects.bulk_update(lines, ["lost"])


@transaction.atomic
def bring_back(document: Transfer, *, change: StatusChange, by: User | None) -> None:
    """Goods that were sent go back to their bins (follower of “cancel”); a draft has sent nothing."""
    if document.sent_at is not None:
        lines = list(document.lines.order_by("id"))
        _from_transit(document, lines, None, "back", reason=change.note, by=by)


def _from_transit(
    document: Transfer, lines: Sequence[TransferLine], target_id: int | None, how: str, *, reason: str, by: User | None
) -> None:
    transit = transit_place()
    post_moves(
        [
            Movement(
                product_id=line.product_id,
                lot_id=line.lot_id,
                source_id=transit.pk,
                target_id=target_id or line.source_id,
                quantity=line.outstanding,
                line_id=line.pk,
                key=f"transfer:{line.pk}:{how}",
            )
            for line in lines
        ],
        document=document,
        by=by,
        reason=reason or document.number,
    )


def pieces_of(product: Product, warehouse: Warehouse, quantity: Decimal, *, place: Place | None = None) -> list[Piece]:
    """Bins (and lots) from which a quantity is taken, in picking order; one query.

    Raises OutOfStock when less lies free in the warehouse's bins.
    """
    rows = (
        StockItem.objects.filter(
            product=product, place__warehouse=warehouse, place__kind=Place.Kind.BIN, on_hand__gt=F("reserved")
        )
        .exclude(place=place)
        .select_related("place", "lot")
        .order_by("place__pick_order", "place__code", "id")
    )
    pieces, left = [], quantity
    for item in rows:
        part = min(left, item.on_hand - item.reserved)
        if part > 0:
            pieces.append(Piece(product, item.place, part, place, item.lot))
            left -= part
    if left > 0:
        raise OutOfStock(
            _("%(product)s: only %(free)s are free in %(warehouse)s.")
            % {"product": product, "free": f"{(quantity - left).normalize():f}", "warehouse": warehouse},
            hint=_("What is promised to orders stays where it is."),
        )
    return pieces
