"""Purchase orders and goods receipts."""

from decimal import Decimal

import pytest
from django.utils import timezone

from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.models import StatusChange
from erp.workflow import advance
from inventory.models import GoodsReceipt, Place, ProductCost, PurchaseOrder, StockItem, StockMove, SupplierPrice
from inventory.services import (
    PurchaseInput,
    change_purchase_order,
    create_purchase_order,
    default_warehouse,
    put_away,
    quarantine_place,
    receive,
    virtual_place,
)
from inventory.verify import differences
from tests.cast import make_product
from tests.inventory.conftest import draft

pytestmark = pytest.mark.django_db


def test_a_draft_has_number_lines_total_and_expected_day(supplier, product, cast):
    order = draft(supplier, (product, "3", "12.345"), (make_product(), "2", "0.5"), by=cast.warehouse)
    assert order.number.startswith("PO-")
    assert order.total == Decimal("38.04")  # 37.035 → 37.04, and 1.00
    assert (order.expected_on - timezone.localdate()).days == 7
    assert [line.position for line in order.lines.all()] == [1, 2]
    assert StatusChange.objects.filter(document_type="inventory.PurchaseOrder", transition="create").count() == 1


def test_price_comes_from_the_supplier_else_from_standard_cost(supplier, product):
    other = make_product(cost="7.5")
    SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal("11"))
    order = create_purchase_order(
        supplier=supplier,
        warehouse=default_warehouse(),
        lines=[PurchaseInput(product, Decimal(1)), PurchaseInput(other, Decimal(2))],
        by=None,
    )
    assert [line.unit_price for line in order.lines.all()] == [Decimal("11"), Decimal("7.5")]


@pytest.mark.parametrize(("quantity", "price"), [("0", "1"), ("-1", "1"), ("1", "-1"), ("NaN", "1")])
def test_bad_lines_are_refused_and_nothing_is_saved(supplier, product, quantity, price):
    with pytest.raises(BusinessError) as refusal:
        draft(supplier, (product, quantity, price))
    assert product.sku in refusal.value.message
    assert not PurchaseOrder.objects.exists()


def test_no_lines_an_inactive_supplier_or_a_service_are_refused(supplier, product):
    with pytest.raises(BusinessError):
        draft(supplier)
    with pytest.raises(BusinessError):
        draft(supplier, (make_product(kind="service"), "1", "1"))
    supplier.is_active = False
    with pytest.raises(BusinessError):
        draft(supplier, (product, "1", "1"))


def test_a_draft_can_be_written_anew_but_a_placed_order_cannot(supplier, product):
    order = draft(supplier, (product, "3", "1"))
    change_purchase_order(order, lines=[PurchaseInput(product, Decimal(5), Decimal(2))], by=None, note="急")
    order.refresh_from_db()
    assert (order.total, order.note, order.lines.get().quantity) == (Decimal(10), "急", Decimal(5))
    advance(order, "place", by=None)
    with pytest.raises(TransitionRefused):
        change_purchase_order(order, lines=[PurchaseInput(product, Decimal(1), Decimal(1))], by=None)


def test_receiving_puts_goods_into_stock_at_price_times_quantity(placed, bin_place, cast):
    receipt = receive(placed.order, quantities={placed.line.pk: Decimal(4)}, place=bin_place, by=cast.warehouse)
    assert (receipt.status, receipt.total) == ("posted", Decimal("49.38"))
    item = StockItem.objects.get(product=placed.product, place=bin_place)
    assert item.on_hand == 4
    cost = ProductCost.objects.get(product=placed.product)
    assert (cost.quantity, cost.value) == (Decimal(4), Decimal("49.38"))
    move = StockMove.objects.get()
    assert (move.source, move.document_type, move.document_id) == (
        virtual_place("supplier"),
        "inventory.GoodsReceipt",
        receipt.pk,
    )
    assert placed.order.status == "partly_received"
    assert placed.order.lines.get().received == 4
    assert not list(differences())


def test_the_order_is_done_when_all_has_arrived(placed, bin_place, cast):
    for part in ("4", "6"):
        receive(placed.order, quantities={placed.line.pk: Decimal(part)}, place=bin_place, by=cast.warehouse)
    assert placed.order.status == "received"
    assert StockItem.objects.get(product=placed.product).on_hand == 10
    assert not list(differences())


def test_the_same_key_receives_once(placed, bin_place, cast):
    got = [
        receive(placed.order, quantities={placed.line.pk: Decimal(4)}, place=bin_place, by=cast.warehouse, key="k")
        for _again in range(2)
    ]
    assert got[0] == got[1]
    assert GoodsReceipt.objects.count() == 1
    assert StockItem.objects.get(product=placed.product).on_hand == 4


def test_posting_effects_run_once(placed, bin_place, cast):
    receipt = receive(placed.order, quantities={placed.line.pk: Decimal(4)}, place=bin_place, by=cast.warehouse)
    put_away(receipt, change=None, by=cast.warehouse)
    assert placed.order.lines.get().received == 4
    assert StockItem.objects.get(product=placed.product).on_hand == 4


@pytest.mark.parametrize("quantity", ["11", "-1", "0"])
def test_too_much_nothing_or_less_is_refused_and_nothing_changes(placed, bin_place, cast, quantity):
    with pytest.raises(BusinessError):
        receive(placed.order, quantities={placed.line.pk: Decimal(quantity)}, place=bin_place, by=cast.warehouse)
    assert not GoodsReceipt.objects.exists()
    assert not StockItem.objects.exists()


def test_a_line_of_another_order_or_a_strange_place_is_refused(placed, bin_place, supplier, cast):
    other = draft(supplier, (placed.product, "1", "1"))
    with pytest.raises(BusinessError):
        receive(placed.order, quantities={other.lines.get().pk: Decimal(1)}, place=bin_place, by=cast.warehouse)
    with pytest.raises(BusinessError):
        receive(
            placed.order,
            quantities={placed.line.pk: Decimal(1)},
            place=virtual_place(Place.Kind.CUSTOMER),
            by=cast.warehouse,
        )


def test_only_placed_orders_receive(supplier, product, bin_place, cast):
    order = draft(supplier, (product, "1", "1"))
    with pytest.raises(TransitionRefused):
        receive(order, quantities={order.lines.get().pk: Decimal(1)}, place=bin_place, by=cast.warehouse)


def test_receiving_needs_the_right(placed, bin_place, cast):
    with pytest.raises(NotPermitted):
        receive(placed.order, quantities={placed.line.pk: Decimal(1)}, place=bin_place, by=cast.sales)
    assert not GoodsReceipt.objects.exists()


def test_goods_into_quarantine_are_there_but_not_for_sale(placed, cast):
    place = quarantine_place(default_warehouse())
    receive(placed.order, quantities={placed.line.pk: Decimal(4)}, place=place, by=cast.warehouse)
    assert StockItem.objects.get(product=placed.product).on_hand == 4
    assert not StockItem.objects.pickable().exists()
    assert ProductCost.objects.get(product=placed.product).quantity == 4
