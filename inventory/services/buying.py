"""Buying: purchase orders, what arrives for them, and orders made from what is short."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError, TransitionRefused
from erp.models import StatusChange, User
from erp.money import ZERO, round_money, round_quantity
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance, lock, record_creation
from inventory.models import (
    GoodsReceipt,
    Place,
    Product,
    PurchaseLine,
    PurchaseOrder,
    ReceiptLine,
    Supplier,
    SupplierPrice,
    Warehouse,
)
from inventory.needs import buying_needs
from inventory.services.places import virtual_place
from inventory.services.stock import Movement, post_moves


@dataclass(frozen=True, slots=True)
class PurchaseInput:
    """One product to buy, in stock units. Without a price the supplier's is taken, else the standard cost (CNY)."""

    product: Product
    quantity: Decimal
    unit_price: Decimal | None = None


@transaction.atomic
def create_purchase_order(
    *,
    supplier: Supplier,
    warehouse: Warehouse,
    lines: Sequence[PurchaseInput],
    by: User | None,
    expected_on: dt.date | None = None,
    note: str = "",
) -> PurchaseOrder:
    """Make a draft purchase order; it is expected after the supplier's lead time unless a day is given.

    Raises BusinessError when a line cannot be bought.
    """
    _check_lines(supplier, lines)
    order = PurchaseOrder.objects.create(
        number=next_number("PO"),
        supplier=supplier,
        warehouse=warehouse,
        expected_on=expected_on or timezone.localdate() + dt.timedelta(days=supplier.lead_days),
        note=note.strip(),
        created_by=by,
    )
    _write_lines(order, lines)
    record_creation(order, by=by)
    return order


@transaction.atomic
def change_purchase_order(
    order: PurchaseOrder,
    *,
    lines: Sequence[PurchaseInput],
    by: User | None,
    expected_on: dt.date | None = None,
    note: str = "",
) -> PurchaseOrder:
    """Write a draft anew. Raises TransitionRefused once it has been placed, BusinessError for a bad line."""
    lock(order)
    if order.status != PurchaseOrder.Status.DRAFT:
        raise TransitionRefused(
            _("%(order)s is “%(status)s”: only a draft can be changed.")
            % {"order": order, "status": order.get_status_display()}
        )
    _check_lines(order.supplier, lines)
    order.expected_on, order.note = expected_on or order.expected_on, note.strip()
    order.lines.all().delete()
    _write_lines(order, lines)
    return order


def _check_lines(supplier: Supplier, lines: Sequence[PurchaseInput]) -> None:
    if not supplier.is_active:
        raise BusinessError(
            _("Supplier %(name)s is not active.") % {"name": supplier.name},
            hint=_("Choose another supplier."),
            field="supplier",
        )
    if not lines:
        raise BusinessError(_("The purchase order has no lines."), hint=_("Add at least one product."))
    for at, line in enumerate(lines, start=1):
        where = {"line": at, "sku": line.product.sku}
        if not line.quantity.is_finite() or round_quantity(line.quantity) <= 0:
            raise BusinessError(_("Line %(line)s (%(sku)s): the quantity must be more than zero.") % where)
        if line.unit_price is not None and (not line.unit_price.is_finite() or line.unit_price < 0):
            raise BusinessError(_("Line %(line)s (%(sku)s): the price cannot be less than zero.") % where)
        if not line.product.is_stocked:
            raise BusinessError(_("Line %(line)s (%(sku)s): a service is not received into stock.") % where)


def _write_lines(order: PurchaseOrder, lines: Sequence[PurchaseInput]) -> None:
    asked = dict(
        SupplierPrice.objects.filter(supplier=order.supplier, product__in=[line.product for line in lines]).values_list(
            "product_id", "price"
        )
    )
    rows = []
    for position, line in enumerate(lines, start=1):
        price = line.unit_price
        if price is None:
            price = asked.get(line.product.pk, line.product.standard_cost)
        quantity = round_quantity(line.quantity)
        rows.append(
            PurchaseLine(
                order=order,
                position=position,
                product=line.product,
                quantity=quantity,
                unit_price=price,
                amount=round_money(quantity * price),
            )
        )
    PurchaseLine.objects.bulk_create(rows)
    order.total = sum((row.amount for row in rows), ZERO)
    order.save(update_fields=["total", "expected_on", "note"])


