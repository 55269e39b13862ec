"""Ledgers against balances on a page: it agrees, it names what differs in the reader's language, it is for few."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client

from inventory import comparison
from inventory.tasks import compare_stock
from tests.cast import make_product, put_in_stock

URL = "/inventory/comparison/"


@pytest.fixture
def page(cast: SimpleNamespace) -> Client:
    client = Client()
    client.force_login(cast.warehouse)
    return client


def test_everything_agrees_until_a_balance_is_tampered_with(page: Client) -> None:
    product = make_product("CMP-1")
    put_in_stock(product, 5)
    assert page.get(URL).status_code == 200
    assert comparison.last_result() is None
    assert page.post(URL).status_code == 302
    assert (comparison.last_result() or {})["count"] == 0
    assert page.get(URL).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_stockitem SET on_hand = 7 WHERE product_id = %s", [product.pk])
    compare_stock()
    shown = page.get(URL).content.decode()
    assert "CMP-1" in shown and "流水" in shown
    english = page.get(URL, headers={"Accept-Language": "en"})
    assert "CMP-1" in english.content.decode()


def test_much_is_left_to_a_worker_once(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []
    monkeypatch.setattr(comparison, "LARGE", -2)
    monkeypatch.setattr(compare_stock, "delay", lambda **values: asked.append(values))
    for _twice in range(2):
        assert page.post(URL).status_code == 302
    assert asked == [{"by": "warehouse"}]
    assert comparison.is_running()
    compare_stock(**asked[0])
    assert not comparison.is_running()


def test_it_is_for_those_who_may_count(cast: SimpleNamespace) -> None:
    client = Client()
    client.force_login(cast.sales)
    assert client.get(URL).status_code == 403
    assert client.post(URL).status_code == 403
