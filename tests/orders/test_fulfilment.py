"""From approved to completed: stock, waiting, cancelling, and races for the last piece."""

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from erp.errors import BusinessError, TransitionRefused
from erp.workflow import advance
from inventory.models import Reservation, StockItem, SupplyRequest
from inventory.services import default_warehouse
from orders.models import Customer, SalesOrder
from orders.services import allocate_waiting, record_payment, unreserve
from orders.verify import differences
from tests.cast import make_order, make_product, put_in_stock


def allocate(*products: Any) -> list[SalesOrder]:
    return allocate_waiting([p.pk for p in products], warehouse_id=default_warehouse().pk, by=None)


def test_short_bought_line_waits_and_asks_purchasing(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 3)
    order = make_order((product, 5), customer=cast.alpha, by=cast.sales)
    order.refresh_from_db()
    assert order.status == "approved"
    assert order.lines.get().reserved == 3
    request = SupplyRequest.objects.get()
    assert (request.quantity, request.supply, request.status) == (2, "buy", "open")


def test_short_made_line_goes_to_production(cast: SimpleNamespace) -> None:
    product = make_product(supply="make")
    order = make_order((product, 5), customer=cast.alpha, by=cast.sales)
    order.refresh_from_db()
    assert order.status == "in_production"
    assert SupplyRequest.objects.get().supply == "make"


def test_stock_goes_by_priority_then_promised_date(cast: SimpleNamespace) -> None:
    product = make_product()
    today = timezone.localdate()
    late = make_order((product, 2), customer=cast.alpha, promised_date=today + dt.timedelta(days=40))
    soon = make_order((product, 2), customer=cast.beta, promised_date=today + dt.timedelta(days=20))
    urgent = make_order((product, 1), customer=cast.beta, priority=9, promised_date=today + dt.timedelta(days=60))
    put_in_stock(product, 4)
    allocate(product)
    reserved = {order.pk: order.lines.get().reserved for order in (late, soon, urgent)}
    assert reserved == {urgent.pk: 1, soon.pk: 2, late.pk: 1}
    for order, status in ((urgent, "ready_to_ship"), (soon, "ready_to_ship"), (late, "approved")):
        order.refresh_from_db()
        assert order.status == status
    assert not list(differences())


def test_cancelling_releases_stock_and_needs_and_serves_the_next(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 2)
    first = make_order((product, 2), customer=cast.alpha, by=cast.sales)
    second = make_order((product, 1), customer=cast.beta)
    second.refresh_from_db()
    assert second.status == "approved"
    advance(first, "cancel", by=cast.sales, note="客户取消")
    second.refresh_from_db()
    assert second.status == "ready_to_ship"
    assert StockItem.objects.get(product=product, on_hand__gt=0).reserved == 1
    assert not list(differences())


def test_service_lines_need_no_stock(cast: SimpleNamespace) -> None:
    order = make_order((make_product(kind="service"), 2), customer=cast.alpha, by=cast.sales)
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    assert not Reservation.objects.exists()


def test_stock_given_back_makes_the_order_wait_again(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = make_order((product, 5), customer=cast.alpha, by=cast.sales)
    order.refresh_from_db()
    unreserve(order, {order.lines.get().pk: Decimal(2)}, by=cast.warehouse, reason="short pick")
    order.refresh_from_db()
    assert order.status == "approved"
    assert order.lines.get().reserved == 3
    assert SupplyRequest.objects.get(status="open").quantity == 2
    assert not list(differences())


def test_orders_on_hold_get_nothing_new(cast: SimpleNamespace) -> None:
    product = make_product()
    order = make_order((product, 1), customer=cast.alpha)
    SalesOrder.objects.filter(pk=order.pk).update(hold_reason="等款")
    put_in_stock(product, 1)
    assert allocate(product) == []


def test_paid_order_cannot_be_cancelled(cast: SimpleNamespace, no_auto_approval: None) -> None:
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    record_payment(order, Decimal("10.00"), by=None)
    with pytest.raises(TransitionRefused):
        advance(order, "cancel", by=cast.sales, note="不要了")


def in_threads(*works: Callable[[], Any]) -> list[Any]:
    """Run each in a thread and transaction of its own, started together; answers or the BusinessError of each."""
    gate = threading.Barrier(len(works))
    answers: list[Any] = [None] * len(works)

    def run(index: int, work: Callable[[], Any]) -> None:
        try:
            gate.wait()
            answers[index] = work()
        except BusinessError as refusal:
            answers[index] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_are_one(cast: SimpleNamespace, no_auto_approval: None) -> None:
    product = make_product()
    put_in_stock(product, 10)
    order = make_order((product, 4), customer=cast.alpha, by=cast.sales)
    answers = in_threads(
        *(
            (lambda: advance(SalesOrder.objects.get(pk=order.pk), "approve", by=cast.approver)),
            (lambda: advance(SalesOrder.objects.get(pk=order.pk), "approve", by=cast.manager)),
        )
    )
    assert sum(isinstance(answer, TransitionRefused) for answer in answers) == 1
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    assert StockItem.objects.get(product=product, on_hand__gt=0).reserved == 4
    assert order.approvals.count() == 1
    assert order.pick_lists.count() == 1
    assert not list(differences())


@pytest.mark.django_db(transaction=True)
def test_the_last_piece_is_promised_once(cast: SimpleNamespace, no_auto_approval: None) -> None:
    product = make_product()
    put_in_stock(product, 1)
    orders = [make_order((product, 1), customer=customer) for customer in (cast.alpha, cast.beta) * 3]
    in_threads(
        *((lambda pk=order.pk: advance(SalesOrder.objects.get(pk=pk), "approve", by=cast.approver)) for order in orders)
    )
    statuses = sorted(SalesOrder.objects.values_list("status", flat=True))
    assert statuses == ["approved"] * 5 + ["ready_to_ship"]
    assert Reservation.objects.get().quantity == 1
    assert not list(differences())


@pytest.mark.django_db(transaction=True)
def test_approvals_cancellations_and_arrivals_at_once_do_not_deadlock(
    cast: SimpleNamespace, no_auto_approval: None
) -> None:
    products = [make_product(), make_product()]
    for product in products:
        put_in_stock(product, 5)
    orders = [
        make_order((products[n % 2], 2), (products[(n + 1) % 2], 2), customer=Customer.objects.order_by("id")[n % 2])
        for n in range(8)
    ]
    for order in orders[:4]:
        advance(order, "approve", by=cast.approver)
    works = [
        *(lambda pk=o.pk: advance(SalesOrder.objects.get(pk=pk), "cancel", by=cast.manager, note="x") for o in orders[:4]),
        *(lambda pk=o.pk: advance(SalesOrder.objects.get(pk=pk), "approve", by=cast.approver) for o in orders[4:]),
        lambda: allocate(*products),
        lambda: allocate(*reversed(products)),
    ]  # fmt: skip
    in_threads(*works)
    allocate(*products)
    assert (
        sorted(SalesOrder.objects.filter(pk__in=[o.pk for o in orders[:4]]).values_list("status", flat=True))
        == ["cancelled"] * 4
    )
    assert not list(differences())
