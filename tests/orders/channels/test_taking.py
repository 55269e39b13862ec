"""Deliveries of a shop become orders: entered, corrected, cancelled, mended, and never twice."""

import itertools
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from aftersales.models import ServiceCase
from erp.models import StatusChange
from erp.workflow import advance
from notifications.models import Notice
from orders.channels.applying import UNPAID, in_house_language
from orders.channels.mending import dismiss, map_sku, retry
from orders.channels.taking import sweep, take
from orders.models import Amendment, ChannelCustomer, ChannelOrder, Customer, SalesOrder
from orders.services import decide_amendment, keep, propose, submit, update_order
from orders.verify import differences
from tests.cast import make_customer, make_product, put_in_stock
from tests.orders.channels.shop import deliver, order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp(cast: SimpleNamespace) -> Any:
    """The product of the shop's order, at its price without tax; and the shop, looked after by sales."""
    shop(salesperson=cast.sales)
    return make_product("A-1", price="51.327434")


def at(minute: int) -> dict[str, str]:
    return {"updated_at": f"2026-03-01T10:{minute:02}:00+08:00"}


def facts_of(made: SalesOrder) -> tuple[Any, ...]:
    lines = made.lines.values_list("product__sku", "quantity", "untaxed", "tax", "total")
    return (made.status, made.external_number, made.total, made.tax, made.hold_reason, list(lines))


def test_an_order_is_entered_with_the_totals_of_the_shop(lamp: Any, cast: SimpleNamespace) -> None:
    put_in_stock(lamp, 10)
    row = deliver(order())
    assert (row.state, row.finding, row.signature_ok, row.external_number) == ("taken", "created", True, "#1001")
    made = SalesOrder.objects.get()
    assert row.order == made
    assert (made.total, made.tax, made.untaxed) == (Decimal("126.00"), Decimal("14.50"), Decimal("111.50"))
    lamp_line, freight = made.lines.all()
    assert (lamp_line.untaxed, lamp_line.total, lamp_line.quantity) == (Decimal("102.65"), Decimal("116.00"), 2)
    assert lamp_line.wish == "刻字: 生日快乐"
    assert (freight.product.sku, freight.product.kind, freight.total) == ("FREIGHT", "service", 10)
    assert (made.external_number, made.salesperson, made.customer_note) == ("#1001", cast.sales, "请放门卫")
    assert made.ship_to["street"] == "西湖区文三路 1 号"
    assert made.customer.name == "李伟"
    assert made.status == "ready_to_ship"  # paid, checked, in stock: nobody had to do anything
    assert not list(differences())


def test_a_repeat_changes_nothing(lamp: Any) -> None:
    first = deliver(order(), event="e1")
    assert deliver(order(), event="e1") == first
    again = deliver(order(), event="e2", topic="orders/updated")
    assert (again.state, again.finding) == ("ignored", "duplicate")
    take(first.pk)
    assert SalesOrder.objects.count() == 1
    assert ChannelOrder.objects.count() == 2


STORY = [
    ("orders/create", order(**at(0))),
    ("orders/updated", order(quantity=3, **at(1))),
    ("orders/cancelled", order(quantity=3, cancelled_at="2026-03-01T10:02:00+08:00", **at(2))),
]


