"""Calls out to carriers' partners: after commit, tried again, never twice at once; and the simulated one over HTTP."""

import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import connection
from django.utils import timezone

from erp import vault
from erp.models import Outbox
from shipping import calls
from shipping.carriers import kuaidi100, simulated
from shipping.carriers.base import callback_url
from shipping.models import Carrier, ExpectedFrom, Shipment, TransitTime
from shipping.services import expect, learn_transit_times
from tests.shipping.conftest import on_the_road, proved, scan, service_of


class Partner:
    """A partner's machine: keeps what it is sent, and answers as it is told."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.status, self.answer = 200, {"result": True, "returnCode": "200"}


@pytest.fixture
def partner(monkeypatch) -> Iterator[Partner]:
    """快递100's stand-in on a port of this machine."""
    told = Partner()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told.heard.append({"path": self.path} | {k: v[0] for k, v in parse_qs(body).items()})
            self.send_response(told.status)
            self.end_headers()
            self.wfile.write(json.dumps(told.answer).encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr(kuaidi100, "SUBSCRIBE", f"{base}/poll")
    monkeypatch.setattr(kuaidi100, "QUERY", f"{base}/query")
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def followed(ready, cast) -> Shipment:
    """On the road with a carrier that 快递100 follows."""
    carrier = Carrier.objects.get(code="SF")
    carrier.adapter, carrier.secret, carrier.api_key = "kuaidi100", "a-salt-of-ours-1234", "授权码"
    carrier.partner_code, carrier.account = "shunfeng", "customer-1"
    carrier.save()
    return on_the_road(ready, cast.warehouse, cast.logistics)


def row() -> Outbox:
    return Outbox.objects.get(kind=calls.FOLLOW)


def test_parcel_is_subscribed_as_documented(followed, partner):
    assert calls.make_calls() == 1

    sent = partner.heard[0]
    param = json.loads(sent["param"])
    assert (sent["path"], sent["schema"]) == ("/poll", "json")
    assert (param["company"], param["number"], param["key"]) == ("shunfeng", "SF100-1", "授权码")
    wanted = param["parameters"]
    assert wanted["callbackurl"] == callback_url(Carrier.objects.get(code="SF"))
    assert (wanted["salt"], wanted["resultv2"], wanted["phone"]) == ("a-salt-of-ours-1234", "4", "5678")
    assert row().status == "done"
    assert calls.make_calls() == 0


def test_partner_that_is_away_is_called_again(followed, partner):
    partner.status = 503
    assert calls.make_calls() == 0
    failed = row()
    assert (failed.status, failed.attempts) == ("waiting", 1)
    assert failed.next_try_at > timezone.now()
    partner.status = 200
    Outbox.objects.update(next_try_at=timezone.now())
    assert calls.make_calls() == 1


@pytest.mark.parametrize(("code", "status"), [("501", "done"), ("601", "failed"), ("500", "waiting")])
def test_answers_of_the_partner(followed, partner, code, status):
    partner.answer = {"result": False, "returnCode": code, "message": "…"}
    calls.make_calls()
    assert row().status == status


def test_trace_is_asked_for_with_the_documented_signature(followed, partner):
    parcel = followed.parcels.select_related("carrier", "shipment__order").get()
    partner.answer = {
        "status": "200",
        "nu": "SF100-1",
        "state": "0",
        "data": [{"time": "2026-11-03 09:00:00", "context": "到达杭州", "statusCode": "1002"}],
    }
    report = kuaidi100.Kuaidi100().query(parcel)
    assert report is not None
    assert [one.state for one in report.scans] == ["in_transit"]
    sent = partner.heard[0]
    assert sent["sign"] == kuaidi100.sign(sent["param"], "授权码" + "customer-1")


def test_claim_of_a_worker_that_died_is_taken_over(followed, partner):
    Outbox.objects.update(status="sending", claimed_at=timezone.now())
    assert calls.make_calls() == 0
    Outbox.objects.update(claimed_at=timezone.now() - dt.timedelta(minutes=6))
    assert calls.make_calls() == 1


def test_number_that_was_corrected_is_followed_instead(followed, partner, cast):
    from shipping import services

    services.correct_tracking(followed.parcels.get(), number="SF777", by=cast.logistics)
    calls.make_calls()
    assert [json.loads(one["param"])["number"] for one in partner.heard] == ["SF777"]


def test_nobody_is_called_for_carriers_that_report_by_hand(ready, cast):
    on_the_road(ready, cast.warehouse, cast.logistics)
    assert not Outbox.objects.filter(kind=calls.FOLLOW).exists()


@pytest.mark.django_db(transaction=True)
def test_simulated_carrier_calls_back_until_the_parcel_is_signed_for(live_server, settings, transactional_cast):
    settings.DEMO_CARRIER, settings.SITE_URL = True, live_server.url
    cast, ready = transactional_cast
    carrier = Carrier.objects.get(code="SF")
    carrier.adapter, carrier.secret = "simulated", "a-secret-of-sixteen"
    carrier.save()
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)

    # The parcel was announced after commit or is announced now; then each scan when its time has come.
    calls.make_calls()
    steps = Outbox.objects.filter(kind=simulated.STEP)
    assert steps.count() == 4
    for step in steps.order_by("next_try_at"):
        Outbox.objects.filter(pk=step.pk).update(next_try_at=timezone.now())
        assert calls.make_calls() == 1

    shipment.refresh_from_db()
    assert shipment.status == "delivered"
    assert shipment.parcels.get().events.count() == 4
    assert proved() == []


