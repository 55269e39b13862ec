"""Changing a confirmed order: what it writes, what it refuses, and who must agree."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.module_loading import import_string

from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.models import StatusChange, User
from erp.verification import SOURCES
from erp.workflow import advance
from inventory.models import Product, StockItem, SupplyRequest
from orders import services
from orders.models import Amendment, ApprovalLevel, ApprovalPolicy, SalesOrder
from orders.services import LineChange, LineInput, decide_amendment, keep, propose, submit, withdraw_amendment
from production.models import ProductionOrder
from shipping.models import PickList, Shipment
from tests.cast import make_order, make_product, put_in_stock


def assert_clean() -> None:
    """Every balance equals its ledger."""
    assert [said for path in SOURCES for said in import_string(path)()] == []


def confirmed(cast: SimpleNamespace, *lines: tuple[Product, int], **fields: Any) -> SalesOrder:
    order = make_order(*lines, customer=cast.alpha, by=cast.sales, **fields)
    if order.status == "pending":
        services.decide(order, True, by=cast.approver)
    order.refresh_from_db()
    return order


def change(order: SalesOrder, by: User, /, *rows: LineChange, **fields: Any) -> Amendment:
    """Write a change; without rows the lines stay."""
    kept: Sequence[LineChange] = rows or [keep(line) for line in order.lines.select_related("product")]
    fields.setdefault("reason", "客户来电")
    return propose(order, by=by, version=order.version, lines=kept, **fields)


def line_of(order: SalesOrder, place: int = 0) -> Any:
    return list(order.lines.select_related("product"))[place]


def stock_of(product: Product) -> tuple[Decimal, Decimal]:
    item = StockItem.objects.get(product=product, place__kind="bin")
    return item.on_hand, item.reserved


def agreed(amendment: Amendment, cast: SimpleNamespace) -> Amendment:
    submit(amendment, by=cast.sales)
    if amendment.status == "submitted":
        decide_amendment(amendment, True, by=cast.approver)
    amendment.refresh_from_db()
    assert amendment.status == "applied"
    return amendment


def test_a_draft_touches_nothing(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 20)
    order = confirmed(cast, (product, 10))
    amendment = change(order, cast.sales, keep(line_of(order), quantity=Decimal(4)))
    assert (amendment.status, amendment.needs, amendment.stops_shipping) == ("draft", ["total"], True)
    order.refresh_from_db()
    assert (order.version, line_of(order).quantity, stock_of(product)) == (1, 10, (20, 10))
    assert {row["key"] for row in amendment.effect} >= {"total_less", "stock_back", "ship_list"}
    assert_clean()


def test_less_is_given_back_and_offered_to_others(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 10)
    order = confirmed(cast, (product, 10))
    waiting = confirmed(cast, (product, 3))
    assert waiting.status == "approved"
    old = order.pick_lists.get()
    amendment = agreed(change(order, cast.sales, keep(line_of(order), quantity=Decimal(6))), cast)
    order.refresh_from_db()
    waiting.refresh_from_db()
    assert (order.status, order.version, order.total) == ("ready_to_ship", 2, Decimal("678.00"))
    assert (amendment.new_version, waiting.status, stock_of(product)) == (2, "ready_to_ship", (10, 9))
    old.refresh_from_db()
    assert old.status == "cancelled"
    assert order.pick_lists.get(status="open").lines.get().wanted == 6
    assert_clean()


def test_more_is_reserved_or_asked_for(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 12)
    order = confirmed(cast, (product, 10))
    agreed(change(order, cast.sales, keep(line_of(order), quantity=Decimal(15))), cast)
    order.refresh_from_db()
    assert (order.status, line_of(order).reserved, stock_of(product)) == ("approved", 12, (12, 12))
    assert SupplyRequest.objects.get(status="open").quantity == 3
    assert not order.pick_lists.filter(status="open").exists()
    assert_clean()


def test_lines_come_and_go(cast: SimpleNamespace) -> None:
    one, two, three = make_product(), make_product(), make_product(price="50")
    for product in (one, two, three):
        put_in_stock(product, 10)
    order = confirmed(cast, (one, 2), (two, 3))
    agreed(
        change(order, cast.sales, keep(line_of(order)), LineChange(LineInput(product=three, quantity=Decimal(4)))), cast
    )
    order.refresh_from_db()
    assert [(line.position, line.product, line.quantity, line.reserved) for line in order.lines.all()] == [
        (1, one, 2, 2),
        (3, three, 4, 4),
    ]
    assert (order.total, stock_of(two), stock_of(three)) == (Decimal("452.00"), (10, 0), (10, 4))
    assert sorted(order.pick_lists.get(status="open").lines.values_list("wanted", flat=True)) == [2, 4]
    assert_clean()


def test_head_only_needs_nobody(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))
    amendment = change(order, cast.sales, customer_note="加固包装", priority=9, ship_to={"phone": "13900001111"})
    assert (amendment.needs, amendment.stops_shipping) == ([], True)
    submit(amendment, by=cast.sales)
    order.refresh_from_db()
    assert (order.customer_note, order.priority, order.phone_last4, order.version) == ("加固包装", 9, "1111", 2)
    assert StatusChange.objects.get(document_type="orders.Amendment", transition="apply").by == cast.sales
    assert_clean()


def test_date_moves_needs_and_production(cast: SimpleNamespace) -> None:
    product = make_product(supply="make")
    order = confirmed(cast, (product, 5))
    day = timezone.localdate() + dt.timedelta(days=60)
    agreed(change(order, cast.sales, promised_date=day), cast)
    order.refresh_from_db()
    assert (order.status, order.promised_date) == ("in_production", day)
    assert SupplyRequest.objects.get().needed_by == ProductionOrder.objects.get().due == day
    assert_clean()


def test_planned_production_shrinks_and_grows(cast: SimpleNamespace) -> None:
    product = make_product(supply="make")
    order = confirmed(cast, (product, 10))
    made = ProductionOrder.objects.get()
    agreed(change(order, cast.sales, keep(line_of(order), quantity=Decimal(4))), cast)
    made.refresh_from_db()
    assert (made.quantity, made.status) == (4, "planned")
    order.refresh_from_db()
    agreed(change(order, cast.sales, keep(line_of(order), quantity=Decimal(9))), cast)
    assert sorted(ProductionOrder.objects.values_list("quantity", flat=True)) == [4, 5]
    assert_clean()


def test_production_that_has_begun_goes_on_for_stock(cast: SimpleNamespace) -> None:
    product, other = make_product(supply="make"), make_product()
    put_in_stock(other, 1)
    order = confirmed(cast, (product, 10), (other, 1))
    made = ProductionOrder.objects.get()
    advance(made, "start", by=cast.planner)
    amendment = agreed(change(order, cast.sales, keep(line_of(order, 1))), cast)
    assert "made_kept" in {row["key"] for row in amendment.effect}
    made.refresh_from_db()
    order.refresh_from_db()
    assert (made.status, order.status) == ("in_progress", "ready_to_ship")
    assert_clean()


# What is fixed


def shipped_in_part(cast: SimpleNamespace) -> tuple[SalesOrder, Product]:
    """Ten ordered, four of them gone and billed, six lacking."""
    from tests.orders.shipping_steps import ship_all

    product = make_product()
    put_in_stock(product, 4)
    order = confirmed(cast, (product, 10))
    ship_all(order, cast)
    order.refresh_from_db()
    return order, product


def test_what_has_left_is_fixed(cast: SimpleNamespace) -> None:
    order, _product = shipped_in_part(cast)
    line = line_of(order)
    with pytest.raises(BusinessError) as refusal:
        change(order, cast.sales, keep(line, quantity=Decimal(3)))
    assert refusal.value.field == "lines.0.quantity"
    with pytest.raises(BusinessError) as refusal:
        change(order, cast.sales, keep(line, unit_price=Decimal(90)))
    assert refusal.value.field == "lines.0.unit_price"
    with pytest.raises(BusinessError) as refusal:
        change(order, cast.sales, LineChange(LineInput(product=make_product(), quantity=Decimal(1))))
    assert refusal.value.field == "lines"


def test_dropping_the_rest_ships_the_order(cast: SimpleNamespace) -> None:
    order, _product = shipped_in_part(cast)
    agreed(change(order, cast.sales, keep(line_of(order), quantity=Decimal(4))), cast)
    order.refresh_from_db()
    assert (order.status, order.total) == ("shipped", Decimal("452.00"))
    assert not SupplyRequest.objects.filter(status="open").exists()
    assert_clean()


def test_the_rest_at_another_price_is_a_line_of_its_own(cast: SimpleNamespace) -> None:
    order, product = shipped_in_part(cast)
    rest = LineChange(LineInput(product=product, quantity=Decimal(6), unit_price=Decimal(90)))
    agreed(change(order, cast.sales, keep(line_of(order), quantity=Decimal(4)), rest), cast)
    order.refresh_from_db()
    assert (order.status, order.total) == ("approved", Decimal("1062.20"))
    assert_clean()


def test_packed_goods_are_unpacked_when_too_many(cast: SimpleNamespace) -> None:
    from tests.orders.shipping_steps import pack_all

    product = make_product()
    put_in_stock(product, 10)
    order = confirmed(cast, (product, 10))
    shipment = pack_all(order, cast)
    amendment = agreed(change(order, cast.sales, keep(line_of(order), quantity=Decimal(7))), cast)
    assert "ship_unpack" in {row["key"] for row in amendment.effect}
    shipment.refresh_from_db()
    assert shipment.status == Shipment.Status.CANCELLED
    assert order.pick_lists.get(status=PickList.Status.OPEN).lines.get().wanted == 7
    assert_clean()


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"reason": " "}, "refused"), ({}, "refused"), ({"promised_date": dt.date(2020, 1, 1)}, "refused")],
)
def test_what_makes_no_sense_is_refused(cast: SimpleNamespace, fields: dict[str, Any], code: str) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))
    with pytest.raises(BusinessError):
        change(order, cast.sales, **fields)
    assert not Amendment.objects.exists()


def test_only_confirmed_orders_and_only_by_right(cast: SimpleNamespace, no_auto_approval: None) -> None:
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    with pytest.raises(BusinessError) as refusal:
        change(order, cast.sales, priority=9)
    assert refusal.value.code == "not_amendable"
    with pytest.raises(NotPermitted):
        change(order, cast.warehouse, priority=9)


def test_one_open_change_at_a_time(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))
    first = change(order, cast.sales, priority=9)
    with pytest.raises(BusinessError) as refusal:
        change(order, cast.manager, priority=5)
    assert refusal.value.code == "amendment_open"
    again = change(order, cast.sales, priority=5, revision=first.revision)
    assert (again.pk, again.after["header"]["priority"]) == (first.pk, 5)
    withdraw_amendment(again, by=cast.sales)
    withdraw_amendment(again, by=cast.sales)
    assert change(order, cast.sales, priority=9).serial == 2


# Approval


def policy(level: int = 1, role: str = "manager", **conditions: Any) -> ApprovalPolicy:
    made = ApprovalPolicy.objects.create(name=f"变更{level}{role}", **conditions)
    ApprovalLevel.objects.create(policy=made, level=level).roles.add(Group.objects.get(name=role))
    return made


def test_policies_decide_level_by_level(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 50)
    order = confirmed(cast, (product, 5))
    asked = policy(1, "approver", min_amount=Decimal(2000))
    ApprovalLevel.objects.create(policy=asked, level=2).roles.add(Group.objects.get(name="manager"))
    amendment = change(order, cast.sales, keep(line_of(order), quantity=Decimal(40)))
    submit(amendment, by=cast.sales)
    assert amendment.status == "submitted"
    assert SalesOrder.objects.visible_to(cast.manager).filter(pk=order.pk).exists()
    with pytest.raises(NotPermitted):
        decide_amendment(amendment, True, by=cast.manager)
    decide_amendment(amendment, True, by=cast.approver)
    amendment.refresh_from_db()
    assert (amendment.status, line_of(order).quantity) == ("submitted", 5)
    decide_amendment(amendment, True, by=cast.manager)
    amendment.refresh_from_db()
    assert (amendment.status, line_of(order).quantity) == ("applied", 40)
    assert_clean()


def test_rejecting_leaves_the_order(cast: SimpleNamespace, no_auto_approval: None) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))
    amendment = submit(change(order, cast.sales, keep(line_of(order), unit_price=Decimal(80))), by=cast.sales)
    assert (amendment.status, amendment.needs) == ("submitted", ["price", "total"])
    with pytest.raises(NotPermitted):
        decide_amendment(amendment, True, by=cast.sales)
    with pytest.raises(TransitionRefused):
        decide_amendment(amendment, False, by=cast.approver)
    decide_amendment(amendment, False, by=cast.approver, note="价格太低")
    order.refresh_from_db()
    assert (amendment.status, order.version, line_of(order).unit_price) == ("rejected", 1, 100)


def test_whoever_may_approve_applies_at_once(cast: SimpleNamespace, no_auto_approval: None) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))
    amendment = submit(change(order, cast.manager, keep(line_of(order), unit_price=Decimal(80))), by=cast.manager)
    assert amendment.status == "applied"
    assert amendment.approvals.get().decided_by == cast.manager


def test_an_order_that_changed_meanwhile_refuses(cast: SimpleNamespace, no_auto_approval: None) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))
    amendment = submit(change(order, cast.sales, keep(line_of(order), quantity=Decimal(2))), by=cast.sales)
    SalesOrder.objects.filter(pk=order.pk).update(version=2)
    with pytest.raises(TransitionRefused):
        decide_amendment(amendment, True, by=cast.approver)
    assert line_of(order).quantity == 5


def test_nothing_leaves_while_its_goods_are_undecided(cast: SimpleNamespace, no_auto_approval: None) -> None:
    from tests.orders.shipping_steps import hand_over, pack_all

    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))
    shipment = pack_all(order, cast)
    amendment = submit(change(order, cast.sales, keep(line_of(order), quantity=Decimal(2))), by=cast.sales)
    with pytest.raises(TransitionRefused) as refusal:
        hand_over(shipment, cast)
    assert amendment.number in refusal.value.message
    withdraw_amendment(amendment, by=cast.sales)
    hand_over(shipment, cast)
    order.refresh_from_db()
    assert order.status == "shipped"
    assert_clean()


def test_a_change_that_is_open_goes_with_the_order(cast: SimpleNamespace, no_auto_approval: None) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))
    day = timezone.localdate() + dt.timedelta(days=90)
    amendment = submit(change(order, cast.sales, promised_date=day), by=cast.sales)
    from tests.orders.shipping_steps import ship_all

    ship_all(order, cast)
    amendment.refresh_from_db()
    assert amendment.status == "withdrawn"