@verb
def receive(
    order: PurchaseOrder, *, quantities: Mapping[int, Decimal], place: Place, by: User | None, key: str = ""
) -> GoodsReceipt:
    """Take in what arrived for a placed order, in part if need be: `{purchase line id: stock units}`.

    Makes and posts a goods receipt; its value is quantity × price (CNY, without tax). `key` makes a repeat harmless.
    Raises TransitionRefused when the order is not placed, BusinessError when more arrives than was ordered.
    """
    lock(order)
    if key and (done := GoodsReceipt.objects.filter(key=key).first()):
        return done
    if order.status != PurchaseOrder.Status.PLACED:
        raise TransitionRefused(
            _("%(order)s is “%(status)s”; goods are received for ordered ones only.")
            % {"order": order, "status": order.get_status_display()},
            code="wrong_state",
        )
    lines = _arrived(order, quantities, place)
    receipt = GoodsReceipt.objects.create(number=next_number("GR"), order=order, place=place, created_by=by, key=key)
    rows = [
        ReceiptLine(
            receipt=receipt, purchase_line=line, quantity=quantity, value=round_money(quantity * line.unit_price)
        )
        for line, quantity in lines
    ]
    ReceiptLine.objects.bulk_create(rows)
    receipt.total = sum((row.value for row in rows), ZERO)
    receipt.save(update_fields=["total"])
    record_creation(receipt, by=by)
    advance(receipt, "post", by=by)
    order.refresh_from_db()
    return receipt


def _arrived(
    order: PurchaseOrder, quantities: Mapping[int, Decimal], place: Place
) -> list[tuple[PurchaseLine, Decimal]]:
    """The lines that something arrived for, checked."""
    if place.kind not in Place.HOUSE or place.warehouse_id != order.warehouse_id:
        raise BusinessError(
            _("%(place)s is not in warehouse %(warehouse)s.") % {"place": place.code, "warehouse": order.warehouse},
            field="place",
        )
    known = {line.pk: line for line in order.lines.select_related("product")}
    found = []
    for line_id, quantity in quantities.items():
        line = known.get(line_id)
        if line is None:
            raise BusinessError(_("A line does not belong to %(order)s.") % {"order": order})
        quantity = round_quantity(quantity)
        if quantity < 0:
            raise BusinessError(
                _("%(product)s: a quantity cannot be less than zero.") % {"product": line.product}, field=f"q{line_id}"
            )
        if quantity > line.outstanding:
            raise BusinessError(
                _("%(product)s: %(arrived)s arrived, but only %(open)s is outstanding.")
                % {
                    "product": line.product,
                    "arrived": f"{quantity.normalize():f}",
                    "open": f"{line.outstanding.normalize():f}",
                },
                hint=_("Receive what was ordered; order the rest separately or send it back."),
                field=f"q{line_id}",
            )
        if quantity:
            found.append((line, quantity))
    if not found:
        raise BusinessError(_("Nothing was entered as received."), hint=_("Enter at least one quantity."))
    return found


@transaction.atomic
def put_away(document: GoodsReceipt, *, change: StatusChange, by: User | None) -> None:
    """What posting a receipt does here: goods into stock, lines counted, the order done when all has arrived.

    A repeat does nothing: the movements' keys are those of the receipt's lines.
    """
    order = PurchaseOrder.objects.select_for_update().get(pk=document.order_id)
    rows = list(document.lines.select_related("purchase_line"))
    source = virtual_place(Place.Kind.SUPPLIER)
    moved = post_moves(
        [
            Movement(
                product_id=row.purchase_line.product_id,
                source_id=source.pk,
                target_id=document.place_id,
                quantity=row.quantity,
                value=row.value,
                key=f"receipt:{row.pk}",
                line_id=row.pk,
            )
            for row in rows
        ],
        document=document,
        by=by,
        reason=order.number,
    )
    if not moved:
        return
    lines = []
    for row in rows:
        row.purchase_line.received += row.quantity
        lines.append(row.purchase_line)
    PurchaseLine.objects.bulk_update(lines, ["received"])
    if not order.lines.filter(received__lt=F("quantity")).exists():
        advance(order, "complete", by=None, note=document.number)


@transaction.atomic
def order_needs(*, supplier: Supplier, warehouse: Warehouse, by: User | None) -> PurchaseOrder:
    """Make a draft purchase order of everything that should be bought from a supplier for a warehouse.

    Two people who ask at once get one order: the supplier is locked, and what is drafted counts as ordered.
    Raises BusinessError when nothing is short any more.
    """
    supplier = Supplier.objects.select_for_update().get(pk=supplier.pk)
    lists = [group for group in buying_needs() if group.supplier == supplier and group.warehouse == warehouse]
    if not lists:
        raise BusinessError(
            _("Nothing has to be bought from %(supplier)s any more.") % {"supplier": supplier.name},
            hint=_("Somebody else may have ordered it: look at the purchase orders."),
        )
    lines = [PurchaseInput(need.product, need.quantity, need.price) for need in lists[0].needs]
    return create_purchase_order(supplier=supplier, warehouse=warehouse, lines=lines, by=by)
