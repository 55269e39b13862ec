"""Counting stock."""

from decimal import Decimal

import pytest

from erp.errors import BusinessError, OutOfStock
from inventory.models import ProductCost, StockItem, StockMove
from inventory.services import Want, adjust_stock, default_warehouse, reserve, virtual_place
from inventory.verify import differences
from tests.cast import make_product, put_in_stock

pytestmark = pytest.mark.django_db


def count(product, place, counted, **more):
    return adjust_stock(product, place, counted=Decimal(counted), by=None, **{"reason": "盘点", **more})


def test_found_goods_come_in_at_the_average(product, bin_place):
    put_in_stock(product, 10, cost="6")
    move = count(product, bin_place, "12")
    assert (move.source, move.quantity, move.value) == (virtual_place("adjustment"), Decimal(2), Decimal(12))
    assert StockItem.objects.get().on_hand == 12
    assert ProductCost.objects.get().value == Decimal(72)
    assert not list(differences())


def test_lost_goods_go_out_at_the_average(product, bin_place):
    put_in_stock(product, 10, cost="6")
    move = count(product, bin_place, "7.5")
    assert (move.target, move.quantity, move.value) == (virtual_place("adjustment"), Decimal("2.5"), Decimal(15))
    assert StockItem.objects.get().on_hand == Decimal("7.5")
    assert not list(differences())


def test_first_stock_takes_the_given_cost_else_the_standard_cost(product, bin_place):
    assert count(product, bin_place, "2").value == Decimal(120)
    other = make_product()
    assert count(other, bin_place, "2", unit_cost=Decimal("7.25")).value == Decimal("14.50")


def test_a_count_that_agrees_writes_nothing(product, bin_place):
    put_in_stock(product, 3)
    assert count(product, bin_place, "3") is None
    assert StockMove.objects.count() == 1


def test_the_same_key_counts_once(product, bin_place):
    first = count(product, bin_place, "5", key="form-1")
    assert count(product, bin_place, "9", key="form-1") == first
    assert StockItem.objects.get().on_hand == 5


def test_stock_that_moved_meanwhile_must_be_counted_again(product, bin_place):
    put_in_stock(product, 3)
    with pytest.raises(BusinessError) as refusal:
        count(product, bin_place, "5", expected=Decimal(2))
    assert refusal.value.field == "counted"
    assert StockItem.objects.get().on_hand == 3


def test_what_is_promised_cannot_be_counted_away(product, bin_place):
    put_in_stock(product, 5)
    reserve(
        [Want(1, product.pk, Decimal(4))], holder_type="orders.OrderLine", warehouse_id=default_warehouse().pk, by=None
    )
    with pytest.raises(OutOfStock):
        count(product, bin_place, "3")
    assert StockItem.objects.get().on_hand == 5


@pytest.mark.parametrize(("counted", "reason"), [("-1", "盘点"), ("1", " "), ("NaN", "盘点"), ("Infinity", "盘点")])
def test_bad_input_is_refused(product, bin_place, counted, reason):
    with pytest.raises(BusinessError):
        count(product, bin_place, counted, reason=reason)
    assert not StockMove.objects.exists()


def test_services_and_virtual_places_have_no_stock(product, bin_place):
    with pytest.raises(BusinessError):
        count(make_product(kind="service"), bin_place, "1")
    with pytest.raises(BusinessError):
        count(product, virtual_place("customer"), "1")
