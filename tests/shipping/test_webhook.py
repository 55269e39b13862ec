"""What carriers send us."""

import json
import time

import pytest

from shipping.carriers.signed import sign
from shipping.models import Carrier, TrackingEvent
from tests.shipping.conftest import on_the_road

SECRET = "carrier-secret"


@pytest.fixture
def post(client, ready, cast):
    """Send a message as the carrier does; `post.parcel` is on the road with number SF100-1."""
    Carrier.objects.filter(code="SF").update(secret=SECRET, adapter="signed")
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)

    def send(body=None, *, secret=SECRET, code="SF", clock=None, signature=None, **fields):
        message = {
            "tracking_number": "SF100-1",
            "event_id": "e1",
            "state": "in_transit",
            "text": "已到达杭州转运中心",
            "place": "杭州",
            "at": "2026-11-01T10:00:00+08:00",
        } | fields
        raw = json.dumps(message).encode() if body is None else body
        stamp = str(int(time.time()) if clock is None else clock)
        return client.post(
            f"/shipping/webhooks/{code}/",
            data=raw,
            content_type="application/json",
            headers={
                "X-Signature": sign(secret, raw, stamp) if signature is None else signature,
                "X-Timestamp": stamp,
            },
        )

    send.shipment = shipment
    send.parcel = shipment.parcels.get()
    return send


def test_signed_scan_is_recorded(post):
    answer = post()

    assert answer.status_code == 200
    event = TrackingEvent.objects.get()
    assert (event.state, event.place, event.by, event.key) == ("in_transit", "杭州", None, "SF:e1")
    assert event.at.isoformat() == "2026-11-01T02:00:00+00:00"


def test_scan_needs_no_login_and_no_csrf_token(post, settings):
    from django.test import Client

    raw = json.dumps(
        {
            "tracking_number": "SF100-1",
            "event_id": "x",
            "state": "delivered",
            "text": "已签收",
            "at": "2026-11-01 10:00:00",
        }
    ).encode()
    stamp = str(int(time.time()))
    headers = {"X-Signature": sign(SECRET, raw, stamp), "X-Timestamp": stamp}
    answer = Client(enforce_csrf_checks=True).post(
        "/shipping/webhooks/sf/", data=raw, content_type="application/json", headers=headers
    )
    assert answer.status_code == 200
    post.shipment.refresh_from_db()
    assert post.shipment.status == "delivered"


def test_repeat_is_answered_the_same_and_changes_nothing(post):
    assert post().json() == post().json()
    assert TrackingEvent.objects.count() == 1


def test_scans_out_of_order(post):
    post(event_id="e2", state="out_for_delivery", at="2026-11-02T10:00:00+08:00")
    post(event_id="e1", state="collected")

    post.parcel.refresh_from_db()
    assert post.parcel.state == "out_for_delivery"


@pytest.mark.parametrize("wrong", [{"secret": "other"}, {"signature": ""}, {"signature": "zz"}, {"signature": "签名"}])
def test_wrong_signature_is_401(post, wrong):
    answer = post(**wrong)
    assert answer.status_code == 401
    assert not TrackingEvent.objects.exists()


@pytest.mark.parametrize("shift", [-301, 301])
def test_message_of_another_time_is_401(post, shift):
    assert post(clock=int(time.time()) + shift).status_code == 401


def test_message_without_time_is_401(post, client):
    raw = b"{}"
    answer = client.post(
        "/shipping/webhooks/SF/",
        data=raw,
        content_type="application/json",
        headers={"X-Signature": sign(SECRET, raw, "")},
    )
    assert answer.status_code == 401


def test_carrier_without_a_secret_can_send_nothing(post):
    assert post(code="ZTO", secret="").status_code == 401


def test_unknown_carrier_and_unknown_parcel_are_404(post):
    assert post(code="NOPE").json() == {"error": "unknown_carrier"}
    answer = post(tracking_number="SF999")
    assert (answer.status_code, answer.json()) == (404, {"error": "unknown_parcel"})


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"state": "vanished"}, "state"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-13-45T10:00:00"}, "at"),
        ({"event_id": ""}, "event_id"),
        ({"event_id": "x" * 61}, "event_id"),
        ({"tracking_number": 7}, "tracking_number"),
        ({"text": None}, "text"),
        ({"body": b"not json"}, ""),
        ({"body": b"[1]"}, ""),
    ],
)
def test_message_that_cannot_be_read_is_422(post, message, field):
    answer = post(**message)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert not TrackingEvent.objects.exists()


def test_reading_is_not_allowed(client, basics):
    assert client.get("/shipping/webhooks/SF/").status_code == 405