@pytest.mark.parametrize("told", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("one_by_one", [True, False])
def test_deliveries_in_any_order_end_alike(
    lamp: Any, told: tuple[int, ...], one_by_one: bool, no_auto_approval: None
) -> None:
    rows = [deliver(STORY[place][1], topic=STORY[place][0], work=one_by_one) for place in told]
    for row in rows:
        take(row.pk)
    made = SalesOrder.objects.get()
    assert made.status == "cancelled"
    assert (made.total, made.lines.get(product=lamp).quantity) == (Decimal("184.00"), 3)
    assert not ChannelOrder.objects.filter(state__in=["waiting", "failed"]).exists()
    assert not list(differences())


@pytest.mark.parametrize("told", list(itertools.permutations(range(3))))
def test_cancelling_releases_an_order_the_system_had_approved(lamp: Any, told: tuple[int, ...]) -> None:
    put_in_stock(lamp, 10)
    rows = [deliver(STORY[place][1], topic=STORY[place][0]) for place in told]
    assert SalesOrder.objects.get().status == "cancelled"
    assert not ChannelOrder.objects.filter(pk__in=[row.pk for row in rows], state__in=["waiting", "failed"]).exists()
    assert not list(differences())


def test_an_update_corrects_what_nobody_has_worked_on(lamp: Any, no_auto_approval: None) -> None:
    deliver(order(**at(0)))
    row = deliver(order(quantity=5, **at(1)), topic="orders/updated")
    assert row.finding == "updated"
    made = SalesOrder.objects.get()
    assert (made.lines.get(product=lamp).quantity, made.total) == (5, Decimal("300.00"))


def test_an_update_of_an_approved_order_stops_it(lamp: Any, cast: SimpleNamespace) -> None:
    put_in_stock(lamp, 10)
    deliver(order(**at(0)))
    row = deliver(order(quantity=5, **at(1)), topic="orders/updated")
    assert (row.state, row.finding) == ("taken", "person")
    made = SalesOrder.objects.get()
    assert made.hold_reason
    assert made.lines.get(product=lamp).quantity == 2
    assert Notice.objects.filter(user=cast.sales, event="orders.SalesOrder.shop_changed").count() == 1
    deliver(order(quantity=5, fulfillment_status="fulfilled", **at(2)), topic="orders/updated")
    assert Notice.objects.filter(event="orders.SalesOrder.shop_changed").count() == 1


def test_what_the_shop_changed_is_proposed_as_a_change(lamp: Any, cast: SimpleNamespace) -> None:
    put_in_stock(lamp, 10)
    deliver(order(**at(0)))
    deliver(order(quantity=5, **at(1)), topic="orders/updated")
    deliver(order(quantity=4, **at(2)), topic="orders/updated")
    one = Amendment.objects.get()
    assert (one.status, one.created_by, one.revision) == ("draft", None, 2)
    assert [Decimal(row["quantity"]) for row in one.after["lines"]] == [4, 1]
    submit(one, by=cast.sales)
    decide_amendment(one, True, by=cast.approver)
    made = SalesOrder.objects.get()
    assert (made.version, made.lines.get(product=lamp).quantity, made.total) == (2, 4, Decimal("242.00"))
    deliver(order(quantity=3, **at(3)), topic="orders/updated")
    assert Amendment.objects.count() == 1  # people have changed it here: they are told, nothing more
    assert not list(differences())


def test_a_change_that_people_write_is_left_alone(lamp: Any, cast: SimpleNamespace) -> None:
    put_in_stock(lamp, 10)
    deliver(order(**at(0)))
    made = SalesOrder.objects.get()
    lines = [keep(line) for line in made.lines.select_related("product")]
    mine = propose(made, by=cast.sales, version=made.version, lines=lines, reason="加急", priority=9)
    row = deliver(order(quantity=5, **at(1)), topic="orders/updated")
    assert (row.state, row.finding) == ("taken", "person")
    mine.refresh_from_db()
    assert (Amendment.objects.get(), mine.revision, mine.reason) == (mine, 1, "加急")


def test_what_a_person_corrected_is_not_overwritten(lamp: Any, cast: SimpleNamespace, no_auto_approval: None) -> None:
    deliver(order(**at(0)))
    made = SalesOrder.objects.get()
    update_order(made, by=cast.sales, version=made.version, customer_note="改过")
    deliver(order(financial_status="authorized", **at(1)), topic="orders/updated")
    row = deliver(order(quantity=5, **at(2)), topic="orders/updated")
    assert row.finding == "person"
    made.refresh_from_db()
    assert (made.customer_note, made.lines.get(product=lamp).quantity) == ("改过", 2)


def test_an_unpaid_order_waits_for_its_money(lamp: Any) -> None:
    put_in_stock(lamp, 10)
    deliver(order(financial_status="pending", **at(0)))
    made = SalesOrder.objects.get()
    assert (made.status, made.hold_reason) == ("pending", in_house_language(UNPAID))
    row = deliver(order(**at(1)), topic="orders/paid")
    assert row.finding == "noted"
    made.refresh_from_db()
    assert (made.status, made.hold_reason) == ("ready_to_ship", "")


def test_a_cancelled_order_that_has_left_is_told(lamp: Any, cast: SimpleNamespace) -> None:
    put_in_stock(lamp, 10)
    deliver(order(**at(0)))
    made = SalesOrder.objects.get()
    SalesOrder.objects.filter(pk=made.pk).update(paid=1, payment_state="partly")  # money is allocated: no way back
    deliver(order(cancelled_at="2026-03-01T10:02:00+08:00", **at(2)), topic="orders/cancelled")
    made.refresh_from_db()
    assert made.status == "ready_to_ship"
    assert made.hold_reason
    assert Notice.objects.filter(user=cast.sales, event="orders.SalesOrder.shop_cancelled").count() == 1


def test_an_unknown_sku_fails_is_mended_and_tried_again(cast: SimpleNamespace) -> None:
    channel = shop()
    rows = [deliver(order()), deliver(order(id=2, name="#1002"))]
    for row in rows:
        assert (row.state, row.finding, row.values["list"]) == ("failed", "sku", ["A-1"])
        assert "A-1" in row.message
    assert not SalesOrder.objects.exists()
    ours = make_product("OURS-9")
    assert map_sku(channel, external_sku="A-1", product=ours, by=cast.sales) == 2
    for row in rows:
        take(row.pk)
    assert {line.product.sku for made in SalesOrder.objects.all() for line in made.lines.all()} == {"OURS-9", "FREIGHT"}
    assert SalesOrder.objects.count() == 2


def test_a_cancelled_order_asks_nobody_for_products(cast: SimpleNamespace) -> None:
    shop()
    cancelled = deliver(order(cancelled_at="2026-03-01T10:02:00+08:00", **at(2)), topic="orders/cancelled")
    late = deliver(order(**at(0)))
    assert (cancelled.finding, late.finding) == ("gone", "older")
    assert not SalesOrder.objects.exists()


def test_a_newer_state_takes_older_failures_off_the_list(lamp: Any) -> None:
    wrong = deliver(order(line_items=[{**order()["line_items"][0], "sku": "NONE"}], **at(0)))
    assert wrong.state == "failed"
    deliver(order(**at(1)), topic="orders/updated")
    wrong.refresh_from_db()
    assert (wrong.state, wrong.finding) == ("ignored", "older")


@pytest.mark.parametrize("first", ["refund", "order"])
def test_a_refund_becomes_a_case_once(lamp: Any, first: str) -> None:
    money = {"id": 7, "note": "坏了", "transactions": [{"kind": "refund", "status": "success", "amount": "20.00"}]}
    refund = {**money, "order_id": order()["id"]}
    if first == "refund":
        assert deliver(refund, topic="refunds/create").finding == "no_order"
        deliver(order(**at(0)))
    else:
        deliver(order(**at(0)))
        deliver(refund, topic="refunds/create")
    deliver(order(refunds=[money], financial_status="partially_refunded", **at(1)), topic="orders/updated")
    case = ServiceCase.objects.get()
    assert "20.00" in case.text
    assert StatusChange.objects.filter(transition="shop_refunded").count() == 1
    assert SalesOrder.objects.get().paid == 0
    assert not ChannelOrder.objects.filter(state="failed").exists()


@pytest.mark.parametrize("first", ["deletion", "order"])
def test_a_deleted_order_is_cancelled(lamp: Any, first: str) -> None:
    gone = {"id": order()["id"]}
    if first == "deletion":
        deliver(gone, topic="orders/delete")
        deliver(order())
    else:
        deliver(order())
        deliver(gone, topic="orders/delete")
    assert SalesOrder.objects.get().status == "cancelled"


def test_test_messages_and_unknown_topics_are_put_aside(lamp: Any) -> None:
    assert deliver(order(test=True)).finding == "test"
    unknown = deliver({"id": 1}, topic="products/update")
    assert (unknown.state, unknown.finding) == ("ignored", "topic")
    assert not SalesOrder.objects.exists()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"total_price": "409.94"}, "totals"),
        ({"currency": "USD"}, "currency"),
        ({"line_items": []}, "empty"),
        ({"updated_at": "yesterday"}, "shape"),
        ({"total_price": {"amount": 1}}, "shape"),
        ({"total_price": "NaN"}, "shape"),
        ({"line_items": [{**order()["line_items"][0], "total_discount": "500.00"}]}, "negative"),
    ],
)
def test_what_cannot_be_taken_says_why(lamp: Any, changes: dict[str, Any], finding: str) -> None:
    row = deliver(order(**changes))
    assert (row.state, row.finding) == ("failed", finding)
    assert row.message
    assert not SalesOrder.objects.exists()
    assert not Customer.objects.filter(name="李伟").exists()


