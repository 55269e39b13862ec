"""Reports from the floor."""

from decimal import Decimal

import pytest

from erp.errors import BusinessError, NotPermitted, OutOfStock, TransitionRefused
from inventory.models import ProductCost, Reservation, StockMove, SupplyRequest
from inventory.services import default_warehouse
from inventory.verify import differences as stock_differences
from orders.verify import differences as order_differences
from production import services
from production.models import OperationRun
from production.verify import differences
from tests.cast import make_order, make_product, put_in_stock
from tests.production.conftest import make_bom, order_for


@pytest.fixture
def started(hinge, cast):
    """A sales order for ten hinges whose production is in progress; components for exactly twelve are there."""
    put_in_stock(hinge.plate, 12, cost="10")
    put_in_stock(hinge.screw, 48, cost="0.5")
    sale, order = order_for(hinge.product, 10)
    services.move(order, "start", by=cast.planner)
    hinge.sale, hinge.order = sale, order
    return hinge


def proved():
    """No balance differs from its ledger."""
    return [*differences(), *stock_differences(), *order_differences()] == []


def test_report_takes_components_and_brings_goods_at_cost_to_the_order(started, cast):
    run = services.report(started.order, good=Decimal(4), minutes=Decimal(20), by=cast.planner, key="a")

    assert run.cost == Decimal("78.00")  # 4 × (10 + 4 × 0.5) + 20 × 1.5
    started.order.refresh_from_db()
    assert (started.order.good, started.order.cost, started.order.status) == (4, Decimal("78.00"), "in_progress")
    assert {c.product.sku: (c.issued, c.reserved) for c in started.order.components.all()} == {
        "PLATE": (4, 6),
        "SCREW": (16, 24),
    }
    line = started.sale.lines.get()
    assert (line.made, line.reserved) == (4, 4)
    cost = ProductCost.objects.get(product=started.product)
    assert (cost.quantity, cost.value) == (4, Decimal("78.00"))
    assert proved()


def test_last_report_finishes_and_the_sales_order_moves_on(started, cast):
    services.report(started.order, good=Decimal(4), by=cast.planner, key="a")
    services.report(started.order, good=Decimal(6), by=cast.planner, key="b")

    started.order.refresh_from_db()
    started.sale.refresh_from_db()
    assert started.order.status == "done"
    assert started.sale.status == "ready_to_ship"
    assert started.sale.lines.get().made == 10
    assert SupplyRequest.objects.get(pk=started.order.request_id).status == "covered"
    assert not Reservation.objects.filter(holder_type=services.HOLDER).exists()
    assert proved()


def test_same_report_twice_counts_once(started, cast):
    first = services.report(started.order, good=Decimal(4), by=cast.planner, key="a")
    again = services.report(started.order, good=Decimal(4), by=cast.planner, key="a")

    assert first == again
    assert OperationRun.objects.count() == 1
    assert started.order.components.get(product=started.plate).issued == 4


def test_key_of_another_order_is_refused(started, cast):
    services.report(started.order, good=Decimal(10), by=cast.planner, key="a")
    other = services.create_production_order(
        product=make_product(), quantity=Decimal(1), warehouse=default_warehouse(), by=None
    )
    with pytest.raises(BusinessError):
        services.report(other, good=Decimal(1), by=cast.planner, key="a")


def test_scrap_uses_components_and_keeps_the_order_open(started, cast):
    services.report(started.order, good=Decimal(8), scrap=Decimal(2), by=cast.planner, key="a")

    started.order.refresh_from_db()
    assert (started.order.status, started.order.remaining, started.order.scrap) == ("in_progress", 2, 2)
    plate = started.order.components.get(product=started.plate)
    assert (plate.needed, plate.issued, plate.reserved) == (12, 10, 2)
    services.report(started.order, good=Decimal(2), by=cast.planner, key="b")
    started.order.refresh_from_db()
    assert started.order.status == "done"
    assert ProductCost.objects.get(product=started.product).value == Decimal("144.00")  # twelve sets of parts
    assert proved()


def test_cost_of_a_report_without_good_pieces_is_borne_by_the_next(started, cast):
    services.report(started.order, good=Decimal(0), scrap=Decimal(1), by=cast.planner, key="a")
    assert not StockMove.objects.filter(product=started.product).exists()

    services.report(started.order, good=Decimal(1), by=cast.planner, key="b")

    assert ProductCost.objects.get(product=started.product).value == Decimal("24.00")
    assert proved()