@pytest.fixture
def transactional_cast(transactional_db) -> Any:
    """People and an order that is ready, committed, for a test with a real server."""
    from types import SimpleNamespace

    from django.apps import apps

    from erp.basics import ensure_basics
    from erp.roles import create_missing_roles
    from tests.cast import make_customer, make_order, make_product, make_user, put_in_stock

    create_missing_roles(list(apps.get_app_configs())[-1])
    ensure_basics()
    product = make_product("A-1")
    put_in_stock(product, 5, cost="10")
    order = make_order((product, 5), customer=make_customer())
    order.refresh_from_db()
    return SimpleNamespace(warehouse=make_user("warehouse"), logistics=make_user("logistics")), order


def test_simulated_carrier_does_nothing_outside_the_demo(ready, cast, settings):
    settings.DEMO_CARRIER = False
    Carrier.objects.filter(code="SF").update(adapter="simulated", secret="a-secret-of-sixteen")
    on_the_road(ready, cast.warehouse, cast.logistics)
    calls.make_calls()
    assert row().status == "failed"
    assert not Outbox.objects.filter(kind=simulated.STEP).exists()


def test_secrets_are_sealed_in_the_database(basics, settings):
    carrier = Carrier.objects.get(code="SF")
    carrier.secret = "very-secret-words"
    carrier.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM shipping_carrier WHERE code = 'SF'")
        kept = cursor.fetchone()[0]
    assert kept.startswith(vault.MARK)
    assert "very-secret" not in kept
    carrier.refresh_from_db()
    assert carrier.secret == "very-secret-words"
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key"
    carrier.refresh_from_db()
    assert carrier.secret == ""
    settings.SECRET_KEY_FALLBACKS = [old]
    carrier.refresh_from_db()
    assert carrier.secret == "very-secret-words"
    assert vault.unseal("written before") == "written before"


def test_arrival_is_learnt_from_what_earlier_shipments_took(ready, cast):
    service, today = service_of(), timezone.localdate()
    assert expect(service, province="浙江省", left=today).source == ExpectedFrom.SERVICE
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)
    Shipment.objects.update(handed_over_at=timezone.now() - dt.timedelta(days=4))
    scan(shipment.parcels.get(), "delivered", hours=-12)

    assert learn_transit_times() == 2  # the province, and anywhere
    assert learn_transit_times() == 2
    assert set(TransitTime.objects.values_list("province", "shipments")) == {("浙江省", 1), ("", 1)}
    assert all(3 < row.p50 < 4 for row in TransitTime.objects.all())
    # One shipment is no history.
    assert expect(service, province="浙江省", left=today).source == ExpectedFrom.SERVICE
    TransitTime.objects.update(shipments=9)
    TransitTime.objects.filter(province="").update(p50=6, p90=9)
    near, far = (expect(service, province=place, left=today) for place in ("浙江省", "海南省"))
    assert (near.on - today, near.source) == (dt.timedelta(days=4), ExpectedFrom.HISTORY)
    assert ((far.on - today).days, (far.by - today).days) == (6, 9)