def test_another_currency_keeps_its_amounts_and_the_channels_rate(cast: SimpleNamespace) -> None:
    shop(currency="USD", rate=Decimal("7.1"))
    make_product("A-1")
    deliver(order(currency="USD"))
    made = SalesOrder.objects.get()
    assert (made.currency, made.rate, made.total) == ("USD", Decimal("7.1"), Decimal("126.00"))


def test_customers_are_found_by_mail_phone_or_key(lamp: Any) -> None:
    by_mail = make_customer("丙公司", email="Li.Wei@example.com")
    deliver(order())
    assert SalesOrder.objects.get().customer == by_mail
    renamed = order(id=2, name="#1002", email="new@example.com")
    renamed["customer"]["email"] = "new@example.com"
    deliver(renamed)  # the same key in the shop
    assert SalesOrder.objects.get(external_number="#1002").customer == by_mail
    guest = order(id=3, name="#1003", email="", customer=None, phone="+86 138-1234-5678")
    deliver(guest)
    assert SalesOrder.objects.get(external_number="#1003").customer.contacts.get().phone == "13812345678"
    assert ChannelCustomer.objects.count() == 2


def test_a_number_that_somebody_entered_by_hand_is_linked(lamp: Any, cast: SimpleNamespace) -> None:
    deliver(order())
    SalesOrder.objects.get()
    ChannelOrder.objects.all().delete()
    row = deliver(order(**at(5)), topic="orders/updated")
    assert (row.finding, row.order) == ("linked", SalesOrder.objects.get())


