"""The sweep that gives free stock to whoever still waits for it."""

from django.db.models import Exists, F, OuterRef

from inventory.models import StockItem
from orders.models import OrderLine, SalesOrder
from orders.services.fulfilment import allocate_waiting

MOST = 200  # products of one sweep; the rest comes with the next


def serve_free_stock() -> int:
    """Give stock that is free to orders that wait for it; returns how many orders got something.

    A cancelled order serves only those that nobody else is at work on, and a count or a return may free or find goods
    without serving anybody: what they leave is given here.
    """
    waiting = OrderLine.objects.filter(
        product_id=OuterRef("product_id"),
        order__warehouse_id=OuterRef("place__warehouse_id"),
        order__status__in=[SalesOrder.Status.APPROVED, SalesOrder.Status.IN_PRODUCTION],
        order__hold_reason="",
        quantity__gt=F("shipped") + F("reserved"),
    )
    free = StockItem.objects.pickable().filter(Exists(waiting), on_hand__gt=F("reserved"))
    found = free.order_by("product_id").values_list("product_id", "place__warehouse_id").distinct()[:MOST]
    # One transaction a product: whoever works on these orders waits for one product only.
    return sum(len(allocate_waiting([product], warehouse_id=warehouse or 0, by=None)) for product, warehouse in found)
