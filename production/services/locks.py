"""The order in which production locks rows, the same everywhere: sales orders, production orders, stock items."""

from collections.abc import Collection, Iterable

from inventory.models import Place, StockItem
from orders.models import SalesOrder
from production.models import ProductionOrder


def lock_sales_order_of(order: ProductionOrder) -> None:
    """Lock the sales order that the production order is made for, if there is one."""
    request = order.request
    if request is not None and request.document_type == SalesOrder._meta.label:
        _lock(SalesOrder.objects.filter(pk=request.document_id))


def lock_production_orders(ids: Iterable[int], *, skip_locked: bool = False) -> list[ProductionOrder]:
    """Lock production orders by id and read them afresh; `skip_locked` leaves out what somebody is working on."""
    rows = ProductionOrder.objects.select_for_update(of=("self",), skip_locked=skip_locked).filter(pk__in=list(ids))
    return list(rows.select_related("product", "request").order_by("id"))


def lock_stock(product_ids: Collection[int], warehouse_id: int) -> None:
    """Lock every bin's balance of these products, so that later steps need not lock one after the other."""
    _lock(
        StockItem.objects.filter(
            product_id__in=product_ids, place__warehouse_id=warehouse_id, place__kind=Place.Kind.BIN
        )
    )


def _lock(rows) -> None:  # type: ignore[no-untyped-def]
    list(rows.select_for_update(of=("self",)).order_by("id").values_list("pk", flat=True))