def test_scrap_that_empties_the_shelf_asks_purchasing(started, cast):
    services.report(started.order, good=Decimal(0), scrap=Decimal(5), by=cast.planner, key="a")

    plate = started.order.components.get(product=started.plate)
    assert (plate.needed, plate.reserved, plate.lacking) == (15, 7, 3)
    assert SupplyRequest.objects.get(holder_type=services.HOLDER, holder_id=plate.pk, status="open").quantity == 3
    assert proved()


def test_report_without_enough_components_is_refused_whole(started, cast):
    services.report(started.order, good=Decimal(0), scrap=Decimal(5), by=cast.planner, key="a")

    with pytest.raises(OutOfStock) as refusal:
        services.report(started.order, good=Decimal(8), by=cast.planner, key="b")

    assert "钢板 1" in refusal.value.message
    started.order.refresh_from_db()
    assert (started.order.good, OperationRun.objects.count()) == (0, 1)
    assert proved()


def test_one_piece_too_many_goes_to_free_stock(started, cast):
    services.report(started.order, good=Decimal(11), by=cast.planner, key="a")

    started.order.refresh_from_db()
    assert started.order.status == "done"
    assert started.sale.lines.get().made == 10
    assert started.product.stock_items.get().available == 1
    assert proved()


def test_many_pieces_too_many_are_refused(started, cast):
    with pytest.raises(BusinessError) as refusal:
        services.report(started.order, good=Decimal(100), by=cast.planner, key="a")
    assert refusal.value.field == "good"


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ({"good": "0"}, "good"),
        ({"good": "-1"}, "good"),
        ({"good": "1", "scrap": "-1"}, "scrap"),
        ({"good": "1", "minutes": "-1"}, "minutes"),
    ],
)
def test_impossible_numbers_are_refused(started, cast, numbers, field):
    with pytest.raises(BusinessError) as refusal:
        services.report(started.order, by=cast.planner, key="a", **{k: Decimal(v) for k, v in numbers.items()})
    assert refusal.value.field == field
    assert not OperationRun.objects.exists()


def test_only_work_in_progress_can_be_reported(hinge, cast):
    _sale, order = order_for(hinge.product, 5)
    with pytest.raises(TransitionRefused):
        services.report(order, good=Decimal(1), by=cast.planner, key="a")


def test_reporting_needs_the_right(started, cast):
    with pytest.raises(NotPermitted):
        services.report(started.order, good=Decimal(1), by=cast.sales, key="a")


def test_product_without_bill_of_materials_enters_at_standard_cost(cast):
    product = make_product(cost="7.5", supply="make")
    _sale, order = order_for(product, 4)
    services.move(order, "start", by=cast.planner)

    services.report(order, good=Decimal(4), minutes=Decimal(60), by=cast.planner, key="a")

    order.refresh_from_db()
    assert (order.status, order.cost) == ("done", Decimal("30.00"))
    assert proved()


def test_made_component_reaches_the_order_above_it(hinge, cast):
    leaf = make_product("LEAF", supply="make", cost="3")
    make_bom(hinge.product, (leaf, "2"), version=2)
    _sale, order = order_for(hinge.product, 3)
    nested = leaf.production_orders.get()
    services.move(nested, "start", by=cast.planner)

    services.report(nested, good=Decimal(6), by=cast.planner, key="a")

    component = order.components.get()
    assert (component.reserved, component.lacking) == (6, 0)
    services.move(order, "start", by=cast.planner)
    assert proved()


def test_sales_orders_are_served_before_production(hinge, cast):
    leaf = make_product("LEAF", supply="make", cost="3")
    make_bom(hinge.product, (leaf, "2"), version=2)
    _sale, above = order_for(hinge.product, 2)
    sold = make_order((leaf, 4))
    nested = leaf.production_orders.get(request__document_id=above.pk, request__document_type__startswith="production")
    services.move(nested, "start", by=cast.planner)

    services.report(nested, good=Decimal(4), by=cast.planner, key="a")

    assert sold.lines.get().reserved == 4
    assert above.components.get().reserved == 0
    assert proved()


def test_leftover_components_are_free_again(started, cast):
    component = started.order.components.get(product=started.plate)
    put_in_stock(started.plate, 5, cost="10")
    component.needed = 12
    component.save()
    services.replan_components(started.order, by=None)

    services.report(started.order, good=Decimal(10), by=cast.planner, key="a")

    component.refresh_from_db()
    assert component.reserved == 0
    assert sum(item.available for item in started.plate.stock_items.all()) == 7
    assert proved()
