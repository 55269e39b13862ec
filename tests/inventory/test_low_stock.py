"""Products below their reorder point are known without adding up the stock of all: the database keeps a row for each."""

from decimal import Decimal

import pytest

from inventory.models import LowStock, Place, Product, StockItem
from inventory.needs import below_reorder_point
from inventory.services import Want, adjust_stock, default_warehouse, release, reserve, save_product
from tests.cast import make_product, put_in_stock

pytestmark = pytest.mark.django_db
HOLDER = "orders.OrderLine"


def low():
    """The products known to be low, which must always be those that are."""
    known = set(LowStock.objects.values_list("product__sku", flat=True))
    for product in Product.objects.all():
        items = StockItem.objects.filter(product=product, place__kind=Place.Kind.BIN)
        free = sum((item.on_hand - item.reserved for item in items), Decimal(0))
        assert (product.sku in known) == (free < product.reorder_point), product.sku
    assert set(below_reorder_point().values_list("sku", flat=True)) <= known
    return known


def test_it_follows_goods_and_promises(basics):
    product = make_product("A", reorder_point=Decimal(10))
    make_product("B")
    assert low() == {"A"}
    put_in_stock(product, 12)
    assert low() == set()
    want = Want(holder_id=1, product_id=product.pk, quantity=Decimal(3))
    reserve([want], holder_type=HOLDER, warehouse_id=default_warehouse().pk, by=None)
    assert low() == {"A"}
    reserve([want], holder_type=HOLDER, warehouse_id=default_warehouse().pk, by=None)
    assert low() == {"A"}  # still there, and there once
    release(holder_type=HOLDER, holder_ids=[1], reason="test", by=None)
    assert low() == set()
    place = StockItem.objects.get(product=product).place
    adjust_stock(product, place, counted=Decimal(2), reason="broken", by=None)
    assert low() == {"A"}


def test_it_follows_the_reorder_point_however_it_is_changed(basics):
    product = make_product("A")
    put_in_stock(product, 5)
    assert low() == set()
    save_product(product=product, by=None, reorder_point=Decimal(6))
    assert low() == {"A"}
    Product.objects.update(reorder_point=5)
    assert low() == set()


def test_it_follows_what_a_place_is_good_for(basics):
    product = make_product("A", reorder_point=Decimal(5))
    put_in_stock(product, 5)
    place = StockItem.objects.get(product=product).place
    place.kind = Place.Kind.QUARANTINE
    place.save()
    assert low() == {"A"}
    place.kind = Place.Kind.BIN
    place.save()
    assert low() == set()


def test_products_that_are_not_bought_any_more_are_not_shown(basics):
    product = make_product("A", reorder_point=Decimal(5))
    make_product("S", kind=Product.Kind.SERVICE, reorder_point=Decimal(5))
    assert [(one.sku, one.free) for one in below_reorder_point()] == [("A", 0)]
    save_product(product=product, by=None, is_active=False)
    assert not below_reorder_point().exists()


def test_a_product_that_is_deleted_is_forgotten(basics):
    make_product("A", reorder_point=Decimal(5)).delete()
    assert low() == set()
