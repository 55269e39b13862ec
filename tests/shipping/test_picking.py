"""Pick lists: opened, confirmed, short, withdrawn."""

from decimal import Decimal

import pytest

from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.workflow import advance
from inventory.models import Reservation, StockItem
from orders.services import allocate_waiting, hold, release_hold
from shipping import services
from shipping.models import PickList
from tests.cast import make_order, make_product, put_in_stock
from tests.shipping.conftest import open_list, packed, picked, proved, service_product


def test_ready_order_gets_a_pick_list_of_what_is_reserved(ready):
    lines = open_list(ready).lines.all()

    assert {(line.order_line.product.sku, line.wanted, line.picked) for line in lines} == {
        ("A-1", 5, None),
        ("B-1", 3, None),
    }
    assert proved() == []


def test_opening_again_keeps_the_one_list(ready):
    services.open_pick_list(ready, by=None)
    assert PickList.objects.count() == 1


def test_lines_from_two_bins(cast):
    product = make_product()
    put_in_stock(product, 4)
    item = product.stock_items.get()
    StockItem.objects.create(product=product, place=item.place.warehouse.places.all()[1], on_hand=0)
    put_in_stock(product, 1)
    order = make_order((product, 5))
    assert sum(line.wanted for line in open_list(order).lines.all()) == 5


def test_confirming_counts_what_was_picked(ready, cast):
    pick_list = picked(ready, cast.warehouse)

    assert pick_list.status == "picked"
    assert sorted(ready.lines.values_list("picked", flat=True)) == [3, 5]
    assert proved() == []


def test_confirming_twice_changes_nothing_but_otherwise_is_refused(ready, cast):
    pick_list = picked(ready, cast.warehouse)
    line = pick_list.lines.first()

    services.confirm_pick(pick_list, picked={}, by=cast.warehouse)
    with pytest.raises(TransitionRefused):
        services.confirm_pick(pick_list, picked={line.pk: Decimal(1)}, by=cast.warehouse)

    assert sorted(ready.lines.values_list("picked", flat=True)) == [3, 5]
    assert proved() == []


def test_short_pick_goes_to_quarantine_and_the_order_waits_again(ready, cast):
    pick_list = picked(ready, cast.warehouse, A_1="3")

    ready.refresh_from_db()
    line = ready.lines.get(product__sku="A-1")
    assert (pick_list.status, ready.status) == ("picked", "approved")
    assert (line.picked, line.reserved, line.short) == (3, 3, 2)
    items = {item.place.kind: item for item in line.product.stock_items.select_related("place")}
    assert (items["bin"].on_hand, items["quarantine"].on_hand) == (8, 2)
    assert line.product.supply_requests.get(status="open").quantity == 2
    assert proved() == []


def test_what_was_picked_ships_and_the_rest_follows_when_it_comes(ready, cast):
    pick_list = picked(ready, cast.warehouse, A_1="3")
    shipment = services.pack(pick_list, parcels=None, by=cast.warehouse)
    ready.refresh_from_db()
    product = ready.lines.get(product__sku="A-1").product

    allocate_waiting([product.pk], warehouse_id=ready.warehouse_id, by=None)

    ready.refresh_from_db()
    assert ready.status == "ready_to_ship"
    assert [line.wanted for line in open_list(ready).lines.all()] == [2]
    assert shipment.parcels.get().lines.count() == 2
    assert proved() == []


def test_short_pick_gives_up_the_bin_that_was_empty(cast):
    product = make_product("A-1", cost="10")
    put_in_stock(product, 4)
    first = product.stock_items.get()
    second = StockItem.objects.create(product=product, place=first.place.warehouse.places.all()[1])
    from inventory.services import Movement, post_moves, virtual_place

    post_moves(
        [Movement(product.pk, virtual_place("supplier").pk, second.place_id, Decimal(4), "x", unit_cost=Decimal(10))],
        document=None,
        by=None,
    )
    order = make_order((product, 8))
    pick_list = open_list(order)
    empty = pick_list.lines.get(item=first)

    services.confirm_pick(pick_list, picked={empty.pk: Decimal(1)}, by=cast.warehouse)

    held = {row.item_id: row.quantity for row in Reservation.objects.all()}
    assert held == {first.pk: 1, second.pk: 4}
    assert proved() == []


