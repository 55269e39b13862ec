"""What must be bought, and orders made from it in one step."""

import datetime as dt
from decimal import Decimal

import pytest

from erp.errors import BusinessError
from erp.workflow import advance
from inventory.models import PurchaseOrder, Supplier, SupplierPrice, SupplyRequest
from inventory.needs import below_reorder_point, buying_needs
from inventory.services import default_warehouse, order_needs
from tests.cast import make_order, make_product, put_in_stock
from tests.inventory.conftest import draft

pytestmark = pytest.mark.django_db


def wants(product, quantity, holder=1, needed_by=None):
    return SupplyRequest.objects.create(
        product=product,
        warehouse=default_warehouse(),
        quantity=Decimal(quantity),
        supply=product.supply,
        holder_type="orders.OrderLine",
        holder_id=holder,
        document_type="orders.SalesOrder",
        document_id=holder,
        needed_by=needed_by,
    )


def test_needs_are_added_up_by_the_cheapest_supplier(supplier, product):
    dear = Supplier.objects.create(code="S2", name="贵")
    SupplierPrice.objects.create(supplier=dear, product=product, price=Decimal(9))
    SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal(8))
    wants(product, "3", 1, dt.date(2026, 12, 9))
    wants(product, "4", 2, dt.date(2026, 12, 1))
    (group,) = buying_needs()
    (need,) = group.needs
    assert group.supplier == supplier
    assert (need.lacking, need.quantity, need.requests, need.needed_by) == (7, 7, 2, dt.date(2026, 12, 1))
    assert group.total == Decimal(56)


def test_what_is_drafted_or_ordered_is_taken_off(supplier, product):
    wants(product, "7")
    draft(supplier, (product, "5", "1"))
    (need,) = buying_needs()[0].needs
    assert (need.on_order, need.quantity) == (5, 2)
    draft(supplier, (product, "2", "1"))
    assert buying_needs() == []


def test_the_suppliers_minimum_is_ordered_at_least(supplier, product):
    SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal(1), minimum=Decimal(100))
    wants(product, "7")
    assert buying_needs()[0].needs[0].quantity == 100


def test_products_below_their_reorder_point_are_restocked(basics):
    product = make_product(reorder_point=Decimal(10))
    put_in_stock(product, 4)
    enough = make_product(reorder_point=Decimal(10))
    put_in_stock(enough, 10)
    made = make_product(reorder_point=Decimal(10), supply="make")
    (group,) = buying_needs()
    assert group.supplier is None
    assert [(need.product, need.quantity) for need in group.needs] == [(product, 6)]
    assert set(below_reorder_point()) == {product, made}


def test_a_need_and_a_reorder_point_are_not_counted_twice(basics):
    product = make_product(reorder_point=Decimal(10))
    wants(product, "5")
    (need,) = buying_needs()[0].needs
    assert (need.lacking, need.restock, need.quantity) == (5, 10, 15)


def test_needs_of_made_products_and_closed_ones_are_not_bought(basics, product):
    wants(make_product(supply="make"), "5", holder=2)
    SupplyRequest.objects.filter(pk=wants(product, "5").pk).update(status="covered")
    assert buying_needs() == []


def test_one_step_makes_the_order_and_a_second_finds_nothing(supplier, product, cast):
    SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal("8.5"))
    wants(product, "3")
    order = order_needs(supplier=supplier, warehouse=default_warehouse(), by=cast.warehouse)
    line = order.lines.get()
    assert (order.status, line.product, line.quantity, line.unit_price) == ("draft", product, 3, Decimal("8.5"))
    with pytest.raises(BusinessError):
        order_needs(supplier=supplier, warehouse=default_warehouse(), by=cast.warehouse)
    assert PurchaseOrder.objects.count() == 1


def test_the_number_of_queries_does_not_grow(supplier, django_assert_max_num_queries):
    for at in range(12):
        wants(make_product(reorder_point=Decimal(5)), "3", holder=at)
    with django_assert_max_num_queries(8):
        assert sum(len(group.needs) for group in buying_needs()) == 12


def test_an_order_that_waits_goes_on_when_the_goods_arrive(supplier, product, bin_place, cast):
    """The whole way: an order lacks stock, one click buys it, receiving makes the order ready."""
    from inventory.services import receive

    SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal("50"))
    order = make_order((product, "3"))
    order.refresh_from_db()
    if order.status == "pending":
        advance(order, "approve", by=cast.approver)
    assert order.status == "approved"
    purchase = order_needs(supplier=supplier, warehouse=default_warehouse(), by=cast.warehouse)
    advance(purchase, "place", by=cast.warehouse)
    line = purchase.lines.get()
    receive(purchase, quantities={line.pk: line.quantity}, place=bin_place, by=cast.warehouse)
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    assert not SupplyRequest.objects.filter(status="open").exists()
