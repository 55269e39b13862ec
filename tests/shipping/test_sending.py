"""Packing, unpacking and handing over."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from erp.errors import BusinessError, NotPermitted, TransitionRefused
from inventory.models import Reservation, StockMove
from orders.services import hold
from shipping import services
from shipping.models import Handover, Parcel, PickList, Shipment
from tests.shipping.conftest import on_the_road, open_list, packed, picked, proved, service_of, two_parcels

Input = services.ParcelInput


def test_packing_makes_one_parcel_of_everything(ready, cast):
    shipment = packed(ready, cast.warehouse)

    assert (shipment.status, shipment.pick_list.status) == ("packed", "packed")
    assert sorted(shipment.parcels.get().lines.values_list("quantity", flat=True)) == [3, 5]
    assert proved() == []


def test_packing_into_two_parcels(ready, cast):
    shipment = two_parcels(ready, cast.warehouse)

    assert [parcel.position for parcel in shipment.parcels.all()] == [1, 2]
    assert shipment.parcels.first().weight == Decimal("1.5")


def test_packing_again_returns_the_shipment(ready, cast):
    first = packed(ready, cast.warehouse)

    assert services.pack(first.pick_list, parcels=None, by=cast.warehouse) == first
    assert Shipment.objects.count() == 1


def test_everything_picked_must_be_in_exactly_one_parcel(ready, cast):
    pick_list = picked(ready, cast.warehouse)
    a, b = pick_list.lines.order_by("id")
    wrong = [
        [Input({a.pk: Decimal(4), b.pk: Decimal(3)})],
        [Input({a.pk: Decimal(5), b.pk: Decimal(3)}), Input({a.pk: Decimal(1)})],
        [Input({a.pk: Decimal(5), b.pk: Decimal(3)}), Input({})],
        [Input({a.pk: Decimal(6), b.pk: Decimal(3)}), Input({a.pk: Decimal(-1)})],
        [Input({a.pk: Decimal(5), b.pk: Decimal(3)}, Decimal(-2))],
        [Input({a.pk: Decimal(5), b.pk: Decimal(3), 999999: Decimal(1)})],
        [],
    ]
    for parcels in wrong:
        with pytest.raises(BusinessError):
            services.pack(pick_list, parcels=parcels, by=cast.warehouse)
    assert not Shipment.objects.exists()
    assert not Parcel.objects.exists()


def test_only_picked_lists_can_be_packed(ready, cast):
    with pytest.raises(TransitionRefused):
        services.pack(open_list(ready), parcels=None, by=cast.warehouse)
    with pytest.raises(NotPermitted):
        services.pack(picked(ready, cast.warehouse), parcels=None, by=cast.sales)
    assert not Shipment.objects.exists()


def test_unpacking_puts_the_goods_onto_a_new_list(ready, cast):
    shipment = packed(ready, cast.warehouse)

    services.move(shipment, "cancel", by=cast.warehouse, note="装错箱")

    assert PickList.objects.get(pk=shipment.pick_list_id).status == "cancelled"
    assert sum(line.wanted for line in open_list(ready).lines.all()) == 8
    assert set(ready.lines.values_list("picked", flat=True)) == {0}
    assert packed(ready, cast.warehouse).pk != shipment.pk
    assert proved() == []


def test_handover_takes_stock_and_cost_out_and_ships_the_order(ready, cast):
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)

    ready.refresh_from_db()
    assert (shipment.status, ready.status) == ("in_transit", "shipped")
    assert shipment.cost == Decimal("110.00")  # 5 × 10 + 3 × 20
    assert shipment.expected_on == timezone.localdate() + dt.timedelta(days=service_of().transit_days)
    assert not Reservation.objects.exists()
    assert sorted(ready.lines.values_list("shipped", flat=True)) == [3, 5]
    assert shipment.handover.by == cast.logistics
    assert proved() == []


def test_handover_twice_changes_nothing(ready, cast):
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)
    moves = StockMove.objects.count()
    tracking = dict(shipment.parcels.values_list("pk", "tracking_number"))

    services.hand_over(shipment, service=service_of(), tracking=tracking, by=cast.logistics)

    assert (StockMove.objects.count(), Handover.objects.count()) == (moves, 1)
    with pytest.raises(TransitionRefused):
        services.hand_over(shipment, service=service_of("ZTO"), tracking=tracking, by=cast.logistics)


def test_tracking_numbers_are_cleaned_and_checked(ready, cast):
    shipment = two_parcels(ready, cast.warehouse)
    one, two = shipment.parcels.all()
    wrong = [{one.pk: "SF1"}, {one.pk: "SF1", two.pk: " sf 1"}, {one.pk: "SF1", two.pk: "单号二"}, {one.pk: "a" * 61}]
    for tracking in wrong:
        with pytest.raises(BusinessError) as refusal:
            services.hand_over(shipment, service=service_of(), tracking=tracking, by=cast.logistics)
        assert refusal.value.field.startswith("tracking_")

    services.hand_over(shipment, service=service_of(), tracking={one.pk: "sf 1", two.pk: "SF-2"}, by=cast.logistics)

    assert list(shipment.parcels.values_list("tracking_number", flat=True)) == ["SF1", "SF-2"]


def test_tracking_number_is_unique_within_a_carrier(ready, cast):
    from tests.cast import make_order

    on_the_road(ready, cast.warehouse, cast.logistics, "SF9")
    product = ready.lines.first().product
    other = make_order((product, 1), customer=cast.beta)
    shipment = packed(other, cast.warehouse)
    parcel = shipment.parcels.get()

    with pytest.raises(BusinessError) as refusal:
        services.hand_over(shipment, service=service_of(), tracking={parcel.pk: "SF9-1"}, by=cast.logistics)
    assert refusal.value.code == "tracking_number_taken"
    services.hand_over(shipment, service=service_of("ZTO"), tracking={parcel.pk: "SF9-1"}, by=cast.logistics)


def test_collected_by_the_customer_gets_our_own_numbers(ready, cast):
    shipment = packed(ready, cast.warehouse)

    services.hand_over(shipment, service=service_of("PICKUP"), tracking={}, by=cast.logistics)

    assert shipment.parcels.get().tracking_number == f"{shipment.number}-1"


def test_handover_needs_the_right_and_no_hold(ready, cast):
    shipment = packed(ready, cast.warehouse)
    tracking = {shipment.parcels.get().pk: "SF1"}
    with pytest.raises(NotPermitted):
        services.hand_over(shipment, service=service_of(), tracking=tracking, by=cast.warehouse)
    hold(ready, by=cast.manager, reason="等付款")
    with pytest.raises(TransitionRefused):
        services.hand_over(shipment, service=service_of(), tracking=tracking, by=cast.logistics)
    shipment.refresh_from_db()
    assert (shipment.status, shipment.service) == ("packed", None)
    assert proved() == []


def test_freight_cannot_be_negative(ready, cast):
    shipment = packed(ready, cast.warehouse)
    with pytest.raises(BusinessError):
        services.hand_over(
            shipment,
            service=service_of(),
            tracking={shipment.parcels.get().pk: "SF1"},
            by=cast.logistics,
            freight=Decimal(-1),
        )


def test_partial_shipment_leaves_the_order_waiting(ready, cast):
    pick_list = picked(ready, cast.warehouse, A_1="3")
    shipment = services.pack(pick_list, parcels=None, by=cast.warehouse)
    services.hand_over(shipment, service=service_of(), tracking={shipment.parcels.get().pk: "SF1"}, by=cast.logistics)

    ready.refresh_from_db()
    assert ready.status == "approved"
    assert sorted(ready.lines.values_list("shipped", flat=True)) == [3, 3]
    assert proved() == []


def test_wrong_tracking_number_can_be_corrected_until_the_carrier_reports(ready, cast):
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)
    parcel = shipment.parcels.get()

    services.correct_tracking(parcel, number="sf 777", by=cast.logistics)
    parcel.refresh_from_db()
    assert parcel.tracking_number == "SF777"
    services.record_event(parcel, state="collected", text="已揽收", at=timezone.now())
    with pytest.raises(BusinessError):
        services.correct_tracking(parcel, number="SF778", by=cast.logistics)
