"""Waves: several orders in one walk, one person at a time, each state with each step."""

from decimal import Decimal

import pytest

from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.workflow import advance
from inventory.models import Place
from inventory.services import Movement, default_warehouse, post_moves
from shipping import services
from shipping.models import PickList, PickReturn, Wave
from tests.cast import make_order, make_product, make_user, put_in_stock
from tests.shipping.conftest import open_list, proved
from tests.shipping.walking import command, send, stop_of, wave_of


@pytest.fixture
def two(cast):
    """Two ready orders of the same screw, five and seven, and one of them with a hinge."""
    screw, hinge = make_product("LS-1", name="螺丝"), make_product("HY-1", name="合页")
    put_in_stock(screw, 40, cost="1")
    put_in_stock(hinge, 10, cost="5")
    first = make_order((screw, 5), (hinge, 2), customer=cast.alpha)
    second = make_order((screw, 7), customer=cast.beta)
    return open_list(first), open_list(second)


def test_a_wave_gives_each_list_a_tote(two, cast):
    wave = wave_of(two, cast)
    assert wave.status == "open"
    assert list(wave.pick_lists.order_by("slot").values_list("pk", "slot")) == [(two[0].pk, 1), (two[1].pk, 2)]


@pytest.mark.parametrize("reason", ["nothing", "picked", "in a wave", "claimed", "held"])
def test_what_cannot_go_along_is_named_and_nothing_changes(two, cast, reason):
    first, second = two
    lists = [] if reason == "nothing" else [first, second]
    if reason == "picked":
        services.confirm_pick(second, picked={}, by=cast.warehouse)
    elif reason == "in a wave":
        wave_of([second], cast)
    elif reason == "claimed":
        services.claim_list(second, by=make_user("warehouse"))
    elif reason == "held":
        second.order.hold_reason = "等款"
        second.order.save(update_fields=["hold_reason"])
    before = Wave.objects.count()
    with pytest.raises(BusinessError):
        wave_of(lists, cast)
    assert Wave.objects.count() == before
    first.refresh_from_db()
    assert first.wave is None


def test_only_pickers_make_waves_and_are_given_them(two, cast):
    with pytest.raises(NotPermitted):
        services.open_wave(list(two), by=cast.sales)
    with pytest.raises(BusinessError):
        services.open_wave(list(two), by=cast.warehouse, assignee=cast.sales)


def test_the_second_person_is_told_who_picks_and_may_take_over(two, cast):
    wave, other = wave_of(two, cast), make_user("warehouse")
    services.claim_wave(wave, by=cast.warehouse)
    services.claim_wave(wave, by=cast.warehouse)
    assert wave.status == "picking"
    with pytest.raises(BusinessError) as refusal:
        services.claim_wave(wave, by=other)
    assert refusal.value.code == "picked_by_other"
    with pytest.raises(BusinessError):
        services.confirm_pick(two[0], picked={}, by=other)
    services.claim_wave(wave, by=other, take_over=True)
    assert set(PickList.objects.filter(wave=wave).values_list("picker", flat=True)) == {other.pk}


def test_a_list_in_a_wave_is_not_begun_alone(two, cast):
    wave_of(two, cast)
    with pytest.raises(BusinessError):
        services.claim_list(PickList.objects.get(pk=two[0].pk), by=cast.warehouse)


def test_assigning_ends_when_somebody_walks(two, cast):
    wave = wave_of(two, cast)
    services.assign_wave(wave, assignee=cast.warehouse, by=cast.warehouse)
    assert wave.assignee == cast.warehouse
    services.claim_wave(wave, by=cast.warehouse)
    with pytest.raises(BusinessError):
        services.assign_wave(wave, assignee=None, by=cast.warehouse)


def test_picked_whole_then_packed_closes_the_wave(two, cast):
    wave = services.claim_wave(wave_of(two, cast), by=cast.warehouse)
    with pytest.raises(BusinessError) as refusal:
        services.finish_scanning(wave, by=cast.warehouse)
    assert refusal.value.code == "stops_open"
    send(wave, cast.warehouse, command(1, stop_of(two[0], "LS-1"), 12), command(2, stop_of(two[0], "HY-1"), 2))
    services.finish_scanning(wave, by=cast.warehouse)
    wave.refresh_from_db()
    assert wave.status == "picked"
    for pick_list in two:
        pick_list.refresh_from_db()
        assert pick_list.status == "picked"
        services.pack(pick_list, parcels=None, by=cast.warehouse)
    wave.refresh_from_db()
    assert wave.status == "closed"
    assert proved() == []