def test_left_behind_deliveries_are_swept_and_given_up_some_day(lamp: Any) -> None:
    row = deliver(order(), work=False)
    assert sweep() == 0  # the worker has it, most likely
    ChannelOrder.objects.update(received_at="2026-03-01T00:00Z")
    assert sweep() == 1
    assert SalesOrder.objects.count() == 1
    row.channel.adapter = "none"
    row.channel.save()
    lost = ChannelOrder.objects.create(
        channel=row.channel, event_id="x", source_id="9", body="{}", state="waiting", received_at="2026-03-01T00:00Z"
    )
    for attempt in range(1, 6):
        assert sweep() == 1
        lost.refresh_from_db()
        assert lost.attempts == attempt
        ChannelOrder.objects.filter(pk=lost.pk).update(tried_at="2026-03-01T00:00Z")
    assert (lost.state, lost.finding) == ("failed", "technical")
    assert sweep() == 0


def test_a_failure_is_put_aside_or_tried_again_by_hand(lamp: Any, cast: SimpleNamespace) -> None:
    row = deliver(order(currency="USD"))
    row.channel.currency = "USD"
    row.channel.save()
    retry(row, by=cast.sales)
    take(row.pk)
    row.refresh_from_db()
    assert row.state == "taken"
    other = deliver(order(id=5, currency="EUR"))
    dismiss(other, by=cast.sales)
    other.refresh_from_db()
    assert (other.state, other.finding) == ("ignored", "dismissed")


def test_rejected_orders_take_the_correction_and_stay_rejected(
    lamp: Any, cast: SimpleNamespace, no_auto_approval: None
) -> None:
    deliver(order(**at(0)))
    made = SalesOrder.objects.get()
    advance(made, "reject", by=cast.approver, note="数量太多")
    deliver(order(quantity=1, **at(1)), topic="orders/updated")
    made.refresh_from_db()
    assert (made.status, made.lines.get(product=lamp).quantity) == ("rejected", 1)
