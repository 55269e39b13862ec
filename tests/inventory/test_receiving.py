"""Receipts with inspection, returns to the supplier, and what is kept for the bill."""

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp.errors import BusinessError, NotPermitted, OutOfStock, TransitionRefused
from erp.models import Company
from erp.timeline import timeline
from erp.workflow import advance
from finance.models import JournalLine
from inventory.models import Inspection, LateCost, Place, ProductCost, PurchaseOrder, ReceiptLine, StockItem, StockMove
from inventory.services import (
    Arrival,
    Finding,
    default_warehouse,
    inspect,
    quarantine_place,
    receive,
    record_billed,
    record_late_cost,
    return_to_supplier,
    virtual_place,
)
from inventory.verify import differences
from tests.cast import make_order, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def aside(basics):
    return quarantine_place(default_warehouse())


def arrive(placed, bin_place, by, quantity="10", **found):
    """What arrives of the placed order's line, as a receipt line."""
    one = Arrival(Decimal(quantity), **{name: Decimal(value) for name, value in found.items()}, reason="包装破损")
    receipt = receive(placed.order, quantities={placed.line.pk: one}, place=bin_place, by=by)
    return receipt.lines.get()


def at(product, place):
    item = StockItem.objects.filter(product=product, place=place).first()
    return item.on_hand if item else 0


def test_rejected_and_held_goods_wait_in_quarantine(placed, bin_place, aside, cast):
    line = arrive(placed, bin_place, cast.warehouse, rejected="2", held="3")
    assert (at(placed.product, bin_place), at(placed.product, aside)) == (5, 5)
    assert (line.accepted, line.rejected, line.uninspected, line.value) == (5, 2, 3, Decimal("123.45"))
    bought = placed.order.lines.get()
    assert (bought.received, bought.accepted, bought.rejected, bought.uninspected) == (10, 5, 2, 3)
    assert placed.order.status == "received"
    assert sum(move.value for move in StockMove.objects.all()) == Decimal("123.45")
    assert not list(differences())


@pytest.mark.parametrize(
    ("found", "reason"),
    [({"rejected": 11}, "x"), ({"rejected": 6, "held": 5}, "x"), ({"held": 1}, ""), ({"rejected": -1}, "x")],
)
def test_findings_at_the_gate_that_cannot_be(placed, bin_place, cast, found, reason):
    one = Arrival(Decimal(10), **{name: Decimal(value) for name, value in found.items()}, reason=reason)
    with pytest.raises(BusinessError):
        receive(placed.order, quantities={placed.line.pk: one}, place=bin_place, by=cast.warehouse)
    assert not StockItem.objects.exists()


def test_what_was_held_is_accepted_or_rejected_later_and_a_repeat_changes_nothing(placed, bin_place, aside, cast):
    line = arrive(placed, bin_place, cast.warehouse, held="6")
    for _again in range(2):
        finding = Finding(Decimal(4), Decimal(1), "划痕", bin_place)
        inspect(placed.order, findings={line.pk: finding}, by=cast.warehouse, key="form-1")
    line.refresh_from_db()
    assert (line.accepted, line.rejected, line.uninspected) == (8, 1, 1)
    assert [entry.text for entry in timeline(placed.order) if entry.icon == "clipboard-check"] == ["划痕"]
    assert (at(placed.product, bin_place), at(placed.product, aside)) == (8, 2)
    assert not list(differences())


@pytest.mark.parametrize(
    "finding",
    [
        {"accepted": 7},
        {"accepted": -1, "rejected": 2},
        {"rejected": 1, "reason": ""},
        {"accepted": 1, "place": None},
        {"accepted": 0, "rejected": 0},
    ],
)
def test_findings_that_cannot_be_are_refused(placed, bin_place, cast, finding):
    line = arrive(placed, bin_place, cast.warehouse, held="6")
    one = Finding(
        Decimal(finding.get("accepted", 0)),
        Decimal(finding.get("rejected", 0)),
        finding.get("reason", "坏"),
        finding.get("place", bin_place),
    )
    with pytest.raises(BusinessError):
        inspect(placed.order, findings={line.pk: one}, by=cast.warehouse)
    assert Inspection.objects.count() == 1


def test_inspecting_and_returning_need_their_rights(placed, bin_place, cast):
    line = arrive(placed, bin_place, cast.warehouse, held="6")
    with pytest.raises(NotPermitted):
        inspect(placed.order, findings={line.pk: Finding(Decimal(1), place=bin_place)}, by=cast.sales)
    with pytest.raises(NotPermitted):
        return_to_supplier(placed.order, quantities={line.pk: Decimal(1)}, place=bin_place, reason="x", by=cast.planner)


def test_accepted_goods_go_to_the_order_that_waits(placed, bin_place, cast, no_auto_approval):
    order = make_order((placed.product, 4))
    advance(order, "approve", by=cast.approver)
    line = arrive(placed, bin_place, cast.warehouse, held="10")
    order.refresh_from_db()
    assert order.status == "approved"
    inspect(placed.order, findings={line.pk: Finding(Decimal(10), place=bin_place)}, by=cast.warehouse)
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    assert not list(differences())


