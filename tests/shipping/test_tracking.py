"""What became of parcels."""

import pytest

from erp.errors import BusinessError, NotPermitted
from shipping import services
from shipping.models import TrackingEvent
from tests.shipping.conftest import on_the_road, packed, proved, scan, service_of, two_parcels


@pytest.fixture
def sent(ready, cast):
    """A shipment of one parcel on the road."""
    return on_the_road(ready, cast.warehouse, cast.logistics)


def test_latest_scan_tells_the_state_whatever_the_order_of_arrival(sent):
    parcel = sent.parcels.get()
    scan(parcel, "out_for_delivery", hours=-1)
    scan(parcel, "collected", hours=-5)

    parcel.refresh_from_db()
    assert parcel.state == "out_for_delivery"


def test_delivery_is_counted_on_the_order(sent, ready):
    scan(sent.parcels.get(), "delivered", hours=-1)

    sent.refresh_from_db()
    ready.refresh_from_db()
    assert sent.status == "delivered"
    assert ready.delivered_at == sent.delivered_at
    assert sorted(ready.lines.values_list("delivered", flat=True)) == [3, 5]
    assert proved() == []


def test_delivered_stays_delivered(sent):
    parcel = sent.parcels.get()
    scan(parcel, "delivered", hours=-2)
    scan(parcel, "exception", hours=-1)

    parcel.refresh_from_db()
    sent.refresh_from_db()
    assert (parcel.state, sent.status) == ("delivered", "delivered")


def test_delivery_reported_before_an_older_scan_arrives(sent):
    parcel = sent.parcels.get()
    scan(parcel, "delivered", hours=-1)
    scan(parcel, "in_transit", hours=-9)

    parcel.refresh_from_db()
    assert parcel.state == "delivered"
    assert parcel.events.count() == 2


def test_same_event_twice_counts_once(sent):
    parcel = sent.parcels.get()
    first = scan(parcel, "collected", key="SF:1")

    assert scan(parcel, "collected", key="SF:1") == first
    assert TrackingEvent.objects.count() == 1


def test_shipment_is_delivered_with_its_last_parcel(ready, cast):
    shipment = two_parcels(ready, cast.warehouse)
    one, two = shipment.parcels.all()
    services.hand_over(shipment, service=service_of(), tracking={one.pk: "1", two.pk: "2"}, by=cast.logistics)

    scan(one, "delivered")
    shipment.refresh_from_db()
    assert shipment.status == "in_transit"
    scan(two, "delivered")
    shipment.refresh_from_db()
    assert shipment.status == "delivered"
    assert proved() == []


def test_problem_is_reported_and_ends_with_the_next_good_scan(sent):
    parcel = sent.parcels.get()
    scan(parcel, "exception", hours=-3, text="外箱破损")
    sent.refresh_from_db()
    assert sent.status == "exception"

    scan(parcel, "in_transit", hours=-1)

    sent.refresh_from_db()
    assert sent.status == "in_transit"


def test_old_problem_that_arrives_late_changes_nothing(sent):
    parcel = sent.parcels.get()
    scan(parcel, "out_for_delivery", hours=-1)
    scan(parcel, "exception", hours=-5)

    sent.refresh_from_db()
    assert sent.status == "in_transit"


def test_person_puts_a_problem_right(sent, cast):
    scan(sent.parcels.get(), "exception", text="拒收")

    services.move(sent, "resume", by=cast.logistics, note="客户同意再送")

    sent.refresh_from_db()
    assert sent.status == "in_transit"


def test_delivered_after_a_problem(sent):
    parcel = sent.parcels.get()
    scan(parcel, "exception", hours=-2)
    scan(parcel, "delivered", hours=-1)

    sent.refresh_from_db()
    assert sent.status == "delivered"


@pytest.mark.parametrize(
    ("words", "field"),
    [({"state": "lost"}, "state"), ({"state": "packed"}, "state"), ({"text": " "}, "text"), ({"hours": 48}, "at")],
)
def test_impossible_scans_are_refused(sent, words, field):
    with pytest.raises(BusinessError) as refusal:
        scan(sent.parcels.get(), words.pop("state", "collected"), **words)
    assert refusal.value.field == field
    assert not TrackingEvent.objects.exists()


def test_scan_before_handover_is_refused(ready, cast):
    with pytest.raises(BusinessError) as refusal:
        scan(packed(ready, cast.warehouse).parcels.get(), "collected")
    assert refusal.value.code == "not_handed_over"


def test_reports_by_people_need_the_right(sent, cast):
    with pytest.raises(NotPermitted):
        scan(sent.parcels.get(), "collected", by=cast.sales)


def test_customer_confirms_receipt(sent, ready, cast):
    assert services.confirm_receipt(ready, by=cast.alpha_login) == [sent]
    assert services.confirm_receipt(ready, by=cast.alpha_login) == []

    ready.refresh_from_db()
    sent.refresh_from_db()
    assert sent.status == "delivered"
    assert ready.delivered_at is not None
    assert TrackingEvent.objects.get().by == cast.alpha_login
    assert proved() == []


def test_receipt_of_nothing_cannot_be_confirmed(ready, cast):
    with pytest.raises(BusinessError):
        services.confirm_receipt(ready, by=cast.alpha_login)
