"""What arrives: received in parts, inspected at once or later, put where it belongs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError, TransitionRefused
from erp.models import Company, StatusChange, User
from erp.money import ZERO, round_money, round_quantity
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance, lock, record_creation, run_followers
from inventory.models import GoodsReceipt, Inspection, Place, PurchaseLine, PurchaseOrder, ReceiptLine
from inventory.services.places import quarantine_place, virtual_place
from inventory.services.rights import need_right
from inventory.services.stock import Movement, post_moves

AT_THE_GATE = "receipt"  # key of the finding that was made when the goods were received


@dataclass(frozen=True, slots=True)
class Arrival:
    """What arrived of a purchase line, in stock units: `rejected` of it is bad, `held` waits for inspection."""

    quantity: Decimal
    rejected: Decimal = ZERO
    held: Decimal = ZERO
    reason: str = ""


@verb
def receive(
    order: PurchaseOrder,
    *,
    quantities: Mapping[int, Decimal | Arrival],
    place: Place,
    by: User | None,
    key: str = "",
    delivery_note: str = "",
) -> GoodsReceipt:
    """Take in what arrived for a placed order, in part if need be: `{purchase line id: stock units, or an Arrival}`.

    Good goods go to `place`, the others to quarantine; at a quarantine place all of them wait for inspection. Makes and
    posts a goods receipt; its value is quantity × price in CNY without tax. `key` makes a repeat harmless. Raises
    TransitionRefused when the order is not placed, BusinessError when more arrives than was ordered and tolerated.
    """
    lock(order)
    if key and (done := GoodsReceipt.objects.filter(key=key).first()):
        return done
    if not order.is_open:
        raise TransitionRefused(
            _("%(order)s is “%(status)s”; goods are received for ordered ones only.")
            % {"order": order, "status": order.get_status_display()},
            code="wrong_state",
        )
    arrived = _arrived(order, quantities, place)
    receipt = GoodsReceipt.objects.create(
        number=next_number("GR"), order=order, place=place, created_by=by, key=key, delivery_note=delivery_note.strip()
    )
    rows = [
        ReceiptLine(
            receipt=receipt,
            purchase_line=line,
            quantity=one.quantity,
            accepted=ZERO if place.kind == Place.Kind.QUARANTINE else one.quantity - one.rejected - one.held,
            rejected=one.rejected,
            value=round_money(one.quantity * line.unit_price * (order.rate or Decimal(1))),
        )
        for line, one in arrived
    ]
    ReceiptLine.objects.bulk_create(rows)
    Inspection.objects.bulk_create(
        Inspection(
            line=row,
            accepted=row.accepted,
            rejected=row.rejected,
            reason=one.reason.strip(),
            place=place if row.accepted else None,
            by=by,
            key=AT_THE_GATE,
        )
        for row, (_line, one) in zip(rows, arrived, strict=True)
        if row.accepted or row.rejected
    )
    receipt.total = sum((row.value for row in rows), ZERO)
    receipt.save(update_fields=["total"])
    record_creation(receipt, by=by)
    advance(receipt, "post", by=by)
    order.refresh_from_db()
    return receipt


def tolerated(line: PurchaseLine) -> Decimal:
    """How much may arrive of a line now: what is outstanding, and what the company tolerates beyond the order."""
    share = Decimal(1) + Company.current().over_delivery
    return max(round_quantity(line.quantity * share) + line.replaced - line.received, ZERO)


def _arrived(
    order: PurchaseOrder, quantities: Mapping[int, Decimal | Arrival], place: Place
) -> list[tuple[PurchaseLine, Arrival]]:
    """The lines that something arrived for, checked."""
    if place.kind not in Place.IN_WAREHOUSE or place.warehouse_id != order.warehouse_id:
        raise BusinessError(
            _("%(place)s is not in warehouse %(warehouse)s.") % {"place": place.code, "warehouse": order.warehouse},
            field="place",
        )
    known = {line.pk: line for line in order.lines.select_related("product")}
    found = []
    for line_id, entered in quantities.items():
        line = known.get(line_id)
        if line is None:
            raise BusinessError(_("A line does not belong to %(order)s.") % {"order": order})
        one = _rounded(entered)
        _check_arrival(line, one)
        if one.quantity:
            found.append((line, one))
    if not found:
        raise BusinessError(_("Nothing was entered as received."), hint=_("Enter at least one quantity."))
    return found


def _rounded(entered: Decimal | Arrival) -> Arrival:
    one = entered if isinstance(entered, Arrival) else Arrival(entered)
    return Arrival(round_quantity(one.quantity), round_quantity(one.rejected), round_quantity(one.held), one.reason)


def _check_arrival(line: PurchaseLine, one: Arrival) -> None:
    if min(one.quantity, one.rejected, one.held) < 0:
        raise BusinessError(
            _("%(product)s: a quantity cannot be less than zero.") % {"product": line.product}, field=f"q{line.pk}"
        )
    if one.quantity > (most := tolerated(line)):
        raise BusinessError(
            _("%(product)s: %(arrived)s arrived, but only %(open)s is outstanding.")
            % {"product": line.product, "arrived": f"{one.quantity.normalize():f}", "open": f"{most.normalize():f}"},
            hint=_("Receive what was ordered; order the rest separately or send it back."),
            field=f"q{line.pk}",
        )
    if one.rejected + one.held > one.quantity:
        raise BusinessError(
            _("%(product)s: more is rejected or held than arrived.") % {"product": line.product}, field=f"bad{line.pk}"
        )
    if (one.rejected or one.held) and not one.reason.strip():
        raise BusinessError(
            _("%(product)s: say why goods are rejected or held.") % {"product": line.product},
            field=f"why{line.pk}",
        )


@transaction.atomic
def put_away(document: GoodsReceipt, *, change: StatusChange, by: User | None) -> None:
    """What posting a receipt does here: goods into stock, lines counted, the order done when all has arrived.

    A repeat does nothing: the movements' keys are those of the receipt's lines.
    """
    order = PurchaseOrder.objects.select_for_update().get(pk=document.order_id)
    rows = list(document.lines.select_related("purchase_line").order_by("id"))
    if not post_moves(_into_the_house(document, rows), document=document, by=by, reason=order.number):
        return
    lines = {row.purchase_line_id: row.purchase_line for row in rows}
    for row in rows:
        line = lines[row.purchase_line_id]
        line.received += row.quantity
        line.accepted += row.accepted
        line.rejected += row.rejected
    PurchaseLine.objects.bulk_update(lines.values(), ["received", "accepted", "rejected"])
    if not order.lines.outstanding().exists():
        advance(order, "complete", by=None, note=document.number)
    elif order.status == PurchaseOrder.Status.PLACED:
        advance(order, "receive_part", by=None, note=document.number)


def _into_the_house(document: GoodsReceipt, rows: list[ReceiptLine]) -> list[Movement]:
    source = virtual_place(Place.Kind.SUPPLIER)
    aside = document.place
    if document.place.kind == Place.Kind.BIN and any(row.accepted < row.quantity for row in rows):
        assert document.place.warehouse is not None
        aside = quarantine_place(document.place.warehouse)
    found = []
    for row in rows:
        good = round_money(row.value * row.accepted / row.quantity)
        parts = [
            (document.place, row.accepted, good, f"receipt:{row.pk}"),
            (aside, row.quantity - row.accepted, row.value - good, f"receipt:{row.pk}:aside"),
        ]
        found += [
            Movement(
                product_id=row.purchase_line.product_id,
                source_id=source.pk,
                target_id=place.pk,
                quantity=quantity,
                value=value,
                key=key,
                line_id=row.pk,
            )
            for place, quantity, value, key in parts
            if quantity > 0
        ]
    return found


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a receipt line (stock units, signed); accepted goods go to `place`."""

    accepted: Decimal = ZERO
    rejected: Decimal = ZERO
    reason: str = ""
    place: Place | None = None


