"""Why an order has not been sent: who is told what, with which button; the blockers one by one stand in test_blockers."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from erp.models import User
from erp.waiting import SOURCES, Said, explainers
from erp.workflow import advance
from inventory.models import PurchaseOrder, Supplier
from inventory.services import PurchaseInput, create_purchase_order, default_warehouse, receive, receiving_place
from orders.models import SalesOrder
from orders.services import hold, release_hold, run_checks, update_order
from orders.waiting import Wait, customer_waits, waits_for
from production.models import ProductionOrder
from production.services import move, report
from shipping import services as shipping
from shipping.models import CarrierService, Shipment
from tests.cast import make_order, make_product, put_in_stock
from tests.production.conftest import hinge, order_for  # noqa: F401  a fixture

TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def wait_of(order: SalesOrder, reader: User | None) -> Wait:
    """What the order waits for, read afresh by somebody whose rights are read afresh."""
    if reader is not None:
        reader = User.objects.get(pk=reader.pk)
    return waits_for([SalesOrder.objects.get(pk=order.pk)], reader)[order.pk]


def named(order: SalesOrder, reader: User | None) -> Said:
    """The cause that is named."""
    said = wait_of(order, reader).main
    assert said is not None
    return said


def code(order: SalesOrder) -> str:
    """The code of the cause that is named; empty when nothing is waited for."""
    said = wait_of(order, None).main
    return said.code if said else ""


def codes(order: SalesOrder) -> list[str]:
    """The codes of all causes, the one named first."""
    wait = wait_of(order, None)
    return [said.code for said in ([wait.main] if wait.main else []) + wait.also]


@pytest.fixture
def supplier(cast: SimpleNamespace) -> Supplier:
    """Somebody to buy from."""
    return Supplier.objects.create(code="S1", name="宁波五金")


@pytest.fixture
def buy(cast: SimpleNamespace, supplier: Supplier) -> Callable[..., PurchaseOrder]:
    """`buy(product, 5, days=3)`: a drafted purchase order, expected in so many days."""

    def make(product: Any, quantity: int, *, days: int | None = 3) -> PurchaseOrder:
        return create_purchase_order(
            supplier=supplier,
            warehouse=default_warehouse(),
            lines=[PurchaseInput(product=product, quantity=Decimal(quantity), unit_price=Decimal(10))],
            expected_on=None if days is None else TODAY() + dt.timedelta(days=days),
            by=cast.warehouse,
        )

    return make


def take_in(purchase: PurchaseOrder, by: User) -> None:
    """Everything arrives."""
    purchase.refresh_from_db()
    lines = {line.pk: line.outstanding for line in purchase.lines.all()}
    receive(purchase, quantities=lines, place=receiving_place(default_warehouse()), by=by)


def test_every_explainer_exists() -> None:
    for label in SOURCES:
        assert all(callable(explain) for explain in explainers(label))


# Checks, approval, holds


def test_address_and_customer(cast: SimpleNamespace, no_auto_approval: Any) -> None:
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    whole = dict(order.ship_to)
    SalesOrder.objects.filter(pk=order.pk).update(ship_to={**whole, "street": ""})
    order.refresh_from_db()
    run_checks(order)
    said = named(order, cast.sales)
    assert said.code == "address_incomplete"
    assert (said.role, said.people) == ("sales", ("sales",))
    assert said.action is not None
    assert said.action.url == f"/orders/{order.number}/edit/"
    assert named(order, cast.warehouse).action is None

    update_order(order, by=cast.sales, version=order.version, ship_to=whole)
    assert code(order) == "approval"


def test_warnings_wait_for_a_person(cast: SimpleNamespace) -> None:
    product = make_product(lead_days=1)
    put_in_stock(product, 50)
    type(cast.alpha).objects.filter(pk=cast.alpha.pk).update(credit_limit=Decimal(10))
    cast.alpha.refresh_from_db()
    rich = make_order((product, 1), customer=cast.alpha, by=cast.sales)
    said = named(rich, cast.approver)
    assert said.code == "credit_exceeded"
    assert "10.00" in said.text
    assert (said.role, said.people) == ("approver", ("approver",))
    assert said.action is not None
    assert said.action.post
    assert named(rich, cast.sales).action is None
    assert named(rich, cast.sales).who == "Approval: approver"

    first = make_order((product, 2), customer=cast.beta, by=cast.manager)
    assert code(first) == "to_pick"
    second = make_order((product, 2), customer=cast.beta, by=cast.manager)
    assert named(second, cast.manager).code == "duplicate_like"
    assert named(second, cast.manager).document == first.number


def test_the_limit_rejection_and_hold(cast: SimpleNamespace) -> None:
    order = make_order((make_product(price="100"), 900), customer=cast.alpha, by=cast.sales)
    said = named(order, cast.manager)
    assert said.code == "over_limit"
    assert "20,000.00" in said.text
    assert said.people == ("approver",)

    hold(order, by=cast.finance, reason="等客户确认图纸")
    said = named(order, cast.approver)
    assert said.code == "hold"
    assert "等客户确认图纸" in said.text
    assert said.people == ("finance",)
    assert said.action is not None
    assert dict(said.action.fields) == {"act": "release"}
    assert codes(order) == ["hold", "over_limit"]
    assert all(line.code == "hold" for line in wait_of(order, None).lines.values())
    release_hold(order, by=cast.approver)

    advance(order, "reject", by=cast.approver, note="价格有误。")
    said = named(order, cast.sales)
    assert said.code == "rejected"
    assert "价格有误." in said.text
    assert said.people == ("sales",)
    advance(order, "resubmit", by=cast.sales)
    assert code(order) == "over_limit"


# Stock and purchase


def test_from_nothing_ordered_to_the_shelf(cast: SimpleNamespace, buy: Any) -> None:
    bolt = make_product("BT-1", name="螺栓")
    order = make_order((bolt, 5), customer=cast.alpha, by=cast.sales)
    said = named(order, cast.warehouse)
    assert said.code == "not_ordered"
    assert said.desk == "Purchasing"
    assert said.text.startswith("5 个 of ")
    assert said.action is not None
    assert said.action.url.endswith("?product=BT-1")
    assert named(order, cast.sales).action is None

    purchase = buy(bolt, 5)
    said = named(order, cast.warehouse)
    assert (said.code, said.document) == ("purchase_draft", purchase.number)
    assert said.url
    assert named(order, cast.sales).url == ""  # sales may not open purchase orders

    advance(purchase, "place", by=cast.warehouse)
    said = named(order, cast.warehouse)
    assert (said.code, said.document) == ("purchase_coming", purchase.number)
    assert said.expected == TODAY() + dt.timedelta(days=3)
    assert said.expected.isoformat() in said.text
    assert not said.late

    PurchaseOrder.objects.filter(pk=purchase.pk).update(expected_on=TODAY() - dt.timedelta(days=2))
    said = named(order, cast.warehouse)
    assert said.code == "purchase_late"
    assert said.late
    assert "2 days late" in said.text
    PurchaseOrder.objects.filter(pk=purchase.pk).update(expected_on=None)
    assert code(order) == "purchase_undated"

    take_in(purchase, cast.warehouse)
    assert code(order) == "to_pick"


def test_deliveries_count_for_who_comes_first(cast: SimpleNamespace, buy: Any) -> None:
    bolt = make_product()
    early = make_order((bolt, 5), customer=cast.alpha, promised_date=TODAY() + dt.timedelta(days=10))
    later = make_order((bolt, 5), customer=cast.beta)
    advance(buy(bolt, 7), "place", by=cast.warehouse)
    assert code(early) == "purchase_coming"
    said = named(later, None)
    assert said.code == "not_ordered"
    assert said.text.startswith("3 个 of ")
    assert "earlier needs" in said.text


def test_stock_that_a_more_urgent_order_holds(cast: SimpleNamespace, buy: Any) -> None:
    bolt = make_product()
    put_in_stock(bolt, 4)
    urgent = make_order((bolt, 4), customer=cast.beta, by=cast.manager, priority=9)
    order = make_order((bolt, 4), customer=cast.alpha, by=cast.sales)
    said = named(order, cast.manager)
    assert (said.code, said.document) == ("taken", urgent.number)
    assert "Urgent" in said.text
    hidden = named(order, cast.sales)  # sales may not see others' orders
    assert urgent.number not in hidden.text
    assert (hidden.document, hidden.url) == ("", "")
    advance(buy(bolt, 4), "place", by=cast.warehouse)
    assert codes(order) == ["purchase_coming", "taken"]


def test_free_stock_is_reserved_by_a_button(client: Any, cast: SimpleNamespace) -> None:
    bolt = make_product()
    order = make_order((bolt, 4), customer=cast.alpha, by=cast.sales)
    hold(order, by=cast.approver, reason="等")
    put_in_stock(bolt, 9)
    release_hold(order, by=cast.approver)
    said = named(order, cast.sales)
    assert said.code == "not_reserved"
    assert said.action is not None
    client.force_login(cast.warehouse)
    assert client.post(said.action.url).status_code == 403
    client.force_login(cast.sales)
    assert client.get(said.action.url).status_code == 405
    assert client.post(said.action.url).status_code == 302
    assert code(order) == "to_pick"


# Production


def test_from_parts_missing_to_finished(cast: SimpleNamespace, hinge: Any, buy: Any) -> None:  # noqa: F811
    put_in_stock(hinge.screw, 100)
    order, made = order_for(hinge.product, 5, customer=cast.alpha)
    said = named(order, cast.warehouse)
    assert (said.code, said.document, said.desk) == ("parts_missing", made.number, "Purchasing")
    assert "5 个 of 钢板 (not ordered yet)" in said.text
    assert said.action is not None
    assert said.action.url.endswith("?product=PLATE")

    purchase = buy(hinge.plate, 5, days=4)
    assert f"{purchase.number}, not placed" in named(order, None).text
    advance(purchase, "place", by=cast.warehouse)
    said = named(order, cast.planner)
    assert said.code == "parts_missing"
    assert said.expected == TODAY() + dt.timedelta(days=4)
    assert purchase.number in said.text
    assert said.desk == "Production"

    take_in(purchase, cast.warehouse)
    said = named(order, cast.planner)
    assert said.code == "to_start"
    assert said.action is not None
    assert dict(said.action.fields) == {"transition": "start"}
    assert named(order, cast.sales).action is None

    made.refresh_from_db()
    move(made, "start", by=cast.planner)
    report(made, good=Decimal(2), by=cast.planner, key="1")
    said = named(order, cast.planner)
    assert said.code == "in_production"
    assert "2 of 5 个 done" in said.text
    ProductionOrder.objects.filter(pk=made.pk).update(due=TODAY() - dt.timedelta(days=1))
    assert named(order, None).late
    report(made, good=Decimal(3), by=cast.planner, key="2")
    assert code(order) == "to_pick"


# Shipping


def _send(order: SalesOrder, cast: SimpleNamespace) -> Shipment:
    if order.status == SalesOrder.Status.PENDING:
        advance(order, "approve", by=cast.approver)
    picks = order.pick_lists.get(status="open")
    shipping.confirm_pick(picks, picked={}, by=cast.warehouse)
    picks.refresh_from_db()
    shipment = shipping.pack(picks, parcels=None, by=cast.warehouse)
    tracking = {parcel.pk: f"T{parcel.pk}" for parcel in shipment.parcels.all()}
    shipping.hand_over(shipment, service=CarrierService.objects.first(), tracking=tracking, by=cast.logistics)
    shipment.refresh_from_db()
    return shipment


def test_a_service_and_a_part_of_an_order(cast: SimpleNamespace) -> None:
    fitting = make_product(name="安装服务", kind="service")
    alone = make_order((fitting, 1), customer=cast.alpha, by=cast.sales)
    assert code(alone) == "service"

    there, lacking = make_product(), make_product()
    put_in_stock(there, 5)
    order = make_order((there, 5), (lacking, 2), (fitting, 2), customer=cast.beta, by=cast.manager)
    wait = wait_of(order, cast.warehouse)
    lines = list(order.lines.order_by("position"))
    assert [wait.lines[line.pk].code for line in lines] == ["rest", "not_ordered", "rest"]
    assert wait.main is not None
    assert wait.main.code == "not_ordered"
    shipping.open_pick_list(SalesOrder.objects.get(pk=order.pk), by=cast.warehouse)
    assert wait_of(order, None).lines[lines[0].pk].code == "to_pick"
    _send(order, cast)
    wait = wait_of(order, None)
    assert wait.lines[lines[0].pk].code == "in_transit"
    assert wait.lines[lines[1].pk].code == "not_ordered"
    assert "partly_shipped" in codes(order)


def test_closed_orders_wait_for_nothing(cast: SimpleNamespace) -> None:
    order = make_order((make_product(), 5), customer=cast.alpha, by=cast.sales)
    advance(order, "cancel", by=cast.sales, note="x")
    assert wait_of(order, cast.sales) == Wait()


# For customers, and for forty at once


def test_customers_hear_nothing_of_the_house(cast: SimpleNamespace, buy: Any) -> None:
    type(cast.alpha).objects.filter(pk=cast.alpha.pk).update(credit_limit=Decimal(10))
    cast.alpha.refresh_from_db()
    bolt = make_product()
    order = make_order((bolt, 5), customer=cast.alpha, by=cast.sales)
    cause, lines = customer_waits([SalesOrder.objects.get(pk=order.pk)])[order.pk]
    assert cause is not None
    assert cause.customer is not None
    assert cause.customer.code == "checking"
    assert "limit" not in str(cause.customer.text)
    assert set(lines) == {order.lines.get().pk}
    advance(order, "approve", by=cast.approver)
    purchase = buy(bolt, 5)
    advance(purchase, "place", by=cast.warehouse)
    cause, _lines = customer_waits([SalesOrder.objects.get(pk=order.pk)])[order.pk]
    assert cause is not None
    assert cause.customer is not None
    words = str(cause.customer.text)
    assert purchase.number not in words
    assert "宁波五金" not in words
    assert purchase.expected_on.isoformat() in words


def test_forty_orders_cost_what_one_of_each_kind_costs(
    cast: SimpleNamespace,
    hinge: Any,  # noqa: F811
    buy: Any,
) -> None:
    def some(count: int) -> list[SalesOrder]:
        made = []
        for number in range(count):
            bolt, there = make_product(), make_product()
            put_in_stock(there, 20)
            orders = [
                make_order((bolt, 2), (hinge.product, 1), customer=cast.alpha, by=cast.sales),
                make_order((there, number + 1), customer=cast.beta),
                make_order((there, 1), customer=cast.alpha),
                make_order((make_product(price="900"), 100 + number), customer=cast.alpha, by=cast.sales),
            ]
            _send(orders[1], cast)
            hold(orders[3], by=cast.approver, reason="等")
            advance(buy(bolt, 1), "place", by=cast.warehouse)
            made += orders
        return made

    def cost(orders: list[SalesOrder]) -> int:
        fresh = list(SalesOrder.objects.filter(pk__in=[order.pk for order in orders]))
        waits_for(fresh, cast.manager)  # what is cached once is cached
        with CaptureQueriesContext(connection) as queries:
            waits = waits_for(fresh, cast.manager)
        assert all(wait.text for wait in waits.values())
        return len(queries)

    few = some(1)
    assert cost(few) <= 20
    assert cost(few + some(9)) == cost(few)


def test_each_reader_gets_their_language(cast: SimpleNamespace) -> None:
    order = make_order((make_product(), 5), customer=cast.alpha, by=cast.sales)
    with translation.override("zh-hans"):
        assert "需要采购" in named(order, None).text
    assert "must be bought" in named(order, None).text
