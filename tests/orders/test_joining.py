"""Merging orders: one order with all that the others held, nothing lost to strangers in between."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation

from erp.errors import BusinessError, NotPermitted
from erp.models import Outbox
from inventory.models import StockItem, SupplyRequest, Warehouse
from notifications.models import Notice
from notifications.texts import words
from orders.models import ApprovalPolicy, OrderLink, SalesOrder
from orders.services import decide, hold, record_payment
from orders.services.joining import merge_orders
from orders.services.splitting import split_order
from production.models import BillOfMaterials, BomLine, ProductionOrder
from production.services import move, report
from shipping.services import confirm_pick
from tests.cast import make_order, make_product, put_in_stock
from tests.orders.test_splitting import proved


def merge(order: SalesOrder, *others: SalesOrder, by: Any = None, **choices: Any) -> SalesOrder:
    """Merge orders as they are now."""
    order.refresh_from_db()
    merge_orders(order, others, by=by, version=choices.pop("version", order.version), **choices)
    for one in (order, *others):
        one.refresh_from_db()
    return order


@pytest.mark.parametrize("combine", [True, False])
def test_stock_needs_and_amounts_go_to_one_order(cast: SimpleNamespace, combine: bool) -> None:
    product, other = make_product(price="3.33"), make_product()
    put_in_stock(product, 5)
    first = make_order((product, 3), customer=cast.alpha, by=cast.sales)
    second = make_order((product, 4), (other, 1), customer=cast.alpha, by=cast.sales)
    rival = make_order((product, 9), customer=cast.beta)
    total = first.total + second.total
    Outbox.objects.all().delete()
    merge(first, second, by=cast.sales, combine=combine)
    assert (first.status, second.status, first.total) == ("approved", "cancelled", total)
    assert first.lines.count() == (2 if combine else 3)
    assert sum(line.reserved for line in first.lines.all()) == 5
    assert rival.lines.get().reserved == 0
    assert StockItem.objects.get(product=product, on_hand__gt=0).reserved == 5
    mine = SupplyRequest.objects.filter(status="open", document_id=first.pk)
    assert {need.product_id: need.quantity for need in mine} == {product.pk: 2, other.pk: 1}
    assert second.lines.count() == 2
    assert not first.pick_lists.filter(status="open").exists()
    assert not Outbox.objects.exists()  # nobody is told that their order is cancelled
    assert not proved()


def test_ready_orders_stay_ready_with_one_pick_list(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 5)
    first = make_order((product, 3), customer=cast.alpha, by=cast.sales)
    second = make_order((product, 2), customer=cast.alpha, by=cast.sales)
    merge(first, second, by=cast.sales)
    assert first.status == "ready_to_ship"
    assert first.pick_lists.get(status="open").lines.get().wanted == 5
    assert second.pick_lists.get().status == "cancelled"
    confirm_pick(first.pick_lists.get(status="open"), picked={}, by=cast.warehouse)
    assert not proved()


def test_what_is_made_counts_for_the_merged_line(cast: SimpleNamespace) -> None:
    part, made = make_product(), make_product(supply="make")
    BomLine.objects.create(bom=BillOfMaterials.objects.create(product=made, version=1), component=part, quantity=1)
    put_in_stock(part, 9)
    first = make_order((made, 4), customer=cast.alpha, by=cast.sales)
    second = make_order((made, 5), customer=cast.alpha, by=cast.sales)
    work = ProductionOrder.objects.order_by("pk").last()
    move(work, "start", by=cast.planner)
    report(work, good=Decimal(2), by=cast.planner, key="one")
    merge(first, second, by=cast.sales)
    line = first.lines.get()
    assert (line.quantity, line.made, line.reserved) == (9, 2, 2)
    assert ProductionOrder.objects.filter(request__holder_id=line.pk).count() == 2
    assert ProductionOrder.objects.count() == 2
    for one in ProductionOrder.objects.order_by("pk"):
        if one.status == "planned":
            move(one, "start", by=cast.planner)
        one.refresh_from_db()
        report(one, good=one.remaining, by=cast.planner, key=f"rest{one.pk}")
    first.refresh_from_db()
    assert first.status == "ready_to_ship"
    assert first.lines.get().made == 9
    assert not proved()


def test_pending_orders_become_one_that_is_asked_about(cast: SimpleNamespace) -> None:
    policy = ApprovalPolicy.objects.create(name="大单", min_amount=1000)
    policy.levels.create(level=1).people.add(cast.manager)
    everything = ApprovalPolicy.objects.create(name="全部", min_amount=0)
    everything.levels.create(level=1).people.add(cast.approver)
    first, second = (make_order((make_product(), 5), customer=cast.alpha, by=cast.sales) for _ in range(2))
    merge(first, second, by=cast.sales)
    assert first.status == "pending"
    assert sorted(first.approvals.open().values_list("policy_name", flat=True)) == ["全部", "大单"]
    assert not second.approvals.open().exists()
    decide(first, True, by=cast.approver)
    decide(first, True, by=cast.manager)
    first.refresh_from_db()
    assert first.status == "approved"
    assert not proved()


def test_a_repeat_changes_nothing(cast: SimpleNamespace) -> None:
    first, second = (make_order((make_product(), n), customer=cast.alpha, by=cast.sales) for n in (1, 2))
    merge(first, second, by=cast.sales)
    merge(first, second, by=cast.sales, version=1)
    assert first.lines.count() == 2
    assert OrderLink.objects.count() == 1
    assert not proved()


def test_what_was_split_can_be_merged_again(cast: SimpleNamespace) -> None:
    product = make_product(price="33.333333", supply="make")
    order = make_order((product, 7), customer=cast.alpha, by=cast.sales)
    before = order.total
    new = split_order(order, {order.lines.get().pk: Decimal(3)}, by=cast.sales, version=order.version)
    merge(order, new, by=cast.sales)
    assert (order.total, order.lines.get().quantity, order.status) == (before, 7, "in_production")
    assert not proved()


def test_choices_are_kept(cast: SimpleNamespace) -> None:
    first, second = (make_order((make_product(), n), customer=cast.alpha, by=cast.sales) for n in (1, 2))
    day = first.promised_date + dt.timedelta(days=3)
    address = {**second.ship_to, "street": "新街 2 号", "phone": "13900001111"}
    merge(first, second, by=cast.sales, promised_date=day, ship_to=address, customer_note="一起发")
    assert (first.promised_date, first.ship_to, first.phone_last4) == (day, address, "1111")
    assert first.customer_note == "一起发"
    assert SupplyRequest.objects.filter(status="open", needed_by=day).count() == 2


def test_what_cannot_be_one_order_is_refused_with_the_reason(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 100)
    order = make_order((product, 1), customer=cast.alpha, by=cast.sales)

    def other(**fields: Any) -> SalesOrder:
        quantity = SalesOrder.objects.count() + 1  # the same amount again would look like a duplicate
        one = make_order((product, quantity), customer=fields.pop("customer", cast.alpha), by=cast.sales, **fields)
        one.refresh_from_db()
        return one

    held, paid, picked = other(), other(), other()
    hold(held, by=cast.manager, reason="等合同")
    record_payment(paid, Decimal(1), by=None)
    confirm_pick(picked.pick_lists.get(), picked={}, by=cast.warehouse)
    elsewhere = other(warehouse=Warehouse.objects.create(code="W2", name="二号仓"))
    dollars = other(currency="USD", rate=Decimal(7))
    pending = other(hold_reason="x")
    SalesOrder.objects.filter(pk=pending.pk).update(hold_reason="")
    cases = [other(customer=cast.beta), held, paid, picked, elsewhere, dollars, pending]
    for one in cases:
        with pytest.raises(BusinessError) as refusal:
            merge(order, one, by=cast.sales)
        assert refusal.value.field == "orders"
        assert one.number in refusal.value.message
    with pytest.raises(BusinessError):
        merge(order, by=cast.sales)
    with pytest.raises(BusinessError):
        merge(order, other(), by=cast.sales, version=99)
    with pytest.raises(NotPermitted):
        merge(order, other(), by=cast.warehouse)
    assert not OrderLink.objects.exists()


def test_the_people_of_split_and_merged_orders_hear_of_it(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 9)
    first, second = (make_order((product, pieces), customer=cast.alpha, by=cast.manager) for pieces in (2, 3))
    assert {first.salesperson, second.salesperson} == {cast.sales}
    split_order(first, {first.lines.get().pk: Decimal(1)}, by=cast.manager, version=first.version)
    merge(first, second, by=cast.manager)

    def told(event: str) -> list[tuple[str, int]]:
        rows = Notice.objects.filter(event=f"orders.SalesOrder.{event}")
        return list(rows.values_list("user__username", "document_id"))

    assert told("split") == told("merge") == [("sales", first.pk)]  # the manager did it
    assert told("merged_away") == [("sales", second.pk)]
    notice = Notice.objects.get(event="orders.SalesOrder.merged_away")
    with translation.override("en"):
        assert words(notice.event, notice.values).body == f"甲公司. manager: → {first.number}"
