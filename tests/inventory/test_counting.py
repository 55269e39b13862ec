"""Stock counts: what is compared with what, who decides, and what happens to goods that were promised."""

from decimal import Decimal

import pytest

from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.models import Company
from erp.workflow import advance
from finance.models import JournalEntry
from inventory.models import CountEntry, Place, Reservation, StockCount, StockItem, StockMove, SupplyRequest
from inventory.services import (
    Found,
    Movement,
    count_again,
    default_warehouse,
    enter_bin,
    plan_count,
    post_moves,
    virtual_place,
)
from inventory.verify import differences
from orders.verify import differences as order_differences
from shipping.models import PickList
from shipping.services import confirm_pick
from tests.cast import make_order, make_product, put_in_stock

pytestmark = pytest.mark.django_db


def limits(*, approval="0", again="0"):
    company = Company.current()
    company.count_approval_limit, company.count_again_limit = Decimal(approval), Decimal(again)
    company.save()


@pytest.fixture
def stocked(cast, product):
    limits()
    put_in_stock(product, 10)
    return product


def counting(cast, bin_place, **fields):
    document = plan_count(warehouse=default_warehouse(), places=[bin_place], by=cast.warehouse, **fields)
    advance(document, "start", by=cast.warehouse)
    return document


def count(document, place, quantity, by, **fields):
    line = document.lines.get(place=place)
    return enter_bin(document, place, counted={line.pk: Decimal(quantity)}, by=by, **fields)


def move(product, source, target, quantity, key):
    post_moves(
        [Movement(product.pk, source.pk, target.pk, Decimal(quantity), key, unit_cost=Decimal(60))],
        document=None,
        by=None,
        reason="test",
    )


def all_well():
    return not [*differences(), *order_differences()]


def test_difference_is_written_with_its_value(cast, stocked, bin_place):
    document = counting(cast, bin_place)
    count(document, bin_place, 8, cast.warehouse)
    advance(document, "finish", by=cast.warehouse)
    assert (document.gain, document.loss) == (0, 120)
    advance(document, "post", by=cast.warehouse)
    item = StockItem.objects.get(product=stocked, place=bin_place)
    assert item.on_hand == 8
    moved = StockMove.objects.get(document_type="inventory.StockCount")
    assert (moved.quantity, moved.value, moved.target.kind) == (2, 120, Place.Kind.ADJUSTMENT)
    assert JournalEntry.objects.filter(lines__account__code="1901", lines__amount=120).exists()
    assert all_well()


def test_equal_count_moves_nothing(cast, stocked, bin_place):
    document = counting(cast, bin_place)
    count(document, bin_place, 10, cast.warehouse)
    advance(document, "finish", by=cast.warehouse)
    advance(document, "post", by=cast.warehouse)
    assert not StockMove.objects.filter(document_type="inventory.StockCount").exists()
    assert not document.bins.filter(open=True).exists()


def test_moves_during_the_count_are_reckoned_with(cast, stocked, bin_place):
    other = Place.objects.get(code="MAIN-A-01-02")
    document = counting(cast, bin_place)
    begun = StockMove.objects.order_by("-id").first().pk
    move(stocked, bin_place, other, 3, "out before")
    move(stocked, virtual_place("supplier"), bin_place, 5, "in before")
    count(document, bin_place, 11, cast.warehouse)
    line = document.lines.get()
    since = StockMove.objects.filter(pk__gt=begun, product=stocked)
    into = sum(row.quantity for row in since.filter(target=bin_place))
    out = sum(row.quantity for row in since.filter(source=bin_place))
    assert (line.snapshot, line.book, line.difference) == (10, 10 + into - out, -1)
    assert line.moved == 2
    move(stocked, bin_place, other, 4, "out after")
    advance(document, "finish", by=cast.warehouse)
    advance(document, "post", by=cast.warehouse)
    assert StockItem.objects.get(product=stocked, place=bin_place).on_hand == 7
    assert all_well()


def test_picked_goods_are_not_expected_on_the_shelf(cast, stocked, bin_place):
    order = make_order((stocked, 4))
    confirm_pick(PickList.objects.get(order=order), picked={}, by=None)
    document = counting(cast, bin_place)
    assert document.lines.get().snapshot == 6
    count(document, bin_place, 6, cast.warehouse)
    advance(document, "finish", by=cast.warehouse)
    advance(document, "post", by=cast.warehouse)
    assert StockItem.objects.get(product=stocked, place=bin_place).on_hand == 10


