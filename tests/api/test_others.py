"""Customers, products, stock, the description of the API, and its tokens."""

from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from erp.models import ApiToken
from tests.api.conftest import Caller
from tests.cast import make_customer

pytestmark = pytest.mark.django_db


def test_customers_are_found_by_code_and_pinyin(cast: SimpleNamespace, sales: Caller) -> None:
    make_customer("杭州大明机电", code="DM-1", owner=cast.sales)
    assert [row["code"] for row in sales.get("/customers", search="hzdm").json()["items"]] == ["DM-1"]
    assert [row["name"] for row in sales.get("/customers", search="dm-1").json()["items"]] == ["杭州大明机电"]
    assert sales.get("/customers", search="nobody").json() == {"items": [], "next": None}


def test_customers_turn_pages(cast: SimpleNamespace) -> None:
    for n in range(5):
        make_customer(f"客户 {n}")
    manager, seen, cursor = Caller(cast.manager), [], ""
    while True:
        body = manager.get("/customers", limit=3, cursor=cursor).json()
        seen += [row["code"] for row in body["items"]]
        if not (cursor := body["next"]):
            break
    assert seen == sorted(seen)
    assert len(set(seen)) == 7


def test_who_sees_which_customers(cast: SimpleNamespace, sales: Caller) -> None:
    hidden = make_customer("别人的客户", owner=cast.manager)
    assert hidden.code not in {row["code"] for row in sales.get("/customers").json()["items"]}
    assert hidden.code in {row["code"] for row in Caller(cast.manager).get("/customers").json()["items"]}
    own = Caller(cast.alpha_login).get("/customers").json()["items"]
    assert [row["code"] for row in own] == [cast.alpha.code]


def test_products_and_stock(cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller) -> None:
    found = sales.get("/products", search="bolt").json()["items"]
    assert [row["sku"] for row in found] == ["BOLT"]
    stock = sales.get("/stock/BOLT").json()
    assert (stock["on_hand"], stock["reserved"], stock["available"]) == ("10", "0", "10")
    assert [place["on_hand"] for place in stock["warehouses"]] == ["10"]
    assert sales.get("/stock/NONE").status_code == 404


def test_the_api_describes_itself(db: None) -> None:
    client = Client()
    described = client.get("/api/v1/openapi.json").json()
    assert {"/api/v1/orders", "/api/v1/orders/{number}", "/api/v1/customers", "/api/v1/products"} <= set(
        described["paths"]
    )
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    assert b"https://" not in page.content  # nothing from another host


def test_a_token_is_printed_once_and_works(cast: SimpleNamespace) -> None:
    out = StringIO()
    call_command("api_token", "sales", name="shop", stdout=out)
    secret = out.getvalue().strip()
    assert not ApiToken.objects.filter(digest=secret).exists()
    assert Client().get("/api/v1/orders", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_a_token_of_nobody(db: None) -> None:
    with pytest.raises(CommandError):
        call_command("api_token", "nobody")