def test_nothing_on_the_shelf_withdraws_the_list(ready, cast):
    pick_list = picked(ready, cast.warehouse, A_1="0", B_1="0")

    ready.refresh_from_db()
    assert (pick_list.status, ready.status) == ("cancelled", "approved")
    assert not Reservation.objects.exists()
    assert proved() == []


@pytest.mark.parametrize("quantity", ["-1", "5.0001", "99"])
def test_impossible_quantities_are_refused(ready, cast, quantity):
    with pytest.raises(BusinessError) as refusal:
        picked(ready, cast.warehouse, A_1=quantity)
    assert refusal.value.field.startswith("picked_")
    assert open_list(ready).lines.filter(picked=None).count() == 2


def test_line_of_another_list_is_refused(ready, cast):
    with pytest.raises(BusinessError):
        services.confirm_pick(open_list(ready), picked={999999: Decimal(1)}, by=cast.warehouse)


def test_picking_needs_the_right_and_no_hold(ready, cast):
    with pytest.raises(NotPermitted):
        picked(ready, cast.sales)
    hold(ready, by=cast.manager, reason="等客户确认")
    with pytest.raises(TransitionRefused) as refusal:
        picked(ready, cast.warehouse)
    assert "等客户确认" in refusal.value.message
    release_hold(ready, by=cast.manager)
    assert picked(ready, cast.warehouse).status == "picked"


def test_part_of_a_waiting_order_can_be_picked_by_hand(cast):
    there, missing = make_product("A-1"), make_product("B-1")
    put_in_stock(there, 5)
    order = make_order((there, 5), (missing, 1), (service_product(), 1))
    order.refresh_from_db()
    assert order.status == "approved"

    pick_list = services.open_pick_list(order, by=cast.warehouse)

    assert [line.order_line.product.sku for line in pick_list.lines.all()] == ["A-1"]
    with pytest.raises(NotPermitted):
        services.open_pick_list(order, by=cast.sales)


def test_nothing_reserved_cannot_be_picked(cast):
    order = make_order((make_product(), 1))
    with pytest.raises(BusinessError):
        services.open_pick_list(order, by=cast.warehouse)


def test_services_go_along_with_the_last_list(cast):
    product = make_product("A-1")
    put_in_stock(product, 5)
    order = make_order((product, 5), (service_product(), 1))

    pick_list = picked(order, cast.warehouse)

    assert pick_list.lines.get(item=None).picked == 1
    assert proved() == []


def test_open_list_is_withdrawn_when_the_order_waits_again(ready, cast):
    ready.refresh_from_db()
    pick_list = open_list(ready)

    advance(ready, "wait_again", by=None)

    pick_list.refresh_from_db()
    assert pick_list.status == "cancelled"


def test_cancelled_order_withdraws_lists_and_unpacks_parcels(ready, cast):
    shipment = packed(ready, cast.warehouse)

    advance(ready, "cancel", by=cast.manager, note="客户取消")

    shipment.refresh_from_db()
    assert shipment.status == "cancelled"
    assert set(PickList.objects.values_list("status", flat=True)) == {"cancelled"}
    assert set(ready.lines.values_list("picked", flat=True)) == {0}
    assert not Reservation.objects.exists()
    assert proved() == []


def test_cancelled_order_takes_back_picked_and_open_lists(ready, cast):
    picked(ready, cast.warehouse, A_1="3")
    ready.refresh_from_db()

    advance(ready, "cancel", by=cast.manager, note="客户取消")

    assert set(PickList.objects.values_list("status", flat=True)) == {"cancelled"}
    assert set(ready.lines.values_list("picked", flat=True)) == {0}
    assert proved() == []
