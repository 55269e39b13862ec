"""From approved to completed: stock for the lines, and the order's status, which follows its lines.

Lock order: sales orders by id, then documents, then stock. Whoever moves stock that orders may wait for calls
`lock_waiting` first.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from erp.models import StatusChange, User
from erp.money import ZERO
from erp.transactions import verb
from erp.workflow import advance, lock, require_writable
from inventory.models import GoodsReceipt, Product, SupplyRequest
from inventory.services import Need, Want, cancel_supply, release, reserve, state_needs
from orders.models import Customer, OrderLine, SalesOrder
from orders.services.archive import wake

HOLDER = "orders.OrderLine"
Status = SalesOrder.Status


def allocate_order(order: SalesOrder, *, change: StatusChange | None, by: User | None) -> None:
    """Reserve what is there, state what is lacking, and move the order on (follower of “approve”)."""
    lines = list(order.lines.select_related("product"))
    allocate_lines(order, lines, by=by)
    refresh_status(order, by=by)


def allocate_lines(order: SalesOrder, lines: Sequence[OrderLine], *, by: User | None) -> None:
    """Reserve stock for the short lines of one locked order and keep its supply requests true."""
    short = [line for line in lines if line.short > 0]
    goods = [line for line in short if line.product.is_stocked]
    given = reserve(
        [Want(holder_id=line.pk, product_id=line.product_id, quantity=line.short) for line in goods],
        holder_type=HOLDER,
        warehouse_id=order.warehouse_id,
        by=by,
    )
    for line in short:
        line.reserved += given.get(line.pk, ZERO) if line.product.is_stocked else line.short
    OrderLine.objects.bulk_update(short, ["reserved"])
    state_needs(
        [Need(holder_id=line.pk, product=line.product, quantity=line.short) for line in goods],
        holder_type=HOLDER,
        document=order,
        warehouse_id=order.warehouse_id,
        needed_by=order.promised_date,
        priority=order.priority,
    )


def waiting_lines(product_ids: Collection[int], warehouse_id: int) -> Any:
    """Lines of orders that wait for stock of these products in a warehouse."""
    return OrderLine.objects.filter(
        product_id__in=product_ids,
        order__warehouse_id=warehouse_id,
        order__status__in=[Status.APPROVED, Status.IN_PRODUCTION],
        quantity__gt=F("shipped") + F("reserved"),
    )


def lock_waiting(product_ids: Collection[int], *, warehouse_id: int) -> list[SalesOrder]:
    """Lock the orders that wait for these products, by id; call it before stock of them is moved."""
    ids = waiting_lines(product_ids, warehouse_id).values("order_id")
    return list(SalesOrder.objects.select_for_update().filter(pk__in=ids).order_by("id"))


def lock_waiting_for_receipt(receipt: GoodsReceipt, *, change: StatusChange | None, by: User | None) -> None:
    """Lock the orders that may get the goods that are about to be put away (follower of “post”)."""
    products = receipt.lines.values_list("purchase_line__product_id", flat=True)
    lock_waiting(list(products), warehouse_id=receipt.place.warehouse_id or 0)


def allocate_receipt(receipt: GoodsReceipt, *, change: StatusChange | None, by: User | None) -> None:
    """Give received goods to the orders that wait for them (follower of “post”)."""
    products = list(receipt.lines.values_list("purchase_line__product_id", flat=True))
    allocate_waiting(products, warehouse_id=receipt.place.warehouse_id or 0, by=by)


@verb
def allocate_waiting(product_ids: Collection[int], *, warehouse_id: int, by: User | None) -> list[SalesOrder]:
    """Give free stock of products to waiting orders: priority first, then promised date, then time of entry.

    Orders on hold keep what they have and get nothing new. Returns the orders that got something.
    """
    return _serve(lock_waiting(product_ids, warehouse_id=warehouse_id), product_ids, warehouse_id=warehouse_id, by=by)


def _serve(
    locked: Sequence[SalesOrder], product_ids: Collection[int], *, warehouse_id: int, by: User | None
) -> list[SalesOrder]:
    """Hand free stock of the products out to the locked orders, in their order of precedence."""
    orders = {order.pk: order for order in locked}
    rows = waiting_lines(product_ids, warehouse_id).filter(order_id__in=orders, order__hold_reason="")
    lines = list(rows.select_related("product").order_by("-order__priority", "order__promised_date", "order_id", "id"))
    given = reserve(
        [Want(holder_id=line.pk, product_id=line.product_id, quantity=line.short) for line in lines],
        holder_type=HOLDER,
        warehouse_id=warehouse_id,
        by=by,
    )
    return hand_out(orders, lines, given, warehouse_id=warehouse_id, by=by)


def hand_out(
    orders: Mapping[int, SalesOrder],
    lines: Sequence[OrderLine],
    given: Mapping[int, Decimal],
    *,
    warehouse_id: int,
    by: User | None,
) -> list[SalesOrder]:
    """Count what lines of locked orders (`{order id: order}`) got of stock: `{line id: stock units}`.

    Their needs and the orders' status follow. Returns the orders that got something.
    """
    lucky = [line for line in lines if given.get(line.pk)]
    for line in lucky:
        line.reserved += given[line.pk]
    if lucky:
        OrderLine.objects.bulk_update(lucky, ["reserved"])
    touched = {line.order_id for line in lucky}
    for pk in sorted(touched):
        order = orders[pk]
        mine = [line for line in lucky if line.order_id == pk]
        state_needs(
            [Need(holder_id=line.pk, product=line.product, quantity=line.short) for line in mine],
            holder_type=HOLDER,
            document=order,
            warehouse_id=warehouse_id,
            needed_by=order.promised_date,
            priority=order.priority,
        )
        refresh_status(order, by=by)
    return [orders[pk] for pk in sorted(touched)]


@verb
def reallocate(order: SalesOrder, *, by: User | None) -> None:
    """Try again to reserve what a waiting order lacks, for instance after stock was freed by hand."""
    lock(order)
    require_writable(order, by=by)
    if order.status in (Status.APPROVED, Status.IN_PRODUCTION) and not order.hold_reason:
        allocate_order(order, change=None, by=by)


def production_cancelled(document: Any, *, change: StatusChange, by: User | None) -> None:
    """Let the order that a cancelled production order was for wait for stock again (follower of its “cancel”)."""
    request: SupplyRequest | None = document.request
    if request is None or request.holder_type != HOLDER:
        return
    order = SalesOrder.objects.select_for_update().get(pk=request.document_id)
    refresh_status(order, by=by)


@verb
def unreserve(
    order: SalesOrder, quantities: Mapping[int, Decimal], *, by: User | None, reason: str, released: bool = False
) -> None:
    """Give stock of lines back, for instance after a short pick, and let the order wait again: `{line id: quantity}`.

    `released`: the caller has taken exactly these quantities out of the lines' reservations already.
    """
    lock(order)
    given: Mapping[int, Decimal] = quantities
    if not released:
        given = release(
            holder_type=HOLDER, holder_ids=list(quantities), by=by, reason=reason, quantities=dict(quantities)
        )
    lines = list(order.lines.filter(pk__in=quantities).select_related("product"))
    for line in lines:
        line.reserved -= given[line.pk] if line.product.is_stocked else quantities[line.pk]
    OrderLine.objects.bulk_update(lines, ["reserved"])
    state_needs(
        [Need(holder_id=line.pk, product=line.product, quantity=line.short) for line in lines],
        holder_type=HOLDER,
        document=order,
        warehouse_id=order.warehouse_id,
        needed_by=order.promised_date,
        priority=order.priority,
    )
    refresh_status(order, by=by)


def release_order(order: SalesOrder, *, change: StatusChange, by: User | None) -> None:
    """Give back all that a cancelled order held, and offer it to the others (follower of “cancel”)."""
    lines = list(order.lines.select_related("product"))
    ids = [line.pk for line in lines]
    held = release(holder_type=HOLDER, holder_ids=ids, by=by, reason="cancelled")
    cancel_supply(holder_type=HOLDER, holder_ids=ids)
    order.lines.update(reserved=0)
    freed = [line.product_id for line in lines if held.get(line.pk)]
    if freed:
        # Other orders are locked after this one, perhaps out of the order of ids, so only those nobody else holds now
        # are served; the others are served by the next receipt, report or sweep.
        allocate_free(freed, warehouse_id=order.warehouse_id, by=by)


def allocate_free(product_ids: Collection[int], *, warehouse_id: int, by: User | None, but: int = 0) -> None:
    """Serve waiting orders that nobody else is working on right now, `but` one; never waits for a lock."""
    ids = waiting_lines(product_ids, warehouse_id).exclude(order_id=but).values("order_id")
    free = SalesOrder.objects.select_for_update(skip_locked=True).filter(pk__in=ids, hold_reason="")
    _serve(list(free.order_by("id")), product_ids, warehouse_id=warehouse_id, by=by)


@transaction.atomic
def refresh_status(order: SalesOrder, *, by: User | None) -> None:
    """Let the order's status follow its lines, counted from quantities. The order's row must be locked.

    Everything shipped → 已发货; everything left reserved → 待发货; something being made → 生产中; else it waits.
    """
    if order.status not in SalesOrder.FULFILLING:
        return
    facts = list(order.lines.values_list("quantity", "shipped", "reserved"))
    if all(shipped >= quantity for quantity, shipped, _reserved in facts):
        if order.status != Status.READY_TO_SHIP:
            advance(order, "make_ready", by=None)
        advance(order, "ship", by=None)
        try_complete(order, by=by)
    elif all(shipped + reserved >= quantity for quantity, shipped, reserved in facts):
        if order.status != Status.READY_TO_SHIP:
            advance(order, "make_ready", by=None)
    else:
        _wait(order)


def _wait(order: SalesOrder) -> None:
    making = SupplyRequest.objects.filter(
        document_type=order._meta.label,
        document_id=order.pk,
        status=SupplyRequest.Status.OPEN,
        supply=Product.Supply.MAKE,
    ).exists()
    if order.status == Status.READY_TO_SHIP or (order.status == Status.IN_PRODUCTION and not making):
        advance(order, "wait_again", by=None)
    if order.status == Status.APPROVED and making:
        advance(order, "start_production", by=None)


def _add(order: SalesOrder, column: str, quantities: Mapping[int, Decimal]) -> None:
    """Count a fact on lines: `{line id: signed quantity}`, in one statement."""
    lines = list(order.lines.filter(pk__in=quantities))
    for line in lines:
        setattr(line, column, getattr(line, column) + quantities[line.pk])
    OrderLine.objects.bulk_update(lines, [column])


@transaction.atomic
def record_picked(order: SalesOrder, quantities: Mapping[int, Decimal], *, by: User | None) -> None:
    """Count what is off the shelves (signed: unpacking gives it back)."""
    lock(order)
    _add(order, "picked", quantities)


@transaction.atomic
def record_shipped(order: SalesOrder, quantities: Mapping[int, Decimal], *, by: User | None) -> None:
    """Count what has left the house; what left is reserved no more. The last of it makes the order 已发货."""
    lock(order)
    lines = list(order.lines.filter(pk__in=quantities))
    for line in lines:
        line.shipped += quantities[line.pk]
        line.reserved -= quantities[line.pk]
    OrderLine.objects.bulk_update(lines, ["shipped", "reserved"])
    refresh_status(order, by=by)


@verb
def record_delivered(order: SalesOrder, quantities: Mapping[int, Decimal], *, at: dt.datetime, by: User | None) -> None:
    """Count what has arrived; the last of it makes the order delivered, and completes it where it is settled."""
    lock(order)
    wake(order)
    _add(order, "delivered", quantities)
    if order.delivered_at is None and not order.lines.filter(delivered__lt=F("quantity")).exists():
        order.delivered_at = at
        order.save(update_fields=["delivered_at"])
    try_complete(order, by=by)


@transaction.atomic
def record_invoiced(order: SalesOrder, quantities: Mapping[int, Decimal]) -> None:
    """Count what is billed (signed)."""
    _add(order, "invoiced", quantities)


@transaction.atomic
def record_returned(order: SalesOrder, quantities: Mapping[int, Decimal], *, by: User | None) -> None:
    """Count what came back."""
    lock(order)
    wake(order)
    _add(order, "returned", quantities)


def record_made(line_id: int, quantity: Decimal) -> None:
    """Count what production made for a line."""
    OrderLine.objects.filter(pk=line_id).update(made=F("made") + quantity)


@verb
def record_payment(order: SalesOrder, delta: Decimal, *, by: User | None) -> None:
    """Count money (or credit) matched with the order's receivables, signed; settled orders complete by themselves."""
    lock(order)
    wake(order)
    order.paid += delta
    order.payment_state = state_of_payment(order)
    settled = order.paid >= order.total
    if settled != (order.settled_at is not None):
        order.settled_at = timezone.now() if settled else None
    order.save(update_fields=["paid", "payment_state", "settled_at"])
    if settled:
        try_complete(order, by=by)
    elif order.status == Status.COMPLETED and not order.complete_conditions_met():
        advance(order, "reopen", by=None)


def state_of_payment(order: SalesOrder) -> str:
    """What `paid` and `total` say."""
    if order.paid <= 0:
        return SalesOrder.PaymentState.UNPAID
    if order.paid < order.total:
        return SalesOrder.PaymentState.PARTLY
    return SalesOrder.PaymentState.PAID


@transaction.atomic
def try_complete(order: SalesOrder, *, by: User | None) -> bool:
    """Complete a shipped order when it is delivered and, where policy asks for it, settled. Returns whether it did."""
    if order.status != Status.SHIPPED:
        return False
    if order.total == 0 and order.settled_at is None:
        order.settled_at, order.payment_state = timezone.now(), SalesOrder.PaymentState.PAID
        order.save(update_fields=["settled_at", "payment_state"])
    if not order.complete_conditions_met():
        return False
    advance(order, "complete", by=None)
    return True


def adjust_receivable(customer_id: int, delta: Decimal) -> None:
    """Change what a customer owes us, in CNY; finance calls it with every posting."""
    Customer.objects.filter(Q(pk=customer_id)).update(receivable=F("receivable") + delta)
