"""Promised stock that people move: released, taken for another order, given back; what it says, refuses and keeps true."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string

from erp.errors import BusinessError, NotPermitted
from erp.models import StatusChange
from erp.verification import SOURCES
from erp.workflow import advance
from inventory.models import PurchaseOrder, Reservation, Supplier, SupplyRequest
from inventory.services import PurchaseInput, create_purchase_order, default_warehouse
from notifications.models import Notice
from orders.models import SalesOrder, Taking
from orders.services import give_back, release_rest, take_from
from orders.views.taking import offers_for
from shipping.models import PickList
from shipping.services import confirm_pick
from tests.cast import make_order, make_product, put_in_stock
from tests.orders.test_fulfilment import in_threads


def proved() -> list[str]:
    return [said for path in SOURCES for said in import_string(path)()]


def line_of(order: SalesOrder) -> Any:
    return order.lines.select_related("product", "order").get()


def states(*orders: SalesOrder) -> list[tuple[str, Decimal]]:
    return [(SalesOrder.objects.get(pk=order.pk).status, line_of(order).reserved) for order in orders]


@pytest.fixture
def pair(cast: SimpleNamespace) -> SimpleNamespace:
    """Ten pieces, all held by `giver`; `taker` wants four of them and has none."""
    product = make_product("A-1", name="合页")
    put_in_stock(product, 10)
    giver = make_order((product, 10), customer=cast.alpha, by=cast.sales)
    taker = make_order((product, 4), customer=cast.beta, by=cast.manager)
    assert states(giver, taker) == [("ready_to_ship", 10), ("approved", 0)]
    return SimpleNamespace(product=product, giver=giver, taker=taker)


def take(pair: SimpleNamespace, by: Any, quantity: int = 4, reason: str = "客户急用") -> Taking:
    return take_from(line_of(pair.giver), line_of(pair.taker), Decimal(quantity), by=by, reason=reason)


def test_stock_changes_hands_and_everybody_knows(
    cast: SimpleNamespace, pair: SimpleNamespace, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        taking = take(pair, cast.manager)
    assert states(pair.giver, pair.taker) == [("approved", 6), ("ready_to_ship", 4)]
    need = SupplyRequest.objects.get(status="open")
    assert (need.document_id, need.quantity) == (pair.giver.pk, 4)
    # The giver's list is withdrawn, the taker has one.
    assert list(PickList.objects.filter(status="open").values_list("order", flat=True)) == [pair.taker.pk]
    notes = dict(
        StatusChange.objects.filter(transition__in=["stock_taken", "stock_got"]).values_list("document_id", "note")
    )
    assert pair.taker.number in notes[pair.giver.pk] and "客户急用" in notes[pair.giver.pk]
    assert pair.giver.number in notes[pair.taker.pk]
    assert Notice.objects.filter(event="orders.SalesOrder.stock_taken", user=cast.sales).exists()
    assert (taking.quantity, taking.by, taking.undone_at) == (4, cast.manager, None)
    assert proved() == []


def test_it_is_undone_once(cast: SimpleNamespace, pair: SimpleNamespace) -> None:
    taking = take(pair, cast.manager)
    assert give_back(taking, by=cast.manager) == 4
    assert states(pair.giver, pair.taker) == [("ready_to_ship", 10), ("approved", 0)]
    assert give_back(taking, by=cast.manager) == 4
    assert states(pair.giver, pair.taker) == [("ready_to_ship", 10), ("approved", 0)]
    assert proved() == []


def test_what_was_picked_or_has_come_meanwhile_stays(cast: SimpleNamespace, pair: SimpleNamespace) -> None:
    taking = take(pair, cast.manager)
    confirm_pick(PickList.objects.get(status="open"), picked={}, by=cast.warehouse)
    with pytest.raises(BusinessError, match=pair.taker.number):
        give_back(taking, by=cast.manager)
    assert states(pair.giver, pair.taker) == [("approved", 6), ("ready_to_ship", 4)]
    taking.refresh_from_db()
    assert taking.undone_at is None
    assert proved() == []


def test_only_what_the_giver_still_lacks_goes_back(cast: SimpleNamespace, pair: SimpleNamespace) -> None:
    from orders.services import allocate_waiting

    taking = take(pair, cast.manager)
    put_in_stock(pair.product, 3)
    allocate_waiting([pair.product.pk], warehouse_id=pair.giver.warehouse_id, by=None)
    assert give_back(taking, by=cast.manager) == 1
    assert states(pair.giver, pair.taker) == [("ready_to_ship", 10), ("approved", 3)]
    assert proved() == []


def test_refusals_change_nothing(cast: SimpleNamespace, pair: SimpleNamespace) -> None:
    with pytest.raises(NotPermitted):
        take(pair, cast.sales)
    for quantity in (0, -1, 5, 11):
        with pytest.raises(BusinessError) as refusal:
            take(pair, cast.manager, quantity)
        assert refusal.value.field == "quantity"
    with pytest.raises(BusinessError) as refusal:
        take(pair, cast.manager, reason=" ")
    assert refusal.value.field == "reason"
    with pytest.raises(BusinessError):  # the same order
        take_from(line_of(pair.giver), line_of(pair.giver), Decimal(1), by=cast.manager, reason="x")
    other = make_order((make_product(), 1), customer=cast.beta, by=cast.manager)
    with pytest.raises(BusinessError):  # other goods
        take_from(line_of(pair.giver), line_of(other), Decimal(1), by=cast.manager, reason="x")
    SalesOrder.objects.filter(pk=pair.taker.pk).update(hold_reason="等款")
    with pytest.raises(BusinessError):
        take(pair, cast.manager)
    SalesOrder.objects.filter(pk=pair.taker.pk).update(hold_reason="")
    confirm_pick(PickList.objects.get(status="open"), picked={}, by=cast.warehouse)
    with pytest.raises(BusinessError):  # all of it is off the shelf
        take(pair, cast.manager, 1)
    advance(pair.taker, "cancel", by=cast.manager, note="x")
    with pytest.raises(BusinessError):
        take(pair, cast.manager, 1)
    assert not Taking.objects.exists()
    assert proved() == []


def test_the_rest_is_released_to_others(cast: SimpleNamespace, pair: SimpleNamespace) -> None:
    with pytest.raises(NotPermitted):
        release_rest(pair.giver, by=cast.warehouse, reason="x")
    with pytest.raises(BusinessError):
        release_rest(pair.giver, by=cast.sales, reason="")
    release_rest(pair.giver, by=cast.manager, reason="客户推迟", then_hold=True)
    assert states(pair.giver, pair.taker) == [("approved", 0), ("ready_to_ship", 4)]
    pair.giver.refresh_from_db()
    assert pair.giver.hold_reason == "客户推迟"
    with pytest.raises(BusinessError):
        release_rest(pair.giver, by=cast.manager, reason="again")
    assert Reservation.objects.get().quantity == 4
    assert proved() == []


def test_what_is_picked_is_not_released(cast: SimpleNamespace, pair: SimpleNamespace) -> None:
    line = PickList.objects.get(status="open").lines.get()
    confirm_pick(line.pick_list, picked={line.pk: Decimal(7)}, by=cast.warehouse)
    assert states(pair.giver) == [("approved", 7)]
    with pytest.raises(BusinessError):
        release_rest(pair.giver, by=cast.sales, reason="客户推迟")
    assert states(pair.giver) == [("approved", 7)]
    assert proved() == []


def test_offers_say_how_late_each_order_would_be(cast: SimpleNamespace) -> None:
    product, today = make_product(lead_days=30), timezone.localdate()
    put_in_stock(product, 7)
    soon = make_order((product, 3), customer=cast.alpha, promised_date=today + dt.timedelta(days=3))
    later = make_order((product, 4), customer=cast.alpha, promised_date=today + dt.timedelta(days=90))
    urgent = make_order((product, 2), customer=cast.beta, promised_date=today + dt.timedelta(days=2), priority=9)
    best, worst = offers_for(line_of(urgent), cast.manager)
    assert (best.line.order, best.late, best.quantity, best.held) == (later, 0, 2, 4)
    assert worst.line.order == soon and worst.late > 20
    # What is on its way for the one who takes will serve the one who gives.
    supplier = Supplier.objects.create(code="S1", name="厂")
    buy = create_purchase_order(
        supplier=supplier,
        warehouse=default_warehouse(),
        lines=[PurchaseInput(product, Decimal(2), Decimal(1))],
        by=None,
    )
    advance(buy, "place", by=None)
    PurchaseOrder.objects.filter(pk=buy.pk).update(expected_on=today + dt.timedelta(days=5))
    assert max(offer.late for offer in offers_for(line_of(urgent), cast.manager)) <= 5


@pytest.mark.django_db(transaction=True)
def test_two_take_the_same_goods_at_once(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 4)
    giver = make_order((product, 4), customer=cast.alpha, by=cast.manager)
    takers = [make_order((product, 3), customer=cast.beta, by=cast.manager) for _ in range(2)]
    lines = [line_of(order) for order in (giver, *takers)]
    answers = in_threads(
        lambda: take_from(lines[0], lines[1], Decimal(3), by=cast.manager, reason="急"),
        lambda: take_from(lines[0], lines[2], Decimal(3), by=cast.manager, reason="急"),
        lambda: advance(SalesOrder.objects.get(pk=takers[0].pk), "cancel", by=cast.manager, note="不要了"),
    )
    assert sum(isinstance(answer, Taking) for answer in answers) == 1 or isinstance(answers[0], BusinessError)
    assert sum(row.quantity for row in Reservation.objects.all()) <= 4
    assert proved() == []


# Pages


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_pages_take_release_and_undo(cast: SimpleNamespace, pair: SimpleNamespace) -> None:
    client, giver, taker = client_of(cast.manager), line_of(pair.giver), line_of(pair.taker)
    base = f"/orders/{pair.taker.number}/stock/"
    assert f"{base}take/{taker.pk}/" in client.get(base).content.decode()
    page = client.get(f"{base}take/{taker.pk}/")
    assert pair.giver.number in page.content.decode()
    data = {"source": giver.pk, "quantity": "4", "reason": "客户急用", "token": "t1"}
    bad = client.post(f"{base}take/{taker.pk}/", {**data, "quantity": "9"})
    assert bad.status_code == 422 and "客户急用" in bad.content.decode()
    for _twice in range(2):
        client.post(f"{base}take/{taker.pk}/", {**data, "quantity": "2"})
    assert line_of(pair.taker).reserved == 2
    taking = Taking.objects.get()
    undo = f"{base}undo/{taking.pk}/"
    assert undo in client.get(base).content.decode()
    assert client.post(undo).status_code == 302
    assert line_of(pair.taker).reserved == 0
    refused = client.post(f"/orders/{pair.giver.number}/stock/release/", {"reason": ""})
    assert refused.status_code == 422
    assert client.post(f"/orders/{pair.giver.number}/stock/release/", {"reason": "推迟"}).status_code == 302
    assert states(pair.giver, pair.taker) == [("approved", 0), ("ready_to_ship", 4)]


def test_pages_are_for_those_who_may(cast: SimpleNamespace, pair: SimpleNamespace) -> None:
    sales, taker = client_of(cast.sales), line_of(pair.taker)
    mine, theirs = f"/orders/{pair.giver.number}/stock/", f"/orders/{pair.taker.number}/stock/"
    assert sales.get(mine).status_code == 200
    assert sales.get(theirs).status_code == 404
    assert client_of(cast.approver).get(f"{theirs}take/{taker.pk}/").status_code == 403
    assert client_of(cast.warehouse).post(f"{mine}release/", {"reason": "x"}).status_code == 403
    assert client_of(cast.alpha_login).get(mine).status_code in (302, 403, 404)
    manager = client_of(cast.manager)
    assert manager.get(f"{mine}take/{taker.pk}/").status_code == 404  # a line of another order
    assert manager.post(f"{mine}undo/1/").status_code == 404


def test_the_page_costs_the_same_with_many_offers(
    cast: SimpleNamespace, pair: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    put_in_stock(pair.product, 30)
    for _ in range(8):
        make_order((pair.product, 2), customer=cast.alpha, by=cast.manager)
    wanting = make_order((pair.product, 50), customer=cast.beta, by=cast.manager)
    client = client_of(cast.manager)
    with django_assert_max_num_queries(26):
        client.get(f"/orders/{wanting.number}/stock/take/{line_of(wanting).pk}/")
