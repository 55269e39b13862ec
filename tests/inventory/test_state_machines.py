"""Every (state, transition) pair of purchase orders and goods receipts."""

from decimal import Decimal

import pytest

from erp.errors import NotPermitted, TransitionRefused
from erp.models import Company
from erp.workflow import advance, moves
from inventory.models import GoodsReceipt, PurchaseOrder
from inventory.services import default_warehouse, receive, receiving_place
from tests.inventory.conftest import draft

pytestmark = pytest.mark.django_db

ORDER = {
    ("draft", "place"): "placed",
    ("draft", "cancel"): "cancelled",
    ("submitted", "approve"): "placed",
    ("submitted", "reject"): "draft",
    ("submitted", "withdraw"): "draft",
    ("submitted", "cancel"): "cancelled",
    ("placed", "cancel"): "cancelled",
    ("placed", "receive_part"): "partly_received",
    ("placed", "complete"): "received",
    ("partly_received", "complete"): "received",
    ("partly_received", "close_short"): "closed",
    ("received", "close"): "closed",
    ("received", "await_replacement"): "partly_received",
}
DEAR = {("draft", "submit"): "submitted"} | {pair: to for pair, to in ORDER.items() if pair != ("draft", "place")}
RECEIPT = {("draft", "post"): "posted"}


def limit(amount):
    company = Company.current()
    company.purchase_approval_limit = Decimal(amount)
    company.save()


def order_in(state, supplier, product, by, price="5"):
    order = draft(supplier, (product, "2", price))
    if state == "draft":
        return order
    if state == "cancelled":
        advance(order, "cancel", by=None)
        return order
    if order.needs_approval:
        advance(order, "submit", by=None)
        if state == "submitted":
            return order
        advance(order, "approve", by=None)
    else:
        advance(order, "place", by=None)
    arrives = {"partly_received": 1, "received": 2, "closed": 2}.get(state)
    if arrives:
        place = receiving_place(default_warehouse())
        receive(order, quantities={order.lines.get().pk: Decimal(arrives)}, place=place, by=by)
    if state == "closed":
        advance(order, "close", by=None)
    assert order.status == state
    return order


CHEAP_STATES = [state for state in PurchaseOrder.Status.values if state != "submitted"]


@pytest.mark.parametrize("name", PurchaseOrder.transitions())
@pytest.mark.parametrize(
    ("state", "price"),
    [*((state, "5") for state in CHEAP_STATES), *((state, "500") for state in ("draft", "submitted"))],
)
def test_purchase_order(state, name, price, supplier, product, cast):
    limit(100)
    pairs = DEAR if price == "500" else ORDER
    order = order_in(state, supplier, product, cast.warehouse, price)
    target = pairs.get((state, name))
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
    assert placed.order.status == "partly_received"


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
