"""Production orders out of needs."""

from decimal import Decimal

import pytest

from erp.errors import BusinessError, TransitionRefused
from erp.workflow import advance
from inventory.models import Reservation, Supplier, SupplyRequest
from inventory.services import PurchaseInput, create_purchase_order, default_warehouse, receive, receiving_place
from production import services
from production.models import ProductionOrder
from production.selectors import unplanned_needs
from production.verify import differences
from tests.cast import make_order, make_product, put_in_stock
from tests.production.conftest import make_bom, order_for


def test_sales_order_short_of_a_made_product_gets_a_production_order(hinge, cast):
    hinge.product.refresh_from_db()
    sale, order = order_for(hinge.product, 5)
    sale.refresh_from_db()

    assert sale.status == "in_production"
    assert order.status == "planned"
    assert (order.quantity, order.due, order.warehouse) == (5, sale.promised_date, sale.warehouse)
    assert {c.product.sku: (c.needed, c.reserved) for c in order.components.all()} == {
        "PLATE": (5, 0),
        "SCREW": (20, 0),
    }
    assert order.operations[0]["minute_cost"] == "1.500000"
    buy = SupplyRequest.objects.filter(document_type="production.ProductionOrder", document_id=order.pk)
    assert {(r.product.sku, r.quantity, r.supply) for r in buy} == {("PLATE", 5, "buy"), ("SCREW", 20, "buy")}


def test_planning_again_changes_nothing(hinge):
    sale, _order = order_for(hinge.product, 5)

    assert services.plan_order(sale, change=None, by=None) == []
    assert ProductionOrder.objects.count() == 1


def test_need_that_grew_gets_an_order_for_the_difference(hinge):
    sale, order = order_for(hinge.product, 5)
    SupplyRequest.objects.filter(pk=order.request_id).update(quantity=8)

    (more,) = services.plan_order(sale, change=None, by=None)

    assert more.quantity == 3


def test_components_in_stock_are_reserved_at_once(hinge):
    put_in_stock(hinge.plate, 10)
    put_in_stock(hinge.screw, 8)
    _sale, order = order_for(hinge.product, 5)

    assert {c.product.sku: c.reserved for c in order.components.all()} == {"PLATE": 5, "SCREW": 8}
    assert Reservation.objects.filter(holder_type=services.HOLDER).count() == 2
    assert list(differences()) == []


def test_made_component_gets_a_nested_production_order(hinge):
    leaf = make_product("LEAF", supply="make")
    make_bom(leaf, (hinge.screw, "2"))
    make_bom(hinge.product, (leaf, "2"), version=2)

    _sale, order = order_for(hinge.product, 3)

    nested = ProductionOrder.objects.get(product=leaf)
    assert nested.quantity == 6
    assert nested.request.document_id == order.pk
    assert nested.components.get().needed == 12


def test_bill_of_materials_that_contains_itself_is_refused(hinge):
    leaf = make_product("LEAF", supply="make")
    make_bom(leaf, (hinge.product, "1"))
    make_bom(hinge.product, (leaf, "1"), version=2)

    with pytest.raises(BusinessError) as refusal:
        services.create_production_order(
            product=hinge.product, quantity=Decimal(1), warehouse=default_warehouse(), by=None
        )

    assert refusal.value.code == "bom_cycle"
    assert not ProductionOrder.objects.exists()


@pytest.mark.parametrize("quantity", ["0", "-1", "0.00001"])
def test_quantity_must_be_more_than_zero(hinge, quantity):
    with pytest.raises(BusinessError) as refusal:
        services.create_production_order(
            product=hinge.product, quantity=Decimal(quantity), warehouse=default_warehouse(), by=None
        )
    assert refusal.value.field == "quantity"


def test_services_and_inactive_products_are_not_made(cast):
    for product in (make_product(kind="service"), make_product(is_active=False)):
        with pytest.raises(BusinessError):
            services.create_production_order(
                product=product, quantity=Decimal(1), warehouse=default_warehouse(), by=None
            )


def test_start_needs_every_component(hinge, cast):
    _sale, order = order_for(hinge.product, 5)

    with pytest.raises(TransitionRefused) as refusal:
        services.move(order, "start", by=cast.planner)

    assert "钢板 5" in refusal.value.message
    order.refresh_from_db()
    assert order.status == "planned"


def test_cancelled_sales_order_cancels_what_is_planned_and_frees_components(hinge, cast):
    put_in_stock(hinge.plate, 10)
    put_in_stock(hinge.screw, 40)
    sale, order = order_for(hinge.product, 5)

    advance(sale, "cancel", by=cast.manager, note="客户不要了")

    order.refresh_from_db()
    assert order.status == "cancelled"
    assert not Reservation.objects.exists()
    assert not SupplyRequest.objects.filter(status="open").exists()
    assert list(differences()) == []