def test_rejected_goods_go_back_at_cost_and_a_credit_is_expected(placed, bin_place, aside, cast):
    line = arrive(placed, bin_place, cast.warehouse, rejected="4")
    paper = return_to_supplier(
        placed.order, quantities={line.pk: Decimal(3)}, place=aside, reason="尺寸不符", by=cast.warehouse, key="k"
    )
    again = return_to_supplier(
        placed.order, quantities={line.pk: Decimal(3)}, place=aside, reason="尺寸不符", by=cast.warehouse, key="k"
    )
    assert paper == again
    assert any(paper.number in entry.title and entry.text == "尺寸不符" for entry in timeline(placed.order))
    assert (paper.status, paper.total) == ("posted", Decimal("37.04"))
    assert at(placed.product, aside) == 1
    move = StockMove.objects.get(document_type="inventory.SupplierReturn")
    assert (move.target, move.value) == (virtual_place(Place.Kind.SUPPLIER), Decimal("37.04"))
    posted = JournalLine.objects.filter(entry__document_type="inventory.SupplierReturn")
    amounts = dict(posted.values_list("account__code", "amount"))
    assert amounts == {"1405": Decimal("-37.04"), "2202": Decimal("37.04")}
    bought = placed.order.lines.get()
    assert (bought.returned, bought.outstanding) == (3, 0)
    assert not list(differences())
    advance(paper, "settle", by=cast.purchasing)
    assert paper.status == "settled"


def test_a_replacement_opens_the_order_again(placed, bin_place, aside, cast):
    line = arrive(placed, bin_place, cast.warehouse, rejected="4")
    paper = return_to_supplier(
        placed.order, quantities={line.pk: Decimal(4)}, place=aside, reason="坏", wants="replacement", by=cast.warehouse
    )
    assert paper.total == 0
    assert placed.order.status == "partly_received"
    assert placed.order.lines.get().outstanding == 4
    receive(placed.order, quantities={placed.line.pk: Decimal(4)}, place=bin_place, by=cast.warehouse)
    assert placed.order.status == "received"
    assert at(placed.product, bin_place) == 10
    assert not list(differences())


def test_accepted_goods_found_bad_later_go_back_from_their_bin(placed, bin_place, cast):
    line = arrive(placed, bin_place, cast.warehouse)
    return_to_supplier(
        placed.order, quantities={line.pk: Decimal(2)}, place=bin_place, reason="客户投诉", by=cast.warehouse
    )
    line.refresh_from_db()
    assert (line.accepted, line.rejected, line.returned) == (8, 2, 2)
    assert at(placed.product, bin_place) == 8
    assert not list(differences())


def test_more_than_is_there_or_promised_stock_does_not_go_back(placed, bin_place, aside, cast, no_auto_approval):
    line = arrive(placed, bin_place, cast.warehouse, rejected="1")
    with pytest.raises(BusinessError):
        return_to_supplier(placed.order, quantities={line.pk: Decimal(2)}, place=aside, reason="x", by=cast.warehouse)
    order = make_order((placed.product, 9))
    advance(order, "approve", by=cast.approver)
    with pytest.raises(OutOfStock):
        return_to_supplier(
            placed.order, quantities={line.pk: Decimal(1)}, place=bin_place, reason="x", by=cast.warehouse
        )
    line.refresh_from_db()
    assert line.returned == 0
    assert not list(differences())


def test_a_closed_order_gives_credit_but_no_replacement(placed, bin_place, cast):
    line = arrive(placed, bin_place, cast.warehouse)
    advance(placed.order, "close", by=cast.purchasing)
    back = {"quantities": {line.pk: Decimal(1)}, "place": bin_place, "reason": "x", "by": cast.warehouse}
    with pytest.raises(BusinessError):
        return_to_supplier(placed.order, wants="replacement", **back)
    assert return_to_supplier(placed.order, **back).status == "posted"
    with pytest.raises(TransitionRefused):
        receive(placed.order, quantities={placed.line.pk: Decimal(1)}, place=bin_place, by=cast.warehouse)


def test_goods_in_inspection_keep_the_order_from_closing(placed, bin_place, cast):
    arrive(placed, bin_place, cast.warehouse, held="1")
    with pytest.raises(TransitionRefused):
        advance(placed.order, "close", by=cast.purchasing)


def test_a_little_more_than_ordered_is_tolerated_where_the_company_says_so(placed, bin_place, cast):
    company = Company.current()
    company.over_delivery = Decimal("0.1")
    company.save()
    arrive(placed, bin_place, cast.warehouse, "11")
    line = placed.order.lines.get()
    assert (line.received, line.outstanding, placed.order.status) == (11, 0, "received")
    assert not list(differences())


