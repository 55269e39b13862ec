"""Who else has an order open."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from erp import presence
from orders.models import SalesOrder
from tests.cast import make_order, make_product

pytestmark = pytest.mark.usefixtures("no_auto_approval")


@pytest.fixture
def order(cast: SimpleNamespace) -> SalesOrder:
    return make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)


def beat(client: Client, order: SalesOrder, window: str, **more: Any) -> str:
    response = client.post(f"/orders/{order.number}/editing/", {"window": window, **more})
    assert response.status_code in (200, 204)
    return response.content.decode()


def test_the_second_sees_the_first_and_the_other_way_round(cast: SimpleNamespace, order: SalesOrder) -> None:
    first, second = Client(), Client()
    first.force_login(cast.sales)
    second.force_login(cast.manager)
    assert "editing" not in beat(first, order, "w1")
    assert cast.sales.name in beat(second, order, "w2")
    assert cast.manager.name in beat(first, order, "w1")
    beat(second, order, "w2", leave="1")
    assert beat(first, order, "w1").strip() == ""
    assert "另一个窗口" in beat(first, order, "w9")


def test_who_shows_no_life_is_gone(cast: SimpleNamespace, order: SalesOrder, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = f"order:{order.pk}"
    assert presence.here(subject, user=cast.sales, window="a") == []
    now = presence.time.time()
    monkeypatch.setattr(presence.time, "time", lambda: now + presence.TTL - 1)
    (seen,) = presence.here(subject, user=cast.manager, window="b")
    assert (seen.name, seen.is_self) == (str(cast.sales), False)
    assert abs(seen.since.timestamp() - now) < 2
    monkeypatch.setattr(presence.time, "time", lambda: now + presence.TTL + 1)
    assert presence.here(subject, user=cast.manager, window="b") == []


def test_who_may(client: Client, cast: SimpleNamespace, order: SalesOrder) -> None:
    url = f"/orders/{order.number}/editing/"
    for user, status in ((cast.warehouse, 403), (cast.alpha_login, 404)):
        client.force_login(user)
        assert client.post(url, {"window": "w"}).status_code == status
    client.force_login(cast.sales)
    assert client.post("/orders/SO-0/editing/", {"window": "w"}).status_code == 404
    assert client.post(url, {"window": "<b>"}).status_code == 400
    assert client.get(url).status_code == 405
    assert f'data-presence="{url}"' in client.get(f"/orders/{order.number}/edit/").content.decode()


def test_without_redis_nobody_seems_to_be_there(cast: SimpleNamespace, order: SalesOrder, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert presence.here("order:1", user=cast.sales, window="a") == []
    presence.gone("order:1", user=cast.sales, window="a")
