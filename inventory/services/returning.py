"""Goods that go back to the supplier, and what became known of a purchase after the goods were in."""

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError, TransitionRefused
from erp.models import StatusChange, User
from erp.money import ZERO, round_money, round_quantity
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance, lock, record_creation
from inventory.models import (
    LateCost,
    Place,
    PurchaseLine,
    PurchaseOrder,
    ReceiptLine,
    SupplierReturn,
    SupplierReturnLine,
)
from inventory.services.places import virtual_place
from inventory.services.receiving import Finding, record_findings
from inventory.services.rights import need_right
from inventory.services.stock import Movement, post_moves

Wants = SupplierReturn.Wants


@verb
def return_to_supplier(
    order: PurchaseOrder,
    *,
    quantities: Mapping[int, Decimal],
    place: Place,
    reason: str,
    by: User | None,
    wants: str = Wants.CREDIT,
    key: str = "",
) -> SupplierReturn:
    """Send goods back: `{receipt line id: stock units}`, from quarantine what was rejected, from a bin what was accepted
    (it counts as rejected from then on).

    Stock leaves at its cost; the credit expected is quantity × purchase price. With `replacement` the supplier brings
    the goods again. `key` makes a repeat harmless. Raises BusinessError, OutOfStock, TransitionRefused or NotPermitted.
    """
    need_right(by, "inventory.return_goods")
    lock(order)
    if key and (done := SupplierReturn.objects.filter(key=key).first()):
        return done
    _check_return(order, place, reason=reason, wants=wants)
    rows = _to_return(order, quantities, place)
    made = SupplierReturn.objects.create(
        number=next_number("SR"),
        order=order,
        place=place,
        wants=wants,
        reason=reason.strip(),
        created_by=by,
        key=key,
    )
    lines = [
        SupplierReturnLine(
            document=made,
            receipt_line=row,
            quantity=quantity,
            unit_price=row.purchase_line.unit_price,
            amount=round_money(quantity * row.purchase_line.unit_price),
        )
        for row, quantity in rows
    ]
    SupplierReturnLine.objects.bulk_create(lines)
    if place.kind == Place.Kind.BIN:
        record_findings([(row, Finding(-quantity, quantity, reason)) for row, quantity in rows], by=by)
    made.total = sum((line.amount for line in lines), ZERO) if wants == Wants.CREDIT else ZERO
    made.save(update_fields=["total"])
    record_creation(made, by=by)
    advance(made, "post", by=by)
    order.refresh_from_db()
    return made


def _check_return(order: PurchaseOrder, place: Place, *, reason: str, wants: str) -> None:
    if order.status not in PurchaseOrder.ORDERED:
        raise TransitionRefused(
            _("%(order)s is “%(status)s”: nothing of it is here.")
            % {"order": order, "status": order.get_status_display()},
            code="wrong_state",
        )
    if wants not in Wants.values:
        raise BusinessError(_("Choose a credit or a replacement."), field="wants")
    if wants == Wants.REPLACEMENT and order.status == PurchaseOrder.Status.CLOSED:
        raise BusinessError(
            _("The order is closed: the supplier brings nothing for it any more."),
            hint=_("Ask for a credit instead."),
            field="wants",
        )
    if not reason.strip():
        raise BusinessError(_("Say why the goods go back."), field="reason")
    if place.kind not in Place.IN_WAREHOUSE or place.warehouse_id != order.warehouse_id:
        raise BusinessError(
            _("%(place)s is not in warehouse %(warehouse)s.") % {"place": place.code, "warehouse": order.warehouse},
            field="place",
        )


