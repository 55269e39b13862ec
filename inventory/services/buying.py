"""Purchase orders: drafted, changed, given another day."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError, TransitionRefused
from erp.models import Company, StatusChange, User
from erp.money import ZERO, round_money, round_quantity
from erp.numbering import next_number
from erp.workflow import lock, record_creation
from inventory.models import Product, PurchaseDemand, PurchaseLine, PurchaseOrder, Supplier, Warehouse
from inventory.services.rights import need_right
from inventory.sourcing import Market, last_rates


@dataclass(frozen=True, slots=True)
class PurchaseInput:
    """One product to buy, in stock units; `unit_price` in the supplier's currency.

    Without a price the supplier's for this quantity is taken, else the standard cost.
    """

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
    rate: Decimal | None = None,
) -> PurchaseOrder:
    """Make a draft purchase order; it is expected after the longest lead time of its lines unless a day is given.

    `rate` is CNY for one unit of the supplier's currency; without it the last one known. Raises BusinessError when a
    line cannot be bought.
    """
    _check_lines(supplier, lines)
    market = Market({line.product.pk for line in lines})
    order = PurchaseOrder.objects.create(
        number=next_number("PO"),
        supplier=supplier,
        warehouse=warehouse,
        currency=supplier.currency,
        rate=_rate(supplier.currency, rate),
        expected_on=expected_on or timezone.localdate() + dt.timedelta(days=_days(supplier, lines, market)),
        note=note.strip(),
        created_by=by,
    )
    _write_lines(order, lines, market)
    record_creation(order, by=by)
    return order


def _days(supplier: Supplier, lines: Sequence[PurchaseInput], market: Market) -> int:
    """Lead time of the slowest line."""
    offers = [market.offer(line.product.pk, supplier.pk, line.quantity) for line in lines]
    return max((offer.days if offer else supplier.lead_days for offer in offers), default=supplier.lead_days)


def _rate(currency: str, rate: Decimal | None) -> Decimal | None:
    if currency == Company.current().currency:
        return Decimal(1)
    if rate is not None and not (rate.is_finite() and rate > 0):
        raise BusinessError(_("The exchange rate must be more than zero."), field="rate")
    return rate if rate is not None else last_rates([currency]).get(currency)


@transaction.atomic
def change_purchase_order(
    order: PurchaseOrder,
    *,
    lines: Sequence[PurchaseInput],
    by: User | None,
    expected_on: dt.date | None = None,
    note: str = "",
    rate: Decimal | None = None,
) -> PurchaseOrder:
    """Write a draft anew; what was bought for somebody stays bought for them as far as the quantity goes.

    Raises TransitionRefused once it has been submitted or placed, BusinessError for a bad line.
    """
    lock(order)
    if order.status != PurchaseOrder.Status.DRAFT:
        raise TransitionRefused(
            _("%(order)s is “%(status)s”: only a draft can be changed.")
            % {"order": order, "status": order.get_status_display()}
        )
    _check_lines(order.supplier, lines)
    order.expected_on, order.note = expected_on or order.expected_on, note.strip()
    order.rate = _rate(order.currency, rate if rate is not None else order.rate)
    demands = list(PurchaseDemand.objects.filter(line__order=order).select_related("line").order_by("id"))
    order.lines.all().delete()
    _write_lines(order, lines, Market({line.product.pk for line in lines}))
    _keep_demands(order, demands)
    return order


def _keep_demands(order: PurchaseOrder, demands: Sequence[PurchaseDemand]) -> None:
    left = {line.pk: line.quantity for line in order.lines.all()}
    by_product: dict[int, int] = {}
    for line in order.lines.all():
        by_product.setdefault(line.product_id, line.pk)
    kept = []
    for one in demands:
        line_id = by_product.get(one.line.product_id)
        quantity = min(one.quantity, left.get(line_id or 0, ZERO))
        if line_id is not None and quantity > 0:
            left[line_id] -= quantity
            one.pk, one.line_id, one.quantity = None, line_id, quantity
            kept.append(one)
    PurchaseDemand.objects.bulk_create(kept)


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


def _write_lines(order: PurchaseOrder, lines: Sequence[PurchaseInput], market: Market) -> None:
    rows = []
    for position, line in enumerate(lines, start=1):
        quantity = round_quantity(line.quantity)
        offer = market.offer(line.product.pk, order.supplier_id, quantity)
        price = line.unit_price
        if price is None:
            price = offer.price if offer else line.product.standard_cost
        rows.append(
            PurchaseLine(
                order=order,
                position=position,
                product=line.product,
                supplier_sku=offer.supplier_sku if offer else "",
                quantity=quantity,
                unit_price=price,
                amount=round_money(quantity * price),
            )
        )
    PurchaseLine.objects.bulk_create(rows)
    order.total = sum((row.amount for row in rows), ZERO)
    order.save(update_fields=["total", "expected_on", "note", "rate"])


@transaction.atomic
def reschedule(order: PurchaseOrder, *, expected_on: dt.date, by: User | None, note: str = "") -> PurchaseOrder:
    """Note another day on which the goods are expected; the day that was promised stays what delivery is judged by.

    Raises TransitionRefused when nothing is outstanding any more.
    """
    need_right(by, "inventory.change_purchaseorder")
    lock(order)
    if not order.is_open:
        raise TransitionRefused(
            _("%(order)s is “%(status)s”: no delivery is expected.")
            % {"order": order, "status": order.get_status_display()},
            code="wrong_state",
        )
    if order.expected_on == expected_on:
        return order
    words = f"{order.expected_on or '—'} → {expected_on}"
    order.expected_on = expected_on
    order.save(update_fields=["expected_on"])
    StatusChange.objects.create(
        document_type=order._meta.label,
        document_id=order.pk,
        transition="reschedule",
        source=order.status,
        target=order.status,
        by=by,
        note=f"{words} {note.strip()}".strip(),
    )
    return order
