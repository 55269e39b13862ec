"""Returns: what may come back, into stock at its cost, and the credit for it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from aftersales.models import ReturnRequest
from aftersales.services import close_return, credit_return, receive_return, request_return, returnable_of
from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.models import Company
from erp.workflow import advance
from finance.models import Invoice
from finance.services import record_payment
from inventory.models import Product, ProductCost, StockItem, StockMove
from orders.models import SalesOrder
from tests.aftersales.conftest import ask_back
from tests.cast import make_order, make_product, put_in_stock
from tests.finance.conftest import assert_books_agree, balance, invoice_of, ship

D = Decimal
Shipped = Callable[..., SalesOrder]


def on_hand(product: Product, kind: str) -> Decimal:
    """How much lies in places of a kind."""
    rows = StockItem.objects.filter(product=product, place__kind=kind)
    return rows.aggregate(sum=Sum("on_hand"))["sum"] or D(0)


def test_the_whole_way(cast: Any, shipped: Shipped, came_back: Any) -> None:
    order = shipped(10)
    product = order.lines.get().product
    request = came_back(order, 4)
    assert (request.status, on_hand(product, "bin")) == ("received", D(4))
    assert order.lines.get().returned == 4
    assert (balance("6401"), ProductCost.objects.get(product=product).value) == (D(360), D(240))
    close_return(request, by=cast.finance)
    note = Invoice.objects.get(kind="credit")
    assert (request.status, note.total, note.status) == ("closed", D(452), "settled")
    assert invoice_of(order).outstanding == D(678)
    assert_books_agree()


def test_unsellable_goods_go_to_quarantine(cast: Any, shipped: Shipped, came_back: Any) -> None:
    order = shipped(10)
    came_back(order, 3, sellable=False)
    product = order.lines.get().product
    assert (on_hand(product, "bin"), on_hand(product, "quarantine")) == (D(0), D(3))
    assert_books_agree()


def test_goods_come_back_at_the_cost_they_left_with(cast: Any, came_back: Any) -> None:
    product = make_product()
    put_in_stock(product, 3, cost="33.3333")
    order = make_order((product, 3), customer=cast.alpha)
    ship(order)
    out = StockMove.objects.get(document_type="shipping.Shipment").value
    put_in_stock(product, 5, cost="90")  # dearer since
    for _piece in range(3):
        came_back(order, 1)
    back = StockMove.objects.filter(document_type="aftersales.ReturnRequest").aggregate(sum=Sum("value"))["sum"]
    assert back == out
    assert_books_agree()


def test_sellable_goods_go_to_the_order_that_waits(cast: Any, shipped: Shipped, came_back: Any) -> None:
    order = shipped(5)
    waiting = make_order((order.lines.get().product, 2), customer=cast.beta)
    if waiting.status == "pending":
        advance(waiting, "approve", by=None)
    assert waiting.status == "approved"
    came_back(order, 2)
    waiting.refresh_from_db()
    assert waiting.status == "ready_to_ship"


def test_paid_and_credited_order_keeps_the_credit(cast: Any, shipped: Shipped, came_back: Any) -> None:
    order = shipped(10)
    record_payment(
        customer=cast.alpha, amount=D(1130), method="bank", by=cast.finance, allocations=[(invoice_of(order), D(1130))]
    )
    close_return(came_back(order, 10), by=cast.finance)
    note = Invoice.objects.get(kind="credit")
    order.refresh_from_db()
    assert (note.outstanding, order.settled_at is not None) == (D(1130), True)
    assert_books_agree()


def test_unpaid_and_wholly_credited_order_is_settled(cast: Any, shipped: Shipped, came_back: Any) -> None:
    order = shipped(10)
    close_return(came_back(order, 10), by=cast.finance)
    order.refresh_from_db()
    assert (order.settled_at is not None, order.payment_state) == (True, "paid")
    assert balance("1122") == balance("6401") == balance("6001") == balance("222101") == 0
    assert_books_agree()


def test_no_more_than_was_shipped(cast: Any, shipped: Shipped) -> None:
    order = shipped(10)
    line = order.lines.get()
    ask_back(order, 7, by=cast.service)
    assert returnable_of(order) == {line.pk: D(3)}
    with pytest.raises(BusinessError, match=r"10.*3") as refusal:
        ask_back(order, 4, by=cast.service)
    assert (refusal.value.code, refusal.value.field) == ("not_returnable", f"line_{line.pk}")
    assert ask_back(order, 3, by=cast.service).status == "requested"


def test_refused_and_short_returns_free_the_rest(cast: Any, shipped: Shipped, came_back: Any) -> None:
    order = shipped(10)
    line = order.lines.get()
    refused = ask_back(order, 10, by=cast.service)
    advance(refused, "refuse", by=cast.service, note="too late")
    request = ask_back(order, 10, by=cast.service)
    advance(request, "approve", by=cast.service)
    receive_return(request, received={request.lines.get().pk: D(2)}, sellable=set(), by=cast.warehouse)
    assert returnable_of(order) == {line.pk: D(8)}


def test_nothing_shipped_nothing_back(cast: Any) -> None:
    order = make_order((make_product(), 5), customer=cast.alpha)
    with pytest.raises(BusinessError):
        ask_back(order, 1, by=cast.service)


def test_bad_requests(cast: Any, shipped: Shipped) -> None:
    order, other = shipped(5), shipped(5)
    mine, theirs = order.lines.get().pk, other.lines.get().pk
    for lines, reason in (
        ({}, "quality"),
        ({mine: D(0)}, "quality"),
        ({mine: D(1)}, "boredom"),
        ({theirs: D(1)}, "quality"),
        ({mine: D(-1)}, "quality"),
    ):
        with pytest.raises(BusinessError):
            request_return(order, lines=lines, reason=reason, text="", by=cast.service)
    with pytest.raises(NotPermitted):
        ask_back(order, 1, by=cast.planner)
    assert not ReturnRequest.objects.exists()


def test_customers_ask_for_themselves(cast: Any, shipped: Shipped) -> None:
    order = shipped(5)
    request = request_return(
        order,
        lines={order.lines.get().pk: D(1)},
        reason="damaged",
        text="",
        by=cast.alpha_login,
        by_customer=True,
    )
    assert request.by_customer
    assert list(ReturnRequest.objects.visible_to(cast.alpha_login)) == [request]
    assert not ReturnRequest.objects.visible_to(cast.beta_login).exists()


def test_more_than_agreed_is_refused(cast: Any, shipped: Shipped) -> None:
    request = ask_back(shipped(5), 2, by=cast.service)
    advance(request, "approve", by=cast.service)
    line = request.lines.get()
    with pytest.raises(BusinessError) as refusal:
        receive_return(request, received={line.pk: D(3)}, sellable=set(), by=cast.warehouse)
    assert refusal.value.field == f"received_{line.pk}"
    with pytest.raises(TransitionRefused):
        receive_return(request, received={}, sellable=set(), by=cast.warehouse)
    with pytest.raises(NotPermitted):
        receive_return(request, received={line.pk: D(2)}, sellable=set(), by=cast.sales)
    line.refresh_from_db()
    assert (line.received, on_hand(line.order_line.product, "quarantine")) == (D(0), D(0))


def test_receiving_twice_is_refused(cast: Any, shipped: Shipped, came_back: Any) -> None:
    order = shipped(5)
    request = came_back(order, 2)
    with pytest.raises(TransitionRefused):
        receive_return(request, received={request.lines.get().pk: D(2)}, sellable=set(), by=cast.warehouse)
    assert order.lines.get().returned == 2
    assert_books_agree()


def test_credit_once(cast: Any, shipped: Shipped, came_back: Any) -> None:
    request = came_back(shipped(5), 2)
    close_return(request, by=cast.finance)
    with pytest.raises(TransitionRefused):
        close_return(request, by=cast.finance)
    credit_return(request, change=None, by=None)
    assert Invoice.objects.filter(kind="credit").count() == 1
    assert_books_agree()


def test_unbilled_goods_cannot_be_credited(cast: Any, shipped: Shipped, came_back: Any) -> None:
    company = Company.current()
    company.invoice_on_shipment = False
    company.save()
    request = came_back(shipped(5), 2)
    with pytest.raises(BusinessError) as refusal:
        close_return(request, by=cast.finance)
    assert refusal.value.code == "not_billed" and refusal.value.hint
    request.refresh_from_db()
    assert request.status == "received"


def test_services_do_not_enter_stock(cast: Any, came_back: Any) -> None:
    goods, service = make_product(), make_product(kind="service")
    put_in_stock(goods, 1)
    order = make_order((service, 1), (goods, 1), customer=cast.alpha)
    ship(order)
    request = came_back(order, 1)
    assert not StockMove.objects.filter(document_type="aftersales.ReturnRequest").exists()
    close_return(request, by=cast.finance)
    assert_books_agree()


WAYS = {
    ("requested", "approve"): "approved",
    ("requested", "refuse"): "refused",
    ("approved", "receive"): "received",
    ("received", "close"): "closed",
}


@pytest.mark.parametrize("status", ReturnRequest.Status.values)
@pytest.mark.parametrize("name", list(ReturnRequest.transitions()))
def test_every_state_and_transition(cast: Any, shipped: Shipped, status: str, name: str) -> None:
    request = ask_back(shipped(2), 1, by=cast.service)
    request.lines.update(received=1)
    ReturnRequest.objects.filter(pk=request.pk).update(status=status)
    wanted = WAYS.get((status, name))
    if wanted is None:
        with pytest.raises(TransitionRefused):
            advance(request, name, by=None)
    else:
        advance(request, name, by=None, note="because")
    assert ReturnRequest.objects.get().status == (wanted or status)
