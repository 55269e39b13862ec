"""Changes of orders through the API: what they say, and to whom."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from orders.models import SalesOrder
from orders.services import keep, submit
from tests.api.conftest import Caller
from tests.cast import make_order, make_product, put_in_stock
from tests.orders.test_amending import agreed, change, confirmed, line_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(cast: SimpleNamespace, no_auto_approval: None) -> SalesOrder:
    """Ten pieces with one change in force and one to be decided."""
    product = make_product("BOLT", name="螺栓")
    put_in_stock(product, 20)
    order = confirmed(cast, (product, 10))
    agreed(change(order, cast.sales, keep(line_of(order), quantity=Decimal(6))), cast)
    order.refresh_from_db()
    submit(change(order, cast.sales, keep(line_of(order), unit_price=Decimal(90)), reason="议价"), by=cast.sales)
    return order


def test_all_changes_of_an_order_newest_first(sales: Caller, order: SalesOrder) -> None:
    body = sales.get(f"/orders/{order.number}/amendments").json()
    assert [(one["serial"], one["status"], one["made_version"]) for one in body["items"]] == [
        (2, "submitted", None),
        (1, "applied", 2),
    ]
    assert body["next"] is None
    assert body["items"][0]["reason"] == "议价"


def test_one_change_has_both_versions_and_what_it_sets_off(sales: Caller, order: SalesOrder) -> None:
    one = sales.get(f"/orders/{order.number}/amendments/1").json()
    quantities = [Decimal(one[side]["lines"][0]["quantity"]) for side in ("before", "after")]
    assert quantities == [10, 6]
    assert (one["number"], one["base_version"]) == (f"{order.number}-1", 1)
    assert any("10 个 → 6 个" in words for words in one["changes"])
    assert {"money", "stock"} <= {effect["area"] for effect in one["effects"]}
    assert "product_id" not in one["after"]["lines"][0]


def test_who_may_read_them(cast: SimpleNamespace, order: SalesOrder) -> None:
    addresses = (f"/orders/{order.number}/amendments", f"/orders/{order.number}/amendments/1")
    for address in addresses:
        assert Caller(None).get(address).status_code == 401
        assert Caller(cast.manager).get(address).status_code == 200
        warehouse = Caller(cast.warehouse).get(address)
        assert warehouse.status_code == 200
        assert "13812345678" not in warehouse.content.decode()
        assert Caller(cast.beta_login).get(address).status_code in (403, 404)
    assert "13812345678" in Caller(cast.sales).get(addresses[1]).content.decode()


def test_what_is_not_there(cast: SimpleNamespace, sales: Caller, order: SalesOrder) -> None:
    assert sales.get(f"/orders/{order.number}/amendments/3").status_code == 404
    assert sales.get("/orders/SO-NONE/amendments").status_code == 404
    assert sales.get(f"/orders/{order.number}/amendments/first").status_code in (404, 422)
    fresh = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    assert sales.get(f"/orders/{fresh.number}/amendments").json() == {"items": [], "next": None}
    strange = make_order((make_product(), 1), customer=cast.beta, by=cast.manager, salesperson=cast.manager)
    type(cast.beta).objects.filter(pk=cast.beta.pk).update(owner=cast.manager)
    for address in (f"/orders/{strange.number}/amendments", f"/orders/{strange.number}/amendments/1"):
        assert sales.get(address).status_code == 404
