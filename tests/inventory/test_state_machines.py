"""Every (state, transition) pair of purchase orders and goods receipts."""

from decimal import Decimal

import pytest

from erp.errors import NotPermitted, TransitionRefused
from erp.workflow import advance, moves
from inventory.models import GoodsReceipt, PurchaseOrder
from inventory.services import default_warehouse, receive, receiving_place
from tests.inventory.conftest import draft

pytestmark = pytest.mark.django_db

ORDER = {
    ("draft", "place"): "placed",
    ("draft", "cancel"): "cancelled",
    ("placed", "cancel"): "cancelled",
    ("placed", "complete"): "received",
}
RECEIPT = {("draft", "post"): "posted"}


def order_in(state, supplier, product, by):
    order = draft(supplier, (product, "2", "5"))
    if state != "draft":
        advance(order, "cancel" if state == "cancelled" else "place", by=None)
    if state == "received":
        place = receiving_place(default_warehouse())
        receive(order, quantities={order.lines.get().pk: Decimal(2)}, place=place, by=by)
    assert order.status == state
    return order


@pytest.mark.parametrize("name", PurchaseOrder.transitions())
@pytest.mark.parametrize("state", PurchaseOrder.Status.values)
def test_purchase_order(state, name, supplier, product, cast):
    order = order_in(state, supplier, product, cast.warehouse)
    target = ORDER.get((state, name))
    if target is None:
        with pytest.raises(TransitionRefused):
            advance(order, name, by=None, note="…")
    else:
        advance(order, name, by=None, note="…")
    order.refresh_from_db()
    assert order.status == (target or state)


@pytest.mark.parametrize("name", GoodsReceipt.transitions())
@pytest.mark.parametrize("state", GoodsReceipt.Status.values)
def test_goods_receipt(state, name, placed, bin_place):
    receipt = GoodsReceipt.objects.create(number="GR-1", order=placed.order, place=bin_place)
    receipt.lines.create(purchase_line=placed.line, quantity=Decimal(1), value=Decimal("12.35"))
    if state == "posted":
        advance(receipt, "post", by=None)
    if (state, name) in RECEIPT:
        advance(receipt, name, by=None)
        assert receipt.status == RECEIPT[state, name]
    else:
        with pytest.raises(TransitionRefused):
            advance(receipt, name, by=None)
        assert receipt.status == state


def test_cancelling_asks_for_a_reason_and_for_nothing_received(placed, bin_place, cast):
    with pytest.raises(TransitionRefused) as refusal:
        advance(placed.order, "cancel", by=cast.warehouse)
    assert refusal.value.code == "note_required"
    receive(placed.order, quantities={placed.line.pk: Decimal(1)}, place=bin_place, by=cast.warehouse)
    with pytest.raises(TransitionRefused):
        advance(placed.order, "cancel", by=cast.warehouse, note="供应商停产")
    assert placed.order.status == "placed"


def test_a_receipt_without_lines_cannot_be_posted(placed, bin_place):
    receipt = GoodsReceipt.objects.create(number="GR-1", order=placed.order, place=bin_place)
    with pytest.raises(TransitionRefused):
        advance(receipt, "post", by=None)


@pytest.mark.parametrize("role", ["sales", "finance", "manager", "planner"])
def test_others_see_the_steps_greyed_and_cannot_take_them(role, placed, supplier, product, cast):
    person, order = getattr(cast, role), draft(supplier, (product, "1", "1"))
    assert all(not move.permitted for move in moves(order, person))
    with pytest.raises(NotPermitted):
        advance(order, "place", by=person)


def test_nobody_completes_by_hand(placed, cast):
    with pytest.raises(NotPermitted):
        advance(placed.order, "complete", by=cast.admin)
