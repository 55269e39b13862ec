"""Order forms that are not sent yet: kept, continued elsewhere, never overwritten by another window."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from erp import drafts
from erp.errors import BusinessError
from erp.models import Draft
from orders.models import Channel, SalesOrder
from tests.cast import make_order, make_product

SAVE = "/orders/drafts/save/"
pytestmark = pytest.mark.usefixtures("no_auto_approval")


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def typed(**fields: str) -> dict[str, str]:
    """What is in the form while somebody types."""
    return {"customer_text": "甲公司", "lines-0-text": "HG", "lines-0-quantity": "abc", "lines-0-tax": "0.13"} | fields


def send(client: Client, *, key: str = "k1", version: int = 0, tab: str = "t1", url: str = SAVE, **fields: str) -> Any:
    body = {"key": key, "version": version, "tab": tab, "fields": typed(**fields)}
    return client.post(url, json.dumps(body), content_type="application/json")


def test_what_was_typed_comes_back_in_another_browser(cast: SimpleNamespace) -> None:
    assert send(signed_in(cast.sales), customer_note="周五前").json() == {"version": 1}
    elsewhere = signed_in(cast.sales)
    assert "/orders/new/?draft=k1" in elsewhere.get("/orders/").content.decode()
    assert "/orders/new/?draft=k1" in elsewhere.get("/orders/new/").content.decode()
    assert "/orders/new/?draft=k1" in elsewhere.get("/orders/drafts/").content.decode()
    assert "/orders/new/?draft=k1" in elsewhere.get("/").content.decode()
    form = elsewhere.get("/orders/new/?draft=k1").content.decode()
    for text in ("周五前", 'value="abc"', 'value="HG"', 'name="draft_version" value="1"', 'name="token" value="k1"'):
        assert text in form


def test_a_draft_is_its_writers_alone(cast: SimpleNamespace) -> None:
    send(signed_in(cast.sales), customer_note="只有我")
    other = signed_in(cast.manager)
    assert "k1" not in other.get("/orders/").content.decode()
    assert "只有我" not in other.get("/orders/new/?draft=k1").content.decode()
    other.post("/orders/drafts/discard/", {"token": "k1"})
    assert Draft.objects.count() == 1


def test_who_may_not_enter_orders_keeps_none(cast: SimpleNamespace) -> None:
    assert send(signed_in(cast.warehouse)).status_code == 403
    assert send(signed_in(cast.alpha_login)).status_code == 404
    assert send(Client()).status_code == 302
    assert signed_in(cast.sales).get(SAVE).status_code == 405


def test_a_correction_has_its_draft_at_the_order(cast: SimpleNamespace) -> None:
    order = make_order((make_product(), 2), customer=cast.alpha, by=cast.sales)
    client = signed_in(cast.sales)
    assert send(client, url=f"{SAVE}?order={order.number}", customer_note="改地址").status_code == 200
    assert f"/orders/{order.number}/edit/?draft=k1" in client.get(f"/orders/{order.number}/edit/").content.decode()
    assert "改地址" in client.get(f"/orders/{order.number}/edit/?draft=k1").content.decode()
    assert "改地址" not in client.get("/orders/new/?draft=k1").content.decode()


def test_a_draft_of_an_order_that_one_does_not_see(cast: SimpleNamespace) -> None:
    order = make_order((make_product(), 2), customer=cast.beta)
    assert send(signed_in(cast.sales), url=f"{SAVE}?order={order.number}").status_code == 404


def test_saving_the_order_ends_the_draft(cast: SimpleNamespace) -> None:
    product = make_product("HG-1")
    client = signed_in(cast.sales)
    send(client, key="k9")
    client.post(
        "/orders/new/",
        {
            "customer": cast.alpha.pk,
            "channel": Channel.objects.get(code="phone").pk,
            "promised_date": (timezone.localdate() + timedelta(days=9)).isoformat(),
            "token": "k9",
            "draft_version": "1",
            "lines-TOTAL_FORMS": "1",
            "lines-INITIAL_FORMS": "0",
            "lines-0-product": product.pk,
            "lines-0-quantity": "2",
        },
    )
    assert SalesOrder.objects.count() == 1
    assert not Draft.objects.exists()
    # A saving that arrives late, or a second window that goes on, does not bring it back.
    assert send(client, key="k9", version=1).status_code == 410
    assert send(client, key="k9").status_code == 410
    assert not Draft.objects.exists()


def test_a_refused_order_keeps_its_draft(cast: SimpleNamespace) -> None:
    client = signed_in(cast.sales)
    send(client)
    answer = client.post("/orders/new/", {"token": "k1", "draft_version": "1", "lines-TOTAL_FORMS": "0"})
    assert answer.status_code == 422
    assert 'name="draft_version" value="1"' in answer.content.decode()
    assert Draft.objects.exists()


def test_two_windows_do_not_overwrite_each_other(cast: SimpleNamespace) -> None:
    client = signed_in(cast.sales)
    send(client, tab="one")
    assert send(client, tab="two", version=1, customer_note="第二个窗口").json() == {"version": 2}
    answer = send(client, tab="one", version=1, customer_note="第一个窗口")
    assert answer.status_code == 409
    assert Draft.objects.get().payload["customer_note"] == "第二个窗口"
    own = answer.json()["key"]
    assert send(client, tab="one", key=own, customer_note="第一个窗口").status_code == 200
    assert Draft.objects.count() == 2


def test_a_window_that_missed_an_answer_goes_on(cast: SimpleNamespace) -> None:
    client = signed_in(cast.sales)
    send(client)
    assert send(client).json() == {"version": 1}  # the same again changes nothing
    assert send(client, customer_note="more").json() == {"version": 2}


def test_discarding(cast: SimpleNamespace) -> None:
    client = signed_in(cast.sales)
    send(client)
    assert client.post("/orders/drafts/discard/", {"token": "k1"})["Location"] == "/orders/"
    assert client.post("/orders/drafts/discard/", {"token": "k1", "back": "drafts"})["Location"] == "/orders/drafts/"
    assert not Draft.objects.exists()
    assert client.get("/orders/new/?draft=k1").status_code == 200
    assert client.get("/orders/drafts/discard/").status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"key": "k", "version": "x", "tab": "t", "fields": {}}',
        '{"key": "../k", "version": 0, "tab": "t", "fields": {}}',
        '{"key": "k", "version": 0, "tab": "t", "fields": 3}',
        '{"key": "k", "version": 0, "tab": "t", "fields": {"a": [1]}}',
    ],
)
def test_nonsense_is_refused(cast: SimpleNamespace, body: str) -> None:
    answer = signed_in(cast.sales).post(SAVE, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert not Draft.objects.exists()


def test_what_the_database_cannot_keep_is_left_out_and_too_much_is_refused(cast: SimpleNamespace) -> None:
    client = signed_in(cast.sales)
    assert send(client, customer_note="a\0b").status_code == 200
    assert Draft.objects.get().payload["customer_note"] == "ab"
    assert send(client, key="k2", customer_note="x" * drafts.LARGEST).status_code == 413
    assert Draft.objects.count() == 1


def test_a_strange_draft_opens_all_the_same(cast: SimpleNamespace) -> None:
    client = signed_in(cast.sales)
    strange = {"lines-7-quantity": "１,０", "lines-x-text": "?", "customer": "abc", "promised_date": "morgen"}
    send(client, **strange, **{"lines-0-DELETE": "on", "channel": "zzz", "lines-9-tax": "much", "lines-9-text": "P"})
    form = client.get("/orders/new/?draft=k1").content.decode()
    assert 'value="morgen"' in form
    assert 'value="HG"' not in form


def test_the_oldest_gives_way(cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST", 2)
    for key in ("a", "b", "c"):
        drafts.save_draft(by=cast.sales, form="x", key=key, version=0, tab="t", fields={})
    assert set(Draft.objects.values_list("key", flat=True)) == {"b", "c"}


def test_fields_are_texts(cast: SimpleNamespace) -> None:
    with pytest.raises(BusinessError):
        drafts.save_draft(by=cast.sales, form="x", key="k", version=0, tab="t", fields={"a": 1})
