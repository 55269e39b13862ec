"""The API of suppliers and purchase orders."""

from decimal import Decimal

import pytest

from erp.models import ApiToken
from inventory.models import GoodsReceipt, PurchaseOrder, StockItem
from tests.inventory.conftest import draft

pytestmark = pytest.mark.django_db
ORDERS = "/purchase-orders"


@pytest.fixture
def call(client, cast):
    """Ask the API as somebody; the buyer unless said otherwise."""

    def ask(path, body=None, *, person=None, key="", **query):
        _token, secret = ApiToken.issue(person or cast.purchasing)
        headers = {"Authorization": f"Bearer {secret}"} | ({"Idempotency-Key": key} if key else {})
        if body is None:
            return client.get(f"/api/v1{path}", query, headers=headers)
        return client.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)

    return ask


def new(supplier, product, **more):
    return {"supplier": supplier.code, "lines": [{"sku": product.sku, "quantity": "10", "unit_price": "2.5"}], **more}


def test_suppliers_with_their_record(call, supplier, cast):
    (found,) = call("/suppliers", search="宁波").json()["items"]
    assert (found["code"], found["score"]["deliveries"], found["score"]["punctuality"]) == ("S1", 0, None)
    assert call("/suppliers/S1").json() == found
    assert call("/suppliers/none").status_code == 404
    assert call("/suppliers", person=cast.sales).status_code == 403


def test_an_order_is_drafted_once_placed_and_received(call, supplier, product, cast):
    first = call(ORDERS, new(supplier, product), key="k1")
    assert first.status_code == 201
    assert call(ORDERS, new(supplier, product), key="k1").status_code == 200
    order = PurchaseOrder.objects.get()
    body = first.json()
    assert (body["number"], body["total"], body["lines"][0]["outstanding"]) == (order.number, "25.00", "10")
    placed = call(f"{ORDERS}/{order.number}/transitions", {"transition": "place"})
    assert placed.json()["status"] == "placed"
    assert call(f"{ORDERS}/{order.number}/transitions", {"transition": "place"}).status_code == 409
    arrived = {"lines": [{"position": 1, "quantity": "6", "rejected": "1", "reason": "破损"}], "delivery_note": "DN-7"}
    url = f"{ORDERS}/{order.number}/receipts"
    assert call(url, arrived).status_code == 403
    for status in (201, 200):
        answer = call(url, arrived, person=cast.warehouse, key="k2")
        assert answer.status_code == status
    line = answer.json()["lines"][0]
    assert (line["received"], line["accepted"], line["rejected"], line["outstanding"]) == ("6", "5", "1", "4")
    assert answer.json()["receipts"] == [GoodsReceipt.objects.get(delivery_note="DN-7").number]
    assert sum(item.on_hand for item in StockItem.objects.filter(product=product)) == Decimal(6)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"supplier": "none"}, "/supplier"),
        ({"warehouse": "none"}, "/warehouse"),
        ({"lines": [{"sku": "none", "quantity": "1"}]}, "/lines/0/sku"),
        ({"lines": [{"sku": "LS-M8-20", "quantity": "0"}]}, "/lines/0/quantity"),
        ({"lines": []}, "/lines"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_is_wrong_is_named_at_its_place(call, supplier, product, change, pointer):
    answer = call(ORDERS, new(supplier, product) | change)
    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert not PurchaseOrder.objects.exists()


def test_receipts_that_cannot_be(call, placed, cast):
    url = f"{ORDERS}/{placed.order.number}/receipts"
    bad = [
        {"lines": [{"position": 7, "quantity": "1"}]},
        {"lines": [{"position": 1, "quantity": "11"}]},
        {"lines": [{"position": 1, "quantity": "1"}] * 2},
        {"lines": [{"position": 1, "quantity": "1"}], "place": "none"},
    ]
    for body in bad:
        assert call(url, body, person=cast.warehouse).status_code == 422
    assert not GoodsReceipt.objects.exists()


def test_lists_by_status_and_supplier(call, supplier, product, placed, cast, django_assert_max_num_queries):
    draft(supplier, (product, "1", "1"))
    assert [row["number"] for row in call(ORDERS, status="placed").json()["items"]] == [placed.order.number]
    assert len(call(ORDERS, supplier="S1").json()["items"]) == 2
    assert call(ORDERS, supplier="S9").json()["items"] == []
    assert call(ORDERS, status="rubbish").status_code == 422
    assert call(ORDERS, person=cast.sales).status_code == 403
    assert call(f"{ORDERS}/none").status_code == 404
    with django_assert_max_num_queries(12):
        call(ORDERS)