def test_an_order_in_dollars_is_booked_in_yuan(supplier, product, bin_place, cast):
    from inventory.services import PurchaseInput, create_purchase_order

    supplier.currency = "USD"
    supplier.save()
    lines = [PurchaseInput(product, Decimal(10), Decimal(2))]
    order = create_purchase_order(supplier=supplier, warehouse=default_warehouse(), lines=lines, by=None)
    with pytest.raises(TransitionRefused):
        advance(order, "place", by=None)
    PurchaseOrder.objects.filter(pk=order.pk).update(rate=Decimal("7.1"))
    advance(order, "place", by=None)
    receive(order, quantities={order.lines.get().pk: Decimal(10)}, place=bin_place, by=cast.warehouse)
    assert ProductCost.objects.get(product=product).value == Decimal("142.00")
    again = create_purchase_order(supplier=supplier, warehouse=default_warehouse(), lines=lines, by=None)
    assert (again.rate, again.value) == (Decimal("7.1"), Decimal("142.00"))


def test_bills_and_late_costs_are_kept_beside_the_receipt(placed, bin_place, cast):
    line = arrive(placed, bin_place, cast.warehouse)
    record_billed(placed.order, {placed.line.pk: (Decimal(10), Decimal("123.45"))})
    record_billed(placed.order, {placed.line.pk: (Decimal(-4), Decimal("-49.38"))})
    bought = placed.order.lines.get()
    assert (bought.billed, bought.billed_amount) == (6, Decimal("74.07"))
    with pytest.raises(BusinessError):
        record_billed(placed.order, {placed.line.pk: (Decimal(-7), Decimal(0))})
    for _again in range(2):
        record_late_cost(line, kind="freight", amount=Decimal("88.5"), by=cast.purchasing, key="bill-1")
    assert LateCost.objects.get().amount == Decimal("88.50")
    assert ProductCost.objects.get(product=placed.product).value == Decimal("123.45")
    for amount, kind in [("0", "freight"), ("NaN", "freight"), ("1", "rubbish")]:
        with pytest.raises(BusinessError):
            record_late_cost(line, kind=kind, amount=Decimal(amount), by=cast.purchasing)
    with pytest.raises(NotPermitted):
        record_late_cost(line, kind="freight", amount=Decimal(1), by=cast.sales)


def act(name, order, quantity, *, bin_place, aside):
    """One step in the life of a delivery of the order's only line."""
    row = ReceiptLine.objects.filter(receipt__order=order).order_by("-id").first()
    if name in ("receive", "hold", "reject"):
        part = {"hold": {"held": Decimal(1)}, "reject": {"rejected": Decimal(1)}}.get(name, {})
        arrived = {order.lines.get().pk: Arrival(quantity, **part, reason="x")}
        receive(order, quantities=arrived, place=bin_place, by=None)
    elif row is None:
        return
    elif name == "accept":
        inspect(order, findings={row.pk: Finding(quantity, place=bin_place)}, by=None)
    elif name == "refuse":
        inspect(order, findings={row.pk: Finding(rejected=quantity, reason="x")}, by=None)
    else:
        wants = "replacement" if name == "again" else "credit"
        place = aside if name == "back" else bin_place
        return_to_supplier(order, quantities={row.pk: quantity}, place=place, wants=wants, reason="x", by=None)


STEP = st.tuples(
    st.sampled_from(["receive", "hold", "reject", "accept", "refuse", "back", "bin", "again"]), st.integers(1, 6)
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(STEP, min_size=3, max_size=9))
def test_whatever_happens_with_a_delivery_the_balances_hold(placed, bin_place, aside, steps):
    """Any order of receipts, findings and returns: what is refused changes nothing, what is done adds up."""
    with transaction.atomic():
        order = PurchaseOrder.objects.get(pk=placed.order.pk)
        for name, number in steps:
            try:
                act(name, order, Decimal(number), bin_place=bin_place, aside=aside)
            except BusinessError:
                order.refresh_from_db()
        assert not list(differences())
        bought = order.lines.get()
        inside = sum(item.on_hand for item in StockItem.objects.filter(product=placed.product))
        assert inside == bought.received - bought.returned
        assert all(row.value >= 0 for row in ProductCost.objects.filter(product=placed.product))
        transaction.set_rollback(True)


def test_two_products_of_one_receipt_share_nothing(supplier, product, bin_place, aside, cast):
    from tests.inventory.conftest import draft

    other = make_product()
    order = draft(supplier, (product, "5", "1"), (other, "5", "2"))
    advance(order, "place", by=None)
    lines = {line.product_id: line for line in order.lines.all()}
    arrived = {
        lines[product.pk].pk: Arrival(Decimal(5), held=Decimal(5), reason="抽检"),
        lines[other.pk].pk: Decimal(5),
    }
    receive(order, quantities=arrived, place=bin_place, by=cast.warehouse)
    assert (at(product, bin_place), at(product, aside), at(other, bin_place)) == (0, 5, 5)
    assert not list(differences())