def _to_return(
    order: PurchaseOrder, quantities: Mapping[int, Decimal], place: Place
) -> list[tuple[ReceiptLine, Decimal]]:
    """The receipt lines of which something goes back, checked."""
    rows = ReceiptLine.objects.filter(receipt__order=order).select_related("purchase_line__product")
    known = {row.pk: row for row in rows}
    found = []
    for line_id, entered in sorted(quantities.items()):
        row, quantity = known.get(line_id), round_quantity(entered)
        if row is None:
            raise BusinessError(_("A line does not belong to %(order)s.") % {"order": order})
        most = row.accepted if place.kind == Place.Kind.BIN else row.to_return
        if not 0 <= quantity <= most:
            raise BusinessError(
                _("%(product)s: at most %(most)s can go back from %(place)s.")
                % {"product": row.purchase_line.product, "most": f"{most.normalize():f}", "place": place.code},
                hint=_("From quarantine go rejected goods, from a bin accepted ones."),
                field=f"q{row.pk}",
            )
        if quantity:
            found.append((row, quantity))
    if not found:
        raise BusinessError(_("Nothing was entered to go back."), hint=_("Enter at least one quantity."))
    return found


@transaction.atomic
def send_back(document: SupplierReturn, *, change: StatusChange, by: User | None) -> None:
    """What posting a return does here: goods out of stock at their cost, lines counted; a repeat does nothing."""
    order = PurchaseOrder.objects.select_for_update().get(pk=document.order_id)
    rows = list(document.lines.select_related("receipt_line__purchase_line").order_by("id"))
    target = virtual_place(Place.Kind.SUPPLIER)
    moved = post_moves(
        [
            Movement(
                product_id=row.receipt_line.purchase_line.product_id,
                source_id=document.place_id,
                target_id=target.pk,
                quantity=row.quantity,
                key=f"return:{row.pk}",
                line_id=row.pk,
            )
            for row in rows
        ],
        document=document,
        by=by,
        reason=document.reason,
    )
    if not moved:
        return
    _count_returned(rows, again=document.wants == Wants.REPLACEMENT)
    if order.status == PurchaseOrder.Status.RECEIVED and order.lines.outstanding().exists():
        advance(order, "await_replacement", by=None, note=document.number)


def _count_returned(rows: list[SupplierReturnLine], *, again: bool) -> None:
    lines = PurchaseLine.objects.in_bulk({row.receipt_line.purchase_line_id for row in rows})
    for row in rows:
        row.receipt_line.returned += row.quantity
        line = lines[row.receipt_line.purchase_line_id]
        line.returned += row.quantity
        line.replaced += row.quantity if again else ZERO
    ReceiptLine.objects.bulk_update([row.receipt_line for row in rows], ["returned"])
    PurchaseLine.objects.bulk_update(lines.values(), ["returned", "replaced"])


@transaction.atomic
def record_late_cost(
    line: ReceiptLine, *, kind: str, amount: Decimal, by: User | None, reason: str = "", key: str = ""
) -> LateCost:
    """Keep a cost of a receipt that became known later (signed, CNY without tax); stock keeps the value it was booked at.

    `key` makes a repeat harmless. Raises BusinessError or NotPermitted.
    """
    need_right(by, "inventory.change_purchaseorder")
    if key and (done := LateCost.objects.filter(line=line, key=key).first()):
        return done
    if not amount.is_finite() or not round_money(amount):
        raise BusinessError(_("Enter an amount."), field="amount")
    if kind not in LateCost.Kind.values:
        raise BusinessError(_("Choose what the cost is for."), field="kind")
    return LateCost.objects.create(
        line=line, kind=kind, amount=round_money(amount), reason=reason.strip(), by=by, key=key
    )


@transaction.atomic
def record_billed(order: PurchaseOrder, billed: Mapping[int, tuple[Decimal, Decimal]]) -> None:
    """Count what the supplier's bill says of an order's lines: `{line id: (stock units, amount without tax)}`, signed.

    The amounts are in the order's currency. Raises BusinessError for a strange line or less than nothing in all.
    """
    lock(order)
    known = {line.pk: line for line in order.lines.all()}
    for line_id, (quantity, amount) in billed.items():
        line = known.get(line_id)
        if line is None:
            raise BusinessError(_("A line does not belong to %(order)s.") % {"order": order})
        line.billed += round_quantity(quantity)
        line.billed_amount += round_money(amount)
        if line.billed < 0:
            raise BusinessError(_("Less than nothing would be billed."), field=f"q{line_id}")
    PurchaseLine.objects.bulk_update([known[pk] for pk in billed], ["billed", "billed_amount"])