def test_cancelled_sales_order_leaves_work_in_progress_for_stock(hinge, cast):
    put_in_stock(hinge.plate, 10)
    put_in_stock(hinge.screw, 40)
    sale, order = order_for(hinge.product, 5)
    services.move(order, "start", by=cast.planner)

    advance(sale, "cancel", by=cast.manager, note="客户不要了")

    order.refresh_from_db()
    assert order.status == "in_progress"
    services.report(order, good=Decimal(5), by=cast.planner, key="a")
    order.refresh_from_db()
    assert order.status == "done"
    assert hinge.product.stock_items.get().available == 5
    assert list(differences()) == []


def test_cancelling_a_production_order_lets_the_need_be_planned_again(hinge, cast):
    sale, order = order_for(hinge.product, 5)

    services.move(order, "cancel", by=cast.planner, note="模具坏了")

    sale.refresh_from_db()
    assert sale.status == "in_production"
    (again,) = services.plan_order(sale, change=None, by=None)
    assert again.quantity == 5


def test_nested_order_falls_away_with_its_parent(hinge, cast):
    leaf = make_product("LEAF", supply="make")
    make_bom(leaf, (hinge.screw, "2"))
    make_bom(hinge.product, (leaf, "2"), version=2)
    _sale, order = order_for(hinge.product, 3)

    services.move(order, "cancel", by=cast.planner, note="计划变更")

    assert set(ProductionOrder.objects.values_list("status", flat=True)) == {"cancelled"}


def test_goods_that_arrive_go_to_waiting_production(hinge):
    _sale, order = order_for(hinge.product, 5)
    put_in_stock(hinge.plate, 3)

    services.supply_waiting([hinge.plate.pk], warehouse_id=order.warehouse_id, by=None)
    services.supply_waiting([hinge.plate.pk], warehouse_id=order.warehouse_id, by=None)

    component = order.components.get(product=hinge.plate)
    assert (component.reserved, component.lacking) == (3, 2)
    request = SupplyRequest.objects.get(holder_type=services.HOLDER, holder_id=component.pk)
    assert (request.quantity, request.status) == (2, "open")


def test_urgent_production_gets_scarce_components_first(hinge, cast):
    _first, normal = order_for(hinge.product, 5)
    _second, urgent = order_for(hinge.product, 4, priority=9)
    put_in_stock(hinge.plate, 5)

    services.supply_waiting([hinge.plate.pk], warehouse_id=normal.warehouse_id, by=None)

    assert urgent.components.get(product=hinge.plate).reserved == 4
    assert normal.components.get(product=hinge.plate).reserved == 1


def test_what_an_urgent_order_took_is_not_planned_twice(hinge, cast):
    _normal, first = order_for(hinge.product, 5)
    _urgent, second = order_for(hinge.product, 4, priority=9)
    put_in_stock(hinge.plate, 9)
    put_in_stock(hinge.screw, 36)
    services.supply_waiting([hinge.plate.pk, hinge.screw.pk], warehouse_id=first.warehouse_id, by=None)
    services.move(first, "start", by=cast.planner)

    services.report(first, good=Decimal(5), by=cast.planner, key="a")

    assert list(unplanned_needs()) == []  # the four pieces of the second order make up for it
    services.move(second, "cancel", by=cast.planner, note="不做了")
    (need,) = unplanned_needs()
    assert need.lacking == 4
    assert services.plan_need(need, by=cast.planner).quantity == 4
    assert services.plan_need(need, by=cast.planner) is None


def test_goods_receipt_serves_sales_orders_first_then_production(hinge, cast):
    _sale, order = order_for(hinge.product, 5)
    sold = make_order((hinge.plate, 3))
    supplier = Supplier.objects.create(code="S-1", name="钢厂")
    purchase = create_purchase_order(
        supplier=supplier, warehouse=order.warehouse, lines=[PurchaseInput(hinge.plate, Decimal(7))], by=cast.warehouse
    )
    advance(purchase, "place", by=cast.warehouse)

    receive(
        purchase,
        quantities={purchase.lines.get().pk: Decimal(7)},
        place=receiving_place(order.warehouse),
        by=cast.warehouse,
    )

    sold.refresh_from_db()
    assert sold.status == "ready_to_ship"
    component = order.components.get(product=hinge.plate)
    assert (component.reserved, component.lacking) == (4, 1)
    assert list(differences()) == []
