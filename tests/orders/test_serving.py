"""Free stock finds whoever waits for it."""

from decimal import Decimal
from types import SimpleNamespace

from inventory.models import StockItem
from orders.models import SalesOrder
from orders.tasks import serve_free_stock
from orders.verify import differences
from tests.cast import make_order, make_product, put_in_stock


def test_stock_that_lies_free_goes_to_who_waits(cast: SimpleNamespace) -> None:
    product, other = make_product(), make_product()
    first = make_order((product, 3), customer=cast.alpha, priority=0)
    second = make_order((product, 3), customer=cast.beta, priority=2)
    held = make_order((other, 1), customer=cast.alpha)
    SalesOrder.objects.filter(pk=held.pk).update(hold_reason="等款")
    put_in_stock(product, 4)
    put_in_stock(other, 1)
    assert serve_free_stock() == 2
    for order in (first, second, held):
        order.refresh_from_db()
    assert [line.lines.get().reserved for line in (first, second, held)] == [1, 3, 0]
    assert (first.status, second.status, held.status) == ("approved", "ready_to_ship", "approved")
    assert StockItem.objects.get(product=product, on_hand__gt=0).available == Decimal(0)
    assert serve_free_stock() == 0
    assert not list(differences())
