"""Products and stock over the API."""

from decimal import Decimal

import pytest

from erp.models import ApiToken
from inventory.models import Place, Warehouse
from inventory.services import Want, adjust_stock, default_warehouse, reserve
from tests.cast import make_product, make_user, put_in_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client, cast):
    """GET with the token of a person; sales unless said otherwise."""

    def get(path, person=None, **query):
        _token, secret = ApiToken.issue(person or cast.sales)
        return client.get(f"/api/v1{path}", query, headers={"Authorization": f"Bearer {secret}"})

    return get


def test_products_by_sku_with_what_is_available(api, basics):
    put_in_stock(make_product("B", price="2.5"), "1.5")
    make_product("A")
    make_product("C", is_active=False)
    answer = api("/products").json()
    assert [item["sku"] for item in answer["items"]] == ["A", "B"]
    assert answer["next"] is None
    assert answer["items"][1] == {
        "sku": "B",
        "name": "产品 B",
        "unit": "个",
        "list_price": "2.5",
        "supply": "buy",
        "available": "1.5",
    }


def test_products_are_searched_and_paged(api, basics):
    for number in range(5):
        make_product(f"A-{number}")
    make_product("B-1")
    first = api("/products", search="a-", limit=3).json()
    second = api("/products", search="a-", limit=3, cursor=first["next"]).json()
    assert [item["sku"] for item in first["items"] + second["items"]] == [f"A-{number}" for number in range(5)]
    assert second["next"] is None
    assert api("/products", cursor="rubbish").status_code == 422
    assert api("/products", limit=0).status_code == 422


def test_stock_in_total_and_by_warehouse(api, product):
    put_in_stock(product, 5)
    place = Place.objects.create(code="SH-1", warehouse=Warehouse.objects.create(code="SH", name="上海仓"))
    adjust_stock(product, place, counted=Decimal("2.5"), reason="期初库存", by=None)
    reserve([Want(1, product.pk, Decimal(4))], holder_type="x", warehouse_id=default_warehouse().pk, by=None)
    assert api(f"/stock/{product.sku}").json() == {
        "sku": product.sku,
        "unit": "个",
        "on_hand": "7.5",
        "reserved": "4",
        "available": "3.5",
        "warehouses": [
            {"code": "MAIN", "name": "主仓库", "on_hand": "5", "reserved": "4", "available": "1"},
            {"code": "SH", "name": "上海仓", "on_hand": "2.5", "reserved": "0", "available": "2.5"},
        ],
    }


def test_a_product_without_stock_and_none_at_all(api, product):
    assert api(f"/stock/{product.sku}").json()["available"] == "0"
    missing = api("/stock/nothing")
    assert missing.status_code == 404
    assert missing["Content-Type"] == "application/problem+json"


def test_who_may_ask(api, client, cast, product):
    assert client.get("/api/v1/products").status_code == 401
    nobody = make_user("nobody")
    assert api("/products", nobody).status_code == 403
    assert api(f"/stock/{product.sku}", nobody).status_code == 403
    assert api("/products", cast.alpha_login).status_code == 403