def test_frozen_bin_refuses_moves_and_picks(cast, stocked, bin_place):
    order = make_order((stocked, 4))
    document = counting(cast, bin_place, freeze=True)
    with pytest.raises(BusinessError, match=document.number):
        move(stocked, virtual_place("supplier"), bin_place, 1, "in")
    with pytest.raises(BusinessError, match=document.number):
        confirm_pick(PickList.objects.get(order=order), picked={}, by=None)
    advance(document, "cancel", by=cast.warehouse, note="later")
    move(stocked, virtual_place("supplier"), bin_place, 1, "in")
    assert StockItem.objects.get(product=stocked, place=bin_place).on_hand == 11


def test_bin_is_in_one_running_count(cast, stocked, bin_place):
    first = counting(cast, bin_place)
    second = plan_count(warehouse=default_warehouse(), by=cast.warehouse)
    with pytest.raises(BusinessError, match=first.number):
        advance(second, "start", by=cast.warehouse)
    second.refresh_from_db()
    assert second.status == "draft"
    assert not second.lines.exists()


def test_found_product_comes_in_at_its_cost(cast, stocked, bin_place):
    stranger = make_product(cost="7")
    document = counting(cast, bin_place)
    count(document, bin_place, 10, cast.warehouse, found=[Found(stranger, Decimal(3))])
    advance(document, "finish", by=cast.warehouse)
    assert document.gain == 21
    advance(document, "post", by=cast.warehouse)
    assert StockItem.objects.get(product=stranger).on_hand == 3
    assert all_well()


def test_service_is_not_found(cast, stocked, bin_place):
    document = counting(cast, bin_place)
    with pytest.raises(BusinessError, match="服务"):
        count(document, bin_place, 10, None, found=[Found(make_product(kind="service"), Decimal(1))])
    assert not CountEntry.objects.exists()


def test_large_difference_is_counted_twice(cast, stocked, bin_place):
    limits(again="100")
    document = counting(cast, bin_place)
    count(document, bin_place, 5, cast.warehouse)
    advance(document, "finish", by=cast.warehouse)
    document.refresh_from_db()
    assert document.status == "counting"
    assert document.lines.get().again
    count(document, bin_place, 9, cast.warehouse)
    advance(document, "finish", by=cast.warehouse)
    assert document.status == "review"
    assert document.loss == 60
    assert list(CountEntry.objects.order_by("id").values_list("quantity", flat=True)) == [5, 9]


def test_chosen_lines_are_counted_again(cast, stocked, bin_place):
    document = counting(cast, bin_place)
    count(document, bin_place, 9, cast.warehouse)
    advance(document, "finish", by=cast.warehouse)
    with pytest.raises(BusinessError):
        count_again(document, [], by=cast.warehouse)
    count_again(document, [document.lines.get().pk], by=cast.warehouse)
    with pytest.raises(TransitionRefused):
        advance(document, "finish", by=cast.warehouse)


def test_above_the_limit_another_person_approves(cast, stocked, bin_place):
    limits(approval="50")
    document = counting(cast, bin_place)
    count(document, bin_place, 9, cast.admin)
    advance(document, "finish", by=cast.warehouse)
    with pytest.raises(TransitionRefused):
        advance(document, "post", by=cast.warehouse)
    with pytest.raises(NotPermitted):
        advance(document, "approve", by=cast.warehouse)
    with pytest.raises(TransitionRefused):
        advance(document, "approve", by=cast.admin)  # counted it
    advance(document, "approve", by=cast.manager)
    assert document.posted_by == cast.manager


def test_missing_promised_stock_is_taken_from_the_least_urgent(cast, stocked, bin_place):
    urgent = make_order((stocked, 6), priority=2)
    later = make_order((stocked, 4))
    document = counting(cast, bin_place)
    count(document, bin_place, 7, cast.warehouse)
    advance(document, "finish", by=cast.warehouse)
    advance(document, "post", by=cast.warehouse)
    urgent.refresh_from_db()
    later.refresh_from_db()
    assert (urgent.status, later.status) == ("ready_to_ship", "approved")
    assert later.lines.get().reserved == 1
    assert SupplyRequest.objects.get(holder_id=later.lines.get().pk).quantity == 3
    assert not PickList.objects.filter(order=later, status="open").exists()
    item = StockItem.objects.get(product=stocked, place=bin_place)
    assert (item.on_hand, item.reserved) == (7, 7)
    assert all_well()


