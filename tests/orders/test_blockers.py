"""Blockers one by one: the sentence names each, and changes with the act that clears it."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from erp.waiting import said_as_json
from erp.workflow import advance
from inventory.models import PurchaseOrder, Supplier
from inventory.services import PurchaseInput, create_purchase_order, default_warehouse
from orders.models import ApprovalLevel, ApprovalPolicy, Contact, Customer, OrderLine, SalesOrder
from orders.services import decide, hold, release_hold, run_checks, update_order
from orders.waiting import Wait, waits_for
from tests.cast import make_order, make_product, put_in_stock

SHAPE = {"code", "text", "document", "expected", "who", "action"}
TODAY = timezone.localdate
Story = tuple[SalesOrder, Callable[[], Any]]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def wait_of(order: SalesOrder, reader: Any = None) -> Wait:
    return waits_for([SalesOrder.objects.get(pk=order.pk)], reader)[order.pk]


def recheck(order: SalesOrder) -> None:
    run_checks(SalesOrder.objects.get(pk=order.pk))


def entered(cast: Any, **fields: Any) -> SalesOrder:
    """Two pieces from stock that wait for a person."""
    product = make_product()
    put_in_stock(product, 20)
    return make_order((product, 2), customer=cast.alpha, by=cast.sales, **fields)


def bent(cast: Any, model: Any, spoilt: dict[str, Any], whole: dict[str, Any]) -> Story:
    """Something about the order, its lines or its customer is wrong, and is put right."""
    order = entered(cast)
    key = {SalesOrder: "pk", OrderLine: "order", Customer: "orders", Contact: "customer__orders"}[model]

    def put(values: dict[str, Any]) -> None:
        ids = list(model.objects.filter(**{key: order.pk}).values_list("pk", flat=True))
        model.objects.filter(pk__in=ids).update(**values)
        recheck(order)

    put(spoilt)
    return order, lambda: put(whole)


def no_street(cast: Any) -> Story:
    whole = {
        "recipient": "王经理",
        "phone": "13812345678",
        "province": "浙江省",
        "city": "杭州市",
        "street": "文三路 1 号",
    }
    return bent(cast, SalesOrder, {"ship_to": {**whole, "street": ""}}, {"ship_to": whole})


def blocked_customer(cast: Any) -> Story:
    return bent(cast, Customer, {"is_active": False}, {"is_active": True})


def over_credit(cast: Any) -> Story:
    return bent(cast, Customer, {"credit_limit": 1}, {"credit_limit": 10**6})


def past_date(cast: Any) -> Story:
    day = TODAY()
    return bent(
        cast,
        SalesOrder,
        {"promised_date": day - dt.timedelta(days=1)},
        {"promised_date": day + dt.timedelta(days=30)},
    )


def cheap(cast: Any) -> Story:
    return bent(cast, OrderLine, {"unit_price": Decimal(50)}, {"unit_price": Decimal(100)})


def for_nothing(cast: Any) -> Story:
    return bent(cast, OrderLine, {"unit_price": 0}, {"unit_price": Decimal(100)})


def too_soon(cast: Any) -> Story:
    order = make_order((make_product(lead_days=90), 2), customer=cast.alpha, by=cast.sales)
    order.refresh_from_db()
    later = TODAY() + dt.timedelta(days=200)
    return order, lambda: update_order(order, by=cast.sales, version=order.version, promised_date=later)


def withdrawn_product(cast: Any) -> Story:
    order = entered(cast)
    product = order.lines.get().product

    def put(active: bool) -> None:
        type(product).objects.filter(pk=product.pk).update(is_active=active)
        recheck(order)

    put(False)
    return order, lambda: put(True)


def twin(cast: Any) -> Story:
    first = entered(cast)
    second = make_order((first.lines.get().product, 2), customer=cast.alpha, by=cast.sales)

    def cancel() -> None:
        advance(first, "cancel", by=cast.sales, note="重复")
        recheck(second)

    return second, cancel


def to_decide(cast: Any) -> Story:
    order = entered(cast)
    return order, lambda: decide(order, True, by=cast.approver)


def asked_by_policy(cast: Any) -> Story:
    policy = ApprovalPolicy.objects.create(name="全部", min_amount=0)
    ApprovalLevel.objects.create(policy=policy, level=1).people.add(cast.manager)
    order = entered(cast)
    return order, lambda: decide(order, True, by=cast.manager)


def on_hold(cast: Any) -> Story:
    order = entered(cast)
    hold(order, by=cast.approver, reason="等图纸")
    return order, lambda: release_hold(order, by=cast.approver)


def sent_back(cast: Any) -> Story:
    order = entered(cast)
    decide(order, False, by=cast.approver, note="价格")
    order.refresh_from_db()
    return order, lambda: advance(order, "resubmit", by=cast.sales)


def approved(cast: Any, product: Any) -> SalesOrder:
    order = make_order((product, 2), customer=cast.alpha, by=cast.sales)
    decide(order, True, by=cast.approver)
    return order


def purchase_of(cast: Any, product: Any) -> PurchaseOrder:
    return create_purchase_order(
        supplier=Supplier.objects.create(code="S1", name="宁波五金"),
        warehouse=default_warehouse(),
        lines=[PurchaseInput(product=product, quantity=Decimal(2), unit_price=Decimal(10))],
        expected_on=TODAY() + dt.timedelta(days=3),
        by=cast.warehouse,
    )


def nothing_ordered(cast: Any) -> Story:
    product = make_product()
    return approved(cast, product), lambda: purchase_of(cast, product)


def drafted(cast: Any) -> Story:
    product = make_product()
    order, purchase = approved(cast, product), purchase_of(cast, product)
    return order, lambda: advance(purchase, "place", by=cast.warehouse)


def supplier_late(cast: Any) -> Story:
    product = make_product()
    order, purchase = approved(cast, product), purchase_of(cast, product)
    advance(purchase, "place", by=cast.warehouse)
    rows = PurchaseOrder.objects.filter(pk=purchase.pk)
    rows.update(expected_on=TODAY() - dt.timedelta(days=2))
    return order, lambda: rows.update(expected_on=TODAY() + dt.timedelta(days=2))


def supplier_silent(cast: Any) -> Story:
    order, _act = supplier_late(cast)
    rows = PurchaseOrder.objects.all()
    rows.update(expected_on=None)
    return order, lambda: rows.update(expected_on=TODAY() + dt.timedelta(days=2))


def taken_by_another(cast: Any) -> Story:
    product = make_product()
    put_in_stock(product, 2)
    urgent = make_order((product, 2), customer=cast.beta, by=cast.manager, priority=9)
    decide(urgent, True, by=cast.approver)
    order = approved(cast, product)
    return order, lambda: put_in_stock(product, 5)


STORIES = [
    (no_street, "address_incomplete", "approval"),
    (blocked_customer, "customer_inactive", "approval"),
    (over_credit, "credit_exceeded", "approval"),
    (past_date, "date_past", "approval"),
    (cheap, "price_below_list", "approval"),
    (for_nothing, "price_zero", "approval"),
    (too_soon, "date_late", "approval"),
    (withdrawn_product, "product_inactive", "approval"),
    (twin, "duplicate_like", "approval"),
    (to_decide, "approval", "to_pick"),
    (asked_by_policy, "approval_level", "to_pick"),
    (on_hold, "hold", "approval"),
    (sent_back, "rejected", "approval"),
    (nothing_ordered, "not_ordered", "purchase_draft"),
    (drafted, "purchase_draft", "purchase_coming"),
    (supplier_late, "purchase_late", "purchase_coming"),
    (supplier_silent, "purchase_undated", "purchase_coming"),
    (taken_by_another, "taken", "not_reserved"),
]


@pytest.mark.parametrize(("story", "blocker", "then"), STORIES, ids=[blocker for _s, blocker, _t in STORIES])
def test_the_sentence_names_it_and_changes_with_the_act(
    cast: Any, no_auto_approval: Any, story: Callable[[Any], Story], blocker: str, then: str
) -> None:
    order, act = story(cast)
    before = wait_of(order).main
    assert before is not None
    assert before.code == blocker
    assert before.text
    assert before.who
    act()
    after = wait_of(order).main
    assert after is not None
    assert after.code == then
    assert after.text != before.text


def test_programs_get_the_same_in_one_shape(cast: Any, no_auto_approval: Any) -> None:
    order, _act = drafted(cast)
    for reader in (None, cast.warehouse, cast.sales):
        wait = wait_of(order, reader)
        for said in (wait.main, *wait.lines.values()):
            told = said_as_json(said)
            assert told is not None
            assert set(told) == SHAPE
    told = said_as_json(wait_of(order, cast.warehouse).main)
    assert told is not None
    assert set(told["who"]) == {"role", "label", "people"}
    assert set(told["action"]) == {"label", "method", "url"}
    assert told["document"] == PurchaseOrder.objects.get().number
    advance(order, "cancel", by=cast.sales, note="x")
    assert said_as_json(wait_of(order, None).main) is None
