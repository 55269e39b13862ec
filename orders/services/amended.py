"""Putting an amendment in force: the order's lines, what stock is promised to them, its totals and its status."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.money import ZERO
from erp.splitting import taken_goods
from inventory.services import Need, cancel_supply, release, state_needs
from orders.amendments import restore, set_header
from orders.models import Amendment, OrderLine, SalesOrder
from orders.services.checks import run_checks
from orders.services.entry import last_four_digits
from orders.services.fulfilment import HOLDER, allocate_free, allocate_lines, refresh_status, state_of_payment


def write_amendment(document: Amendment, *, change: StatusChange, by: User | None) -> None:
    """The locked order becomes what the amendment says, in one go (follower of “apply”).

    What is reserved beyond the new quantities is given back and offered to others; what is lacking is reserved or asked
    for. Raises BusinessError when what has happened since no longer fits.
    """
    order = document.order
    lines = list(order.lines.select_related("product"))
    wanted = {row["line"]: row for row in document.after["lines"] if row["line"]}
    freed = _give_back(order, lines, wanted, by=by)
    _drop(order, [line for line in lines if line.pk not in wanted])
    kept = [restore(line, wanted[line.pk]) for line in lines if line.pk in wanted]
    _save(kept)
    _add(order, lines, document.after["lines"])
    set_header(order, document.after)
    _settle(order, version=document.base_version + 1)
    _supply(order, by=by)
    run_checks(order)
    refresh_status(order, by=by)
    if freed:
        allocate_free(freed, warehouse_id=order.warehouse_id, by=by)


def _give_back(
    order: SalesOrder, lines: Sequence[OrderLine], wanted: Mapping[int, Mapping[str, Any]], *, by: User | None
) -> list[int]:
    """Release what the lines hold beyond their new quantities; the products of which something became free."""
    too_much = {}
    for line in lines:
        left = Decimal(wanted[line.pk]["quantity"]) - line.shipped if line.pk in wanted else ZERO
        if line.reserved > left:
            too_much[line.pk] = line.reserved - left
    goods = [line for line in lines if line.pk in too_much and line.product.is_stocked]
    given = release(
        holder_type=HOLDER,
        holder_ids=[line.pk for line in goods],
        by=by,
        reason="amended",
        quantities=too_much,
        keep=taken_goods(order),
    )
    for line in lines:
        if line.pk in too_much:
            back = given[line.pk] if line.product.is_stocked else too_much[line.pk]
            if back != too_much[line.pk]:
                raise BusinessError(
                    _("%(product)s: more is picked than the change leaves.") % {"product": line.product.name},
                    hint=_("Load the page again and look at the order's pick lists."),
                )
            line.reserved -= back
    return [line.product_id for line in goods if given[line.pk]]


def _drop(order: SalesOrder, gone: Sequence[OrderLine]) -> None:
    if not gone:
        return
    ids = [line.pk for line in gone]
    cancel_supply(holder_type=HOLDER, holder_ids=ids)
    try:
        order.lines.filter(pk__in=ids).delete()
    except ProtectedError as error:
        names = "、".join(line.product.sku for line in gone)
        raise BusinessError(
            _("%(products)s cannot be removed: other documents are about it already.") % {"products": names},
            hint=_("Reduce its quantity instead."),
        ) from error


def _save(kept: Sequence[OrderLine]) -> None:
    if kept:
        fixed = {"id", "order", "position", "made", "picked", "shipped", "delivered", "invoiced", "returned"}
        fields = [field.name for field in OrderLine._meta.concrete_fields if field.name not in fixed]
        OrderLine.objects.bulk_update(kept, fields)


def _add(order: SalesOrder, lines: Sequence[OrderLine], rows: Sequence[Mapping[str, Any]]) -> None:
    last = max(line.position for line in lines)
    new = [row for row in rows if not row["line"]]
    OrderLine.objects.bulk_create(
        restore(OrderLine(order=order, position=place), row) for place, row in enumerate(new, start=last + 1)
    )


def _settle(order: SalesOrder, *, version: int) -> None:
    """Totals, version, and what follows from them: whether it is paid, and whether all of it has arrived."""
    if order.total < order.paid:
        raise BusinessError(
            _("%(paid)s are paid already; the order cannot come to less.") % {"paid": f"{order.paid:,.2f}"},
            hint=_("Take the allocation back first, or credit it by a return."),
        )
    order.version = version
    order.phone_last4 = last_four_digits(order.ship_to.get("phone", ""))
    order.payment_state = state_of_payment(order)
    paid = order.payment_state == SalesOrder.PaymentState.PAID
    order.settled_at = (order.settled_at or timezone.now()) if paid else None
    rows = list(order.lines.values_list("quantity", "delivered"))
    if all(delivered >= quantity for quantity, delivered in rows):
        order.delivered_at = order.delivered_at or timezone.now()
    order.save()


def _supply(order: SalesOrder, *, by: User | None) -> None:
    """Reserve what is lacking, unless the order is on hold, and keep every need true: how much, by when, how urgent."""
    lines = list(order.lines.select_related("product"))
    if not order.hold_reason:
        allocate_lines(order, lines, by=by)
    state_needs(
        [
            Need(holder_id=line.pk, product=line.product, quantity=line.short)
            for line in lines
            if line.product.is_stocked
        ],
        holder_type=HOLDER,
        document=order,
        warehouse_id=order.warehouse_id,
        needed_by=order.promised_date,
        priority=order.priority,
    )