def test_what_is_missing_makes_only_its_order_wait(two, cast):
    wave = services.claim_wave(wave_of(two, cast), by=cast.warehouse)
    screw = stop_of(two[0], "LS-1")
    send(
        wave,
        cast.warehouse,
        command(1, screw, 6),
        command(2, screw, kind="short", reason="missing"),
        command(3, stop_of(two[0], "HY-1"), 2),
    )
    services.finish_scanning(wave, by=cast.warehouse)
    first, second = (PickList.objects.get(pk=one.pk) for one in two)
    assert {line.order_line.product.sku: line.picked for line in first.lines.all()} == {"LS-1": 5, "HY-1": 2}
    line = second.lines.get()
    assert (line.picked, line.short_reason, second.order.status) == (1, "missing", "approved")
    assert first.order.status == "ready_to_ship"
    assert proved() == []


def test_dissolving_keeps_what_was_scanned(two, cast):
    wave = services.claim_wave(wave_of(two, cast), by=cast.warehouse)
    send(wave, cast.warehouse, command(1, stop_of(two[0], "LS-1"), 6))
    with pytest.raises(TransitionRefused):
        services.dissolve_wave(wave, by=cast.warehouse, note="")
    services.dissolve_wave(wave, by=cast.warehouse, note="下班了")
    first, second = (PickList.objects.get(pk=one.pk) for one in two)
    assert (wave.status, first.wave, first.picker, second.slot) == ("cancelled", None, None, None)
    assert second.lines.get().scanned == 1


def test_a_held_order_is_taken_out_and_the_rest_goes_on(two, cast):
    wave = services.claim_wave(wave_of(two, cast), by=cast.warehouse)
    send(wave, cast.warehouse, command(1, stop_of(two[0], "LS-1"), 12), command(2, stop_of(two[0], "HY-1"), 2))
    two[1].order.hold_reason = "等款"
    two[1].order.save(update_fields=["hold_reason"])
    with pytest.raises(BusinessError):
        services.finish_scanning(wave, by=cast.warehouse)
    services.take_out(PickList.objects.get(pk=two[1].pk), by=cast.warehouse)
    with pytest.raises(BusinessError):
        services.take_out(PickList.objects.get(pk=two[1].pk), by=cast.warehouse)
    services.finish_scanning(wave, by=cast.warehouse)
    assert PickList.objects.get(pk=two[0].pk).status == "picked"
    assert PickList.objects.get(pk=two[1].pk).lines.get().scanned == 7


def test_a_cancelled_orders_goods_go_back_to_their_bin(two, cast):
    wave = services.claim_wave(wave_of(two, cast), by=cast.warehouse)
    send(wave, cast.warehouse, command(1, stop_of(two[0], "LS-1"), 12))
    advance(two[1].order, "cancel", by=cast.manager, note="客户取消")
    entry = PickReturn.objects.get()
    assert (entry.pick_list_id, entry.quantity) == (two[1].pk, 7)
    services.confirm_return(entry, by=cast.warehouse)
    first = services.confirm_return(entry, by=cast.warehouse)
    assert first.done_by == cast.warehouse
    wave.refresh_from_db()
    assert wave.status == "picking"


def test_more_stock_on_the_list_keeps_what_was_scanned(cast):
    product = make_product("A-1")
    put_in_stock(product, 4, cost="1")
    order = make_order((product, 6), customer=cast.alpha)
    pick_list = services.open_pick_list(order, by=cast.warehouse)
    send(services.claim_list(pick_list, by=cast.warehouse), cast.warehouse, command(1, stop_of(pick_list, "A-1"), 3))
    bin_ = Place.objects.filter(kind="bin", warehouse=default_warehouse()).first()
    post_moves(
        [
            Movement(
                product_id=product.pk,
                source_id=Place.objects.get(kind="supplier").pk,
                target_id=bin_.pk,
                quantity=Decimal(5),
                unit_cost=Decimal(1),
                key="more",
            )
        ],
        document=None,
        by=None,
        reason="test",
    )
    from orders.services import allocate_waiting

    allocate_waiting([product.pk], warehouse_id=order.warehouse_id, by=None)
    line = PickList.objects.get(pk=pick_list.pk).lines.get()
    assert (line.wanted, line.scanned) == (6, 3)


ALL = set(Wave.Status.values)
ALLOWED = {
    "start": {"open"},
    "finish": {"open", "picking"},
    "close": {"picked"},
    "cancel": {"open", "picking"},
}


@pytest.mark.parametrize("step", ALLOWED)
def test_each_state_with_each_step(two, cast, step):
    for state in sorted(ALL):
        wave = Wave.objects.create(number=f"WV-{step}-{state}", warehouse=default_warehouse())
        Wave.objects.filter(pk=wave.pk).update(status=state)
        wave = Wave.objects.get(pk=wave.pk)
        if state in ALLOWED[step]:
            advance(wave, step, by=None)
        else:
            with pytest.raises(TransitionRefused):
                advance(wave, step, by=None)
