"""Every pair of state and transition of pick lists and shipments: it goes where it should, or is refused."""

import pytest

from erp.errors import TransitionRefused
from erp.workflow import advance
from shipping.models import Parcel, PickList, Shipment
from tests.shipping.conftest import open_list, packed, service_of

PICK_MOVES = {
    ("open", "confirm"): "picked",
    ("open", "cancel"): "cancelled",
    ("picked", "pack"): "packed",
    ("picked", "cancel"): "cancelled",
    ("packed", "cancel"): "cancelled",
}
SHIPMENT_MOVES = {
    ("packed", "hand_over"): "in_transit",
    ("packed", "cancel"): "cancelled",
    ("in_transit", "deliver"): "delivered",
    ("in_transit", "report_exception"): "exception",
    ("exception", "deliver"): "delivered",
    ("exception", "resume"): "in_transit",
}


@pytest.mark.parametrize("name", PickList.transitions())
@pytest.mark.parametrize("state", PickList.Status.values)
def test_every_move_of_a_pick_list(ready, cast, state, name):
    pick_list = open_list(ready)
    for line in pick_list.lines.all():
        line.picked = line.wanted
        line.save()
    if name == "pack":
        Shipment.objects.create(number="SH-X", order=ready, pick_list=pick_list)
    PickList.objects.filter(pk=pick_list.pk).update(status=state)
    pick_list.refresh_from_db()

    if (target := PICK_MOVES.get((state, name))) is None:
        with pytest.raises(TransitionRefused):
            advance(pick_list, name, by=None)
        target = state
    else:
        advance(pick_list, name, by=None)

    pick_list.refresh_from_db()
    assert pick_list.status == target


@pytest.mark.parametrize("name", Shipment.transitions())
@pytest.mark.parametrize("state", Shipment.Status.values)
def test_every_move_of_a_shipment(ready, cast, state, name):
    shipment = packed(ready, cast.warehouse)
    shipment.parcels.update(carrier=service_of().carrier, tracking_number="SF1")
    if name == "deliver":
        shipment.parcels.update(state=Parcel.State.DELIVERED)
        ready.lines.update(shipped=1, reserved=0)
        for parcel in shipment.parcels.all():
            parcel.lines.update(quantity=1)
    Shipment.objects.filter(pk=shipment.pk).update(status=state, service=service_of())
    shipment.refresh_from_db()

    if (target := SHIPMENT_MOVES.get((state, name))) is None:
        with pytest.raises(TransitionRefused):
            advance(shipment, name, by=None)
        target = state
    else:
        advance(shipment, name, by=None)

    shipment.refresh_from_db()
    assert shipment.status == target


def test_list_that_nobody_counted_cannot_be_confirmed(ready, cast):
    with pytest.raises(TransitionRefused):
        advance(open_list(ready), "confirm", by=cast.warehouse)


def test_list_without_a_shipment_cannot_be_packed(ready, cast):
    pick_list = open_list(ready)
    PickList.objects.filter(pk=pick_list.pk).update(status="picked")
    with pytest.raises(TransitionRefused):
        advance(pick_list, "pack", by=cast.warehouse)


def test_shipment_without_carrier_or_number_cannot_leave(ready, cast):
    with pytest.raises(TransitionRefused) as refusal:
        advance(packed(ready, cast.warehouse), "hand_over", by=cast.logistics)
    assert len(refusal.value.reasons) == 2


def test_shipment_with_a_parcel_on_its_way_is_not_delivered(ready, cast):
    shipment = packed(ready, cast.warehouse)
    Shipment.objects.filter(pk=shipment.pk).update(status="in_transit")
    with pytest.raises(TransitionRefused):
        advance(shipment, "deliver", by=None)