@verb
def inspect(
    order: PurchaseOrder, *, findings: Mapping[int, Finding], by: User | None, key: str = ""
) -> list[Inspection]:
    """Decide on goods that wait in quarantine: `{receipt line id: what was found}`.

    Accepted ones go to a bin and to whoever waits for them, rejected ones wait to be returned. `key` makes a repeat
    harmless. Raises BusinessError when less waits than was decided on, NotPermitted without the right to inspect.
    """
    need_right(by, "inventory.inspect_goods")
    lock(order)
    if key and (done := list(Inspection.objects.filter(line__receipt__order=order, key=key).order_by("id"))):
        return done
    rows = _found(order, findings)
    made = record_findings(rows, by=by, key=key)
    for receipt in sorted({line.receipt for line, _one in rows}, key=lambda receipt: receipt.pk):
        reasons = [one.reason.strip() for line, one in rows if line.receipt_id == receipt.pk and one.reason.strip()]
        change = StatusChange.objects.create(
            document_type=receipt._meta.label,
            document_id=receipt.pk,
            transition="inspect",
            source=receipt.status,
            target=receipt.status,
            by=by,
            note="; ".join(dict.fromkeys(reasons)),
        )
        run_followers(receipt, "inspect", change=change, by=by)
    return made


def _found(order: PurchaseOrder, findings: Mapping[int, Finding]) -> list[tuple[ReceiptLine, Finding]]:
    """The receipt lines that something was decided on, checked."""
    lines = ReceiptLine.objects.filter(receipt__order=order, receipt__status=GoodsReceipt.Status.POSTED)
    known = {row.pk: row for row in lines.select_related("receipt__place__warehouse", "purchase_line__product")}
    found = []
    for line_id, entered in sorted(findings.items()):
        line = known.get(line_id)
        if line is None:
            raise BusinessError(_("A line does not belong to %(order)s.") % {"order": order})
        one = Finding(round_quantity(entered.accepted), round_quantity(entered.rejected), entered.reason, entered.place)
        if one.accepted or one.rejected:
            _check_finding(line, one)
            found.append((line, one))
    if not found:
        raise BusinessError(_("Enter how much is accepted or rejected."))
    return found