def test_missing_stock_is_replaced_from_another_bin(cast, stocked, bin_place):
    order = make_order((stocked, 10))
    move(stocked, virtual_place("supplier"), Place.objects.get(code="MAIN-B-01-01"), 5, "elsewhere")
    document = counting(cast, bin_place)
    count(document, bin_place, 7, cast.warehouse)
    advance(document, "finish", by=cast.warehouse)
    advance(document, "post", by=cast.warehouse)
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    assert Reservation.objects.filter(holder_id=order.lines.get().pk).count() == 2
    assert all_well()


def test_found_stock_serves_who_waits(cast, stocked, bin_place):
    order = make_order((stocked, 12))
    document = counting(cast, bin_place)
    count(document, bin_place, 12, cast.warehouse)
    advance(document, "finish", by=cast.warehouse)
    advance(document, "post", by=cast.warehouse)
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    assert all_well()


def test_goods_that_were_picked_are_not_given_up(cast, stocked, bin_place):
    order = make_order((stocked, 10))
    document = counting(cast, bin_place)
    count(document, bin_place, 7, cast.warehouse)
    advance(document, "finish", by=cast.warehouse)
    confirm_pick(PickList.objects.get(order=order), picked={}, by=None)
    with pytest.raises(BusinessError):
        advance(document, "post", by=cast.warehouse)
    document.refresh_from_db()
    assert document.status == "review"
    assert StockItem.objects.get(product=stocked, place=bin_place).on_hand == 10


def test_refusals_change_nothing(cast, stocked, bin_place):
    document = counting(cast, bin_place)
    line = document.lines.get()
    other = Place.objects.get(code="MAIN-A-01-02")
    for bad in (
        lambda: enter_bin(document, bin_place, counted={line.pk: Decimal(-1)}, by=None),
        lambda: enter_bin(document, bin_place, counted={0: Decimal(1)}, by=None),
        lambda: enter_bin(document, bin_place, counted={}, by=None),
        lambda: enter_bin(document, other, counted={}, by=None),
        lambda: enter_bin(document, bin_place, counted={line.pk: Decimal(1)}, by=cast.sales),
        lambda: advance(document, "finish", by=cast.warehouse),
        lambda: plan_count(warehouse=default_warehouse(), by=cast.sales),
        lambda: plan_count(warehouse=default_warehouse(), places=[virtual_place("customer")], by=None),
    ):
        with pytest.raises(BusinessError):
            bad()
    assert not CountEntry.objects.exists()
    assert not document.bins.exclude(done_at=None).exists()


def test_repeat_is_harmless(cast, stocked, bin_place):
    document = counting(cast, bin_place)
    once = count(document, bin_place, 9, cast.warehouse, key="k")
    assert count(document, bin_place, 8, cast.warehouse, key="k") == once
    assert document.lines.get().counted == 9


PAIRS = {
    ("draft", "start"): "counting",
    ("draft", "cancel"): "cancelled",
    ("counting", "finish"): "review",
    ("counting", "cancel"): "cancelled",
    ("review", "recount"): "counting",
    ("review", "post"): "posted",
    ("review", "cancel"): "cancelled",
}


@pytest.mark.parametrize("name", StockCount.transitions())
@pytest.mark.parametrize("state", StockCount.Status.values)
def test_every_pair(state, name, cast, stocked, bin_place):
    limits(approval="50" if name == "approve" else "0")
    document = plan_count(warehouse=default_warehouse(), places=[bin_place], by=None)
    if state not in ("draft", "cancelled"):
        advance(document, "start", by=None)
        count(document, bin_place, 9, None)
    if state in ("review", "posted"):
        advance(document, "finish", by=None)
    if state == "posted":
        advance(document, "approve" if name == "approve" else "post", by=None)
    if state == "cancelled":
        advance(document, "cancel", by=None)
    target = PAIRS.get((state, name)) or ("posted" if (state, name) == ("review", "approve") else None)
    if target is None:
        with pytest.raises(TransitionRefused):
            advance(document, name, by=None, note="…")
        assert document.status == state
    else:
        advance(document, name, by=None, note="…")
        assert document.status == target
