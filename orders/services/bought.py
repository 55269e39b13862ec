"""Goods that were bought for an order line go to it before anybody else (按单采购)."""

from collections import defaultdict
from decimal import Decimal

from erp.models import StatusChange, User
from erp.money import ZERO
from inventory.models import GoodsReceipt
from inventory.services import Claim, Want, claims_on, count_served, reserve
from orders.models import OrderLine
from orders.services.fulfilment import HOLDER, hand_out, lock_waiting, waiting_lines


def allocate_bought(receipt: GoodsReceipt, *, change: StatusChange | None, by: User | None) -> None:
    """Reserve received goods for the lines they were bought for (follower of “post” and “inspect”).

    A line that is cancelled, on hold, or needs less by now leaves its share to the general queue.
    """
    claims = claims_on(receipt, holder_type=HOLDER)
    if not claims:
        return
    warehouse = receipt.place.warehouse_id or 0
    products = {one.product_id for one in claims}
    orders = {order.pk: order for order in lock_waiting(products, warehouse_id=warehouse)}
    rows = waiting_lines(products, warehouse).filter(
        pk__in={one.holder_id for one in claims}, order_id__in=orders, order__hold_reason=""
    )
    lines = {line.pk: line for line in rows.select_related("product").order_by("id")}
    given = reserve(
        [Want(pk, line.product_id, _wish(line, claims)) for pk, line in lines.items()],
        holder_type=HOLDER,
        warehouse_id=warehouse,
        by=by,
        reason="bought for it",
    )
    count_served(_served(claims, given))
    hand_out(orders, list(lines.values()), given, warehouse_id=warehouse, by=by)


def _wish(line: OrderLine, claims: list[Claim]) -> Decimal:
    bought = sum((one.quantity for one in claims if one.holder_id == line.pk), ZERO)
    return min(line.short, bought)


def _served(claims: list[Claim], given: dict[int, Decimal]) -> dict[int, Decimal]:
    """What each demand was given of what its holder got."""
    left, served = defaultdict(Decimal, given), {}
    for one in claims:
        part = min(one.quantity, left[one.holder_id])
        if part > 0:
            left[one.holder_id] -= part
            served[one.demand_id] = part
    return served