def _check_finding(line: ReceiptLine, one: Finding) -> None:
    product = line.purchase_line.product
    if min(one.accepted, one.rejected) < 0:
        raise BusinessError(
            _("%(product)s: a quantity cannot be less than zero.") % {"product": product}, field=f"ok{line.pk}"
        )
    if one.accepted + one.rejected > line.uninspected:
        raise BusinessError(
            _("%(product)s: only %(open)s wait for inspection.")
            % {"product": product, "open": f"{line.uninspected.normalize():f}"},
            hint=_("Somebody else may have inspected them: look again."),
            field=f"ok{line.pk}",
        )
    if one.rejected and not one.reason.strip():
        raise BusinessError(_("%(product)s: say why goods are rejected.") % {"product": product}, field=f"why{line.pk}")
    place, warehouse = one.place, line.receipt.place.warehouse_id
    if one.accepted and (place is None or place.kind != Place.Kind.BIN or place.warehouse_id != warehouse):
        raise BusinessError(_("Choose a bin of the same warehouse for what is accepted."), field="place")


def record_findings(rows: Sequence[tuple[ReceiptLine, Finding]], *, by: User | None, key: str = "") -> list[Inspection]:
    """Write findings and count them on receipt lines and purchase lines; their order is locked."""
    made = Inspection.objects.bulk_create(
        Inspection(
            line=line,
            accepted=one.accepted,
            rejected=one.rejected,
            reason=one.reason.strip(),
            place=one.place if one.accepted > 0 else None,
            by=by,
            key=key,
        )
        for line, one in rows
    )
    bought = PurchaseLine.objects.in_bulk({line.purchase_line_id for line, _one in rows})
    for line, one in rows:
        for row in (line, bought[line.purchase_line_id]):
            row.accepted += one.accepted
            row.rejected += one.rejected
    ReceiptLine.objects.bulk_update([line for line, _one in rows], ["accepted", "rejected"])
    PurchaseLine.objects.bulk_update(bought.values(), ["accepted", "rejected"])
    return made


@transaction.atomic
def release_inspected(document: GoodsReceipt, *, change: StatusChange, by: User | None) -> None:
    """Put accepted goods from quarantine into their bins (follower of “inspect”); a repeat does nothing."""
    found = Inspection.objects.filter(line__receipt=document, accepted__gt=0, place__isnull=False)
    rows = list(found.exclude(key=AT_THE_GATE).select_related("line__purchase_line").order_by("id"))
    if not rows:
        return
    warehouse = document.place.warehouse
    assert warehouse is not None
    aside = document.place if document.place.kind == Place.Kind.QUARANTINE else quarantine_place(warehouse)
    post_moves(
        [
            Movement(
                product_id=row.line.purchase_line.product_id,
                source_id=aside.pk,
                target_id=row.place_id or 0,
                quantity=row.accepted,
                key=f"inspection:{row.pk}",
                line_id=row.line_id,
            )
            for row in rows
        ],
        document=document,
        by=by,
        reason=change.note or document.number,
    )
