"""The door: real HTTP, signatures, repeats at the same moment, and a worker that is killed."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.parse
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from orders.channels.base import sign
from orders.channels.taking import sweep, take
from orders.models import Channel, ChannelOrder, SalesOrder
from orders.tasks import sweep_deliveries, take_delivery
from orders.verify import differences
from tests.cast import make_product
from tests.orders.channels.shop import SECRET, deliver, headers, order, shop
from tests.orders.channels.test_formats import WOO

pytestmark = pytest.mark.django_db(transaction=True)


def post(server: Any, path: str, body: bytes, head: dict[str, str]) -> tuple[int, str]:
    """What a shop does: a POST over a socket, no cookies, no token."""
    where = urllib.parse.urlsplit(server.url)
    wire = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
    wire.request("POST", path, body, {"Content-Type": "application/json", **head})
    answer = wire.getresponse()
    text = answer.read().decode()
    wire.close()
    return answer.status, text


def test_an_order_arrives_over_the_wire(cast: SimpleNamespace, live_server: Any) -> None:
    shop()
    make_product("A-1")
    body = json.dumps(order(), ensure_ascii=False).encode()
    head = headers(body, topic="orders/create", event="e1")
    assert post(live_server, "/orders/channels/shopify/webhook/", body, head) == (200, "waiting")
    row = ChannelOrder.objects.get()
    assert (row.body.encode(), row.signature_ok, row.topic, row.source_id) == (
        body,
        True,
        "orders/create",
        "820982911946154508",
    )
    take_delivery(row.pk)
    assert SalesOrder.objects.get().external_number == "#1001"
    assert post(live_server, "/orders/channels/shopify/webhook/", body, head) == (200, "taken")


def test_woocommerce_over_the_wire(cast: SimpleNamespace, live_server: Any) -> None:
    shop("woocommerce", code="blog")
    make_product("A"), make_product("B")
    path = "/orders/channels/blog/webhook/"
    ping = {"Content-Type": "application/x-www-form-urlencoded"}
    assert post(live_server, path, b"webhook_id=3", ping)[0] == 200
    assert not ChannelOrder.objects.exists()
    body = json.dumps(WOO).encode()
    head = {
        "X-WC-Webhook-Topic": "order.created",
        "X-WC-Webhook-Signature": sign(body, SECRET),
        "X-WC-Webhook-Delivery-ID": "d1",
    }
    assert post(live_server, path, body, head)[0] == 200
    take(ChannelOrder.objects.get().pk)
    made = SalesOrder.objects.get()
    assert (made.external_number, made.customer.name, str(made.total)) == ("5", "李伟", "95.00")


@pytest.mark.parametrize("wrong", ["signature", "none", "body", "other secret", "no secret"])
def test_what_is_not_signed_is_refused_and_not_kept(cast: SimpleNamespace, live_server: Any, wrong: str) -> None:
    channel = shop()
    body = json.dumps(order()).encode()
    head = headers(body, topic="orders/create")
    if wrong == "none":
        del head["X-Shopify-Hmac-Sha256"]
    elif wrong == "signature":
        head["X-Shopify-Hmac-Sha256"] = "x" * 44
    elif wrong == "body":
        body += b" "
    elif wrong == "other secret":
        head = headers(body, topic="orders/create", secret="another")
    else:
        Channel.objects.filter(pk=channel.pk).update(secret="")
        head = headers(body, topic="orders/create", secret="")
    assert post(live_server, "/orders/channels/shopify/webhook/", body, head)[0] == 401
    assert not ChannelOrder.objects.exists()


def test_only_channels_of_shops_have_a_door(cast: SimpleNamespace) -> None:
    assert Client().post("/orders/channels/nowhere/webhook/").status_code == 404
    assert Client().post("/orders/channels/phone/webhook/").status_code == 404
    shop()
    assert Client().get("/orders/channels/shopify/webhook/").status_code == 405


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe\x00", b"[1]", b'{"line_items": [], "id": null}', b"[" * 100_000])
def test_bad_json_is_kept_for_a_person(cast: SimpleNamespace, body: bytes) -> None:
    shop()
    head = headers(body, topic="orders/create", event="bad")
    answer = Client().post("/orders/channels/shopify/webhook/", body, content_type="application/json", headers=head)
    assert answer.status_code == 200
    row = ChannelOrder.objects.get()
    assert (row.state, row.finding) in {("failed", "json"), ("failed", "shape"), ("ignored", "topic")}
    assert row.message
    assert not SalesOrder.objects.exists()


def test_a_delivery_without_a_number_is_known_by_its_contents(cast: SimpleNamespace) -> None:
    shop()
    body = json.dumps(order()).encode()
    head = headers(body, topic="orders/create")
    del head["X-Shopify-Webhook-Id"]
    for _time in range(2):
        Client().post("/orders/channels/shopify/webhook/", body, content_type="application/json", headers=head)
    assert ChannelOrder.objects.get().event_id.startswith("sha256:")


@pytest.mark.parametrize("same_event", [True, False])
def test_twenty_at_once_make_one_order(cast: SimpleNamespace, live_server: Any, same_event: bool) -> None:
    shop()
    make_product("A-1")
    body = json.dumps(order()).encode()
    gate, answers = threading.Barrier(20), []

    def send(number: int) -> None:
        head = headers(body, topic="orders/create", event="same" if same_event else f"event {number}")
        try:
            gate.wait()
            answers.append(post(live_server, "/orders/channels/shopify/webhook/", body, head)[0])
            take(ChannelOrder.objects.get(event_id=head["X-Shopify-Webhook-Id"]).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 20
    assert ChannelOrder.objects.count() == (1 if same_event else 20)
    assert not ChannelOrder.objects.exclude(state__in=["taken", "ignored"]).exists()
    assert SalesOrder.objects.count() == 1
    assert not list(differences())


def test_new_orders_of_one_new_customer_at_once_make_one_customer(cast: SimpleNamespace) -> None:
    shop()
    make_product("A-1")
    rows = [deliver(order(id=number, name=f"#{number}"), work=False) for number in range(1, 7)]

    def work(pk: int) -> None:
        try:
            take(pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(row.pk,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SalesOrder.objects.count() == 6
    assert SalesOrder.objects.values("customer").distinct().count() == 1
    assert not list(differences())


WORKER = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "erp.settings"
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from django.db import connection
from orders.channels.taking import take
connection.ensure_connection()
print("at work", flush=True)
take(int(sys.argv[2]))
"""


def test_a_killed_worker_loses_nothing(cast: SimpleNamespace) -> None:
    shop()
    make_product("A-1")
    row = deliver(order(), work=False)
    channel = row.channel
    with transaction.atomic():
        # The worker gets as far as the customer, and waits there for this lock in the middle of its transaction.
        Channel.objects.select_for_update().get(pk=channel.pk)
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, settings.DATABASES["default"]["NAME"], str(row.pk)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ.copy(),
        )
        assert worker.stdout is not None
        assert worker.stdout.readline().strip() == "at work"
        while not ChannelOrder.objects.filter(pk=row.pk, attempts=1).exists():
            assert worker.poll() is None
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 1)
    assert not SalesOrder.objects.exists()
    assert sweep() == 0  # not yet: it may still be at work
    ChannelOrder.objects.update(tried_at="2026-03-01T00:00Z")
    sweep_deliveries()
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("taken", 2)
    assert SalesOrder.objects.count() == 1
