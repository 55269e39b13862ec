"""Splitting an order: amounts to the cent, what is held goes with its lines, and nobody else gets it meanwhile."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from erp.errors import BusinessError, NotPermitted
from erp.models import Company
from erp.timeline import timeline
from erp.workflow import advance
from finance.verify import differences as money_differences
from inventory.models import ReservationEntry, StockItem, SupplyRequest, Warehouse
from inventory.verify import differences as stock_differences
from orders.models import ApprovalPolicy, Channel, OrderLink, SalesOrder
from orders.services import LineInput, create_order, decide, hold, record_payment
from orders.services.splitting import movable, split_order
from orders.verify import differences as order_differences
from production.models import BillOfMaterials, BomLine, ProductionOrder
from production.services import move, report
from production.verify import differences as production_differences
from shipping.services import confirm_pick, hand_over, open_pick_list, pack
from shipping.verify import differences as shipping_differences
from tests.cast import make_order, make_product, put_in_stock
from tests.shipping.conftest import service_of


def proved() -> list[str]:
    """Every difference between a balance and its ledger."""
    found = (order_differences, stock_differences, production_differences, shipping_differences, money_differences)
    return [line for differences in found for line in differences()]


def split(order: SalesOrder, *quantities: Any, by: Any = None, **choices: Any) -> SalesOrder:
    """Let quantities of the lines go, in the order of the lines."""
    order.refresh_from_db()
    lines = order.lines.order_by("position")
    parts = {line.pk: Decimal(quantity) for line, quantity in zip(lines, quantities, strict=True)}
    new = split_order(order, parts, by=by, version=choices.pop("version", order.version), **choices)
    order.refresh_from_db()
    new.refresh_from_db()
    return new


def test_what_lacks_goes_and_what_is_there_can_leave(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 6)
    order = make_order((product, 10), customer=cast.alpha, by=cast.sales)
    new = split(order, 4, by=cast.sales, promised_date=order.promised_date + dt.timedelta(days=9))
    assert (order.status, new.status) == ("ready_to_ship", "approved")
    assert (order.lines.get().reserved, new.lines.get().reserved) == (6, 0)
    need = SupplyRequest.objects.get(status="open")
    assert (need.holder_id, need.document_id, need.quantity) == (new.lines.get().pk, new.pk, 4)
    assert need.needed_by == new.promised_date
    assert order.pick_lists.get(status="open").lines.get().wanted == 6
    assert new.approved_at == order.approved_at
    assert not proved()


def test_promised_stock_goes_along_and_is_never_free(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 10)
    order = make_order((product, 10), customer=cast.alpha, by=cast.sales)
    rival = make_order((product, 5), customer=cast.beta)
    new = split(order, 3, by=cast.sales)
    assert (order.status, new.status) == ("ready_to_ship", "ready_to_ship")
    assert (order.lines.get().reserved, new.lines.get().reserved) == (7, 3)
    assert rival.lines.get().reserved == 0
    assert StockItem.objects.get(product=product, on_hand__gt=0).reserved == 10
    entries = ReservationEntry.objects.filter(reason="split").order_by("quantity").values_list("quantity", flat=True)
    assert list(entries) == [-3, 3]
    assert order.pick_lists.get(status="open").lines.get().wanted == 7
    assert new.pick_lists.get(status="open").lines.get().wanted == 3
    assert not proved()


@pytest.mark.parametrize("quantities", [(3, 0), (7, 1), (9, 0), (0, 2), (10, 1)])
def test_amounts_are_conserved_to_the_cent(cast: SimpleNamespace, quantities: tuple[int, int]) -> None:
    first, second = make_product(price="33.333333"), make_product(price="0.07")
    order = make_order((first, 10), (second, 3), customer=cast.alpha, by=cast.sales)
    before = (order.untaxed, order.tax, order.total)
    new = split(order, *quantities, by=cast.sales)
    assert before == (order.untaxed + new.untaxed, order.tax + new.tax, order.total + new.total)
    assert not proved()


def test_a_whole_line_goes_with_its_production_order(cast: SimpleNamespace) -> None:
    made, bought = make_product(supply="make"), make_product()
    put_in_stock(bought, 1)
    order = make_order((made, 5), (bought, 1), customer=cast.alpha, by=cast.sales)
    work = ProductionOrder.objects.get()
    new = split(order, 5, 0, by=cast.sales)
    assert (order.status, new.status) == ("ready_to_ship", "in_production")
    assert ProductionOrder.objects.get() == work
    assert SupplyRequest.objects.get(status="open").document_id == new.pk
    assert not proved()


def test_work_in_progress_is_divided_with_its_components(cast: SimpleNamespace) -> None:
    part, made = make_product(), make_product(supply="make")
    bom = BillOfMaterials.objects.create(product=made, version=1)
    BomLine.objects.create(bom=bom, component=part, quantity=2)
    put_in_stock(part, 16)
    order = make_order((made, 8), customer=cast.alpha, by=cast.sales)
    work = ProductionOrder.objects.get()
    move(work, "start", by=cast.planner)
    report(work, good=Decimal(3), by=cast.planner, key="one")
    new = split(order, 5, by=cast.sales)
    old_work, new_work = ProductionOrder.objects.order_by("pk")
    assert (old_work.status, old_work.quantity, old_work.good) == ("done", 3, 3)
    assert (new_work.status, new_work.quantity) == ("in_progress", 5)
    assert new_work.components.get().reserved == 10
    assert (order.status, new.status) == ("ready_to_ship", "in_production")
    report(new_work, good=Decimal(5), by=cast.planner, key="two")
    new.refresh_from_db()
    assert new.status == "ready_to_ship"
    assert new.lines.get().made == 5
    assert not proved()


def test_nested_work_is_divided_without_making_more(cast: SimpleNamespace) -> None:
    inner, outer = make_product(supply="make"), make_product(supply="make")
    bom = BillOfMaterials.objects.create(product=outer, version=1)
    BomLine.objects.create(bom=bom, component=inner, quantity=3)
    order = make_order((outer, 4), customer=cast.alpha, by=cast.sales)
    split(order, 1, by=cast.sales)
    planned = ProductionOrder.objects.filter(status="planned")
    assert sorted(planned.filter(product=outer).values_list("quantity", flat=True)) == [1, 3]
    assert sorted(planned.filter(product=inner).values_list("quantity", flat=True)) == [3, 9]
    assert not proved()


def test_picked_shipped_and_billed_stay_and_the_rest_bills_to_the_cent(cast: SimpleNamespace) -> None:
    Company.objects.update(invoice_on_shipment=True)
    product = make_product(price="0.05")
    put_in_stock(product, 3)
    order = make_order((product, 10), customer=cast.alpha, by=cast.sales)
    total = order.total
    pick_list = confirm_pick(open_pick_list(order, by=cast.warehouse), picked={}, by=cast.warehouse)
    shipment = pack(pick_list, parcels=None, by=cast.warehouse)
    order.refresh_from_db()
    assert movable(order) == {order.lines.get().pk: 7}
    hand_over(
        shipment,
        service=service_of(),
        tracking={p.pk: f"SF{p.pk:08d}" for p in shipment.parcels.all()},
        by=cast.logistics,
    )
    with pytest.raises(BusinessError) as refusal:
        split(order, 8, by=cast.sales)
    assert refusal.value.field.startswith("parts.")
    new = split(order, 7, by=cast.sales)
    assert order.status == "shipped"
    assert order.total == order.invoices.get().total
    assert order.total + new.total == total
    assert not proved()


def test_packed_goods_keep_their_places_on_the_shelf(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 4)
    order = make_order((product, 10), customer=cast.alpha, by=cast.sales)
    pick_list = confirm_pick(open_pick_list(order, by=cast.warehouse), picked={}, by=cast.warehouse)
    new = split(order, 6, by=cast.sales)
    assert (order.status, new.status) == ("ready_to_ship", "approved")
    shipment = pack(pick_list, parcels=None, by=cast.warehouse)
    hand_over(shipment, service=service_of(), tracking={shipment.parcels.get().pk: "SF00000001"}, by=cast.logistics)
    order.refresh_from_db()
    assert order.status == "shipped"
    assert not proved()


def test_another_warehouse_gives_its_stock_back_and_takes_its_own(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = make_order((product, 5), customer=cast.alpha, by=cast.sales)
    rival = make_order((product, 2), customer=cast.beta)
    other = Warehouse.objects.create(code="W2", name="二号仓")
    new = split(order, 2, by=cast.sales, warehouse=other)
    rival.refresh_from_db()
    assert (new.warehouse, new.status, rival.status) == (other, "approved", "ready_to_ship")
    assert SupplyRequest.objects.get(status="open").warehouse == other
    assert not proved()


def test_what_is_being_made_keeps_its_warehouse(cast: SimpleNamespace) -> None:
    order = make_order((make_product(supply="make"), 5), customer=cast.alpha, by=cast.sales)
    other = Warehouse.objects.create(code="W2", name="二号仓")
    with pytest.raises(BusinessError) as refusal:
        split(order, 2, by=cast.sales, warehouse=other)
    assert refusal.value.field == "warehouse"
    assert SalesOrder.objects.count() == 1


def test_paid_more_than_stays_is_refused(cast: SimpleNamespace) -> None:
    order = make_order((make_product(), 10), customer=cast.alpha, by=cast.sales)
    record_payment(order, order.total * Decimal("0.9"), by=None)
    with pytest.raises(BusinessError) as refusal:
        split(order, 5, by=cast.sales)
    assert refusal.value.code == "paid_more"
    new = split(order, 1, by=cast.sales)
    assert (order.payment_state, new.payment_state, new.paid) == ("paid", "unpaid", 0)
    assert not list(order_differences())


def test_refusals_change_nothing(cast: SimpleNamespace, no_auto_approval: None) -> None:
    order = make_order((make_product(), 2), (make_product(), 1), customer=cast.alpha, by=cast.sales)
    line = order.lines.first()
    bad = [
        {"parts": {}},
        {"parts": {line.pk: Decimal(3)}},
        {"parts": {line.pk: Decimal(-1)}},
        {"parts": {0: Decimal(1)}},
        {"parts": {one.pk: one.quantity for one in order.lines.all()}},
        {"parts": {line.pk: Decimal(1)}, "version": 7},
        {"parts": {line.pk: Decimal(1)}, "promised_date": dt.date(2020, 1, 1)},
    ]
    for case in bad:
        with pytest.raises(BusinessError):
            split_order(order, case.pop("parts"), by=cast.sales, **{"version": order.version, **case})
    with pytest.raises(NotPermitted):
        split_order(order, {line.pk: Decimal(1)}, by=cast.warehouse, version=order.version)
    advance(order, "cancel", by=cast.sales, note="不要了")
    with pytest.raises(BusinessError) as refusal:
        split_order(order, {line.pk: Decimal(1)}, by=cast.sales, version=order.version)
    assert refusal.value.code == "wrong_state"
    assert SalesOrder.objects.count() == 1
    assert not OrderLink.objects.exists()


def test_the_same_split_twice_makes_one_order(cast: SimpleNamespace) -> None:
    order = make_order((make_product(), 5), customer=cast.alpha, by=cast.sales)
    seen = order.version
    split(order, 2, by=cast.sales, version=seen)
    with pytest.raises(BusinessError) as refusal:
        split(order, 2, by=cast.sales, version=seen)
    assert refusal.value.code == "version_conflict"
    assert SalesOrder.objects.count() == 2


def test_nobody_avoids_a_policy_by_splitting(cast: SimpleNamespace) -> None:
    policy = ApprovalPolicy.objects.create(name="大单", min_amount=1000)
    policy.levels.create(level=1).people.add(cast.manager)
    order = make_order((make_product(), 10), customer=cast.alpha, by=cast.sales)
    new = split(order, 5, by=cast.sales)
    for one in (order, new):
        assert one.status == "pending"
        assert not one.checks.exclude(severity="pass").exists()
        with pytest.raises(BusinessError):
            decide(one, True, by=cast.approver)
        decide(one, True, by=cast.manager)
        one.refresh_from_db()
        assert one.status == "approved"
    assert not proved()


def test_both_timelines_name_the_other_and_a_hold_holds_both(cast: SimpleNamespace) -> None:
    product = make_product(name="合页")
    order = make_order((product, 5), customer=cast.alpha, by=cast.sales)
    hold(order, by=cast.manager, reason="等合同")
    new = split(order, 2, by=cast.sales, note="客户分批")
    assert new.hold_reason == "等合同"
    assert f"→ {new.number}: {product.sku} × 2; 客户分批" in [entry.text for entry in timeline(order)]
    assert order.number in timeline(new)[0].text
    assert OrderLink.objects.get().source == order


def test_the_external_number_stays_with_the_first(cast: SimpleNamespace) -> None:
    product = make_product()
    order = create_order(
        customer=cast.alpha,
        channel=Channel.objects.get(code="phone"),
        external_number="EXT-1",
        lines=[LineInput(product=product, quantity=Decimal(3))],
        by=cast.sales,
        promised_date=timezone.localdate(),
    )
    new = split(order, 1, by=cast.sales)
    assert (order.external_number, new.external_number) == ("EXT-1", "")
