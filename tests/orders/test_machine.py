"""The order's state machine: every (state, transition) pair, and what the moves need."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from erp.errors import NotPermitted, TransitionRefused
from erp.models import StatusChange
from erp.workflow import advance, moves
from orders.models import SalesOrder
from orders.services import hold, release_hold
from tests.cast import make_order, make_product, put_in_stock

LEGAL = {
    ("pending", "approve"): "ready_to_ship",
    ("pending", "reject"): "rejected",
    ("rejected", "resubmit"): "pending",
    ("approved", "start_production"): "in_production",
    ("approved", "make_ready"): "ready_to_ship",
    ("in_production", "make_ready"): "ready_to_ship",
    ("in_production", "wait_again"): "approved",
    ("ready_to_ship", "wait_again"): "approved",
    ("ready_to_ship", "ship"): "shipped",
    ("shipped", "complete"): "completed",
    ("completed", "reopen"): "shipped",
    ("pending", "cancel"): "cancelled",
    ("rejected", "cancel"): "cancelled",
    ("approved", "cancel"): "cancelled",
    ("in_production", "cancel"): "cancelled",
    ("ready_to_ship", "cancel"): "cancelled",
    ("pending", "merge_away"): "cancelled",
    ("approved", "merge_away"): "cancelled",
    ("in_production", "merge_away"): "cancelled",
    ("ready_to_ship", "merge_away"): "cancelled",
}
PAIRS = [(state, move) for state in SalesOrder.Status.values for move in SalesOrder.transitions()]


def in_state(order: SalesOrder, state: str) -> SalesOrder:
    """The order as if it had come to a state; conditions of the last steps are met."""
    now = timezone.now()
    SalesOrder.objects.filter(pk=order.pk).update(status=state, delivered_at=now, settled_at=now)
    return SalesOrder.objects.get(pk=order.pk)


@pytest.mark.parametrize(("state", "move"), PAIRS)
def test_every_pair(cast: SimpleNamespace, no_auto_approval: None, state: str, move: str) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = in_state(make_order((product, 1), customer=cast.alpha, by=cast.sales), state)
    before = StatusChange.objects.count()
    if (state, move) in LEGAL:
        advance(order, move, by=None, note="test")
        order.refresh_from_db()
        assert order.status == LEGAL[state, move]
        assert StatusChange.objects.filter(transition=move, source=state).count() == 1
    else:
        with pytest.raises(TransitionRefused) as refusal:
            advance(order, move, by=None, note="test")
        assert refusal.value.code == "wrong_state"
        order.refresh_from_db()
        assert order.status == state
        assert StatusChange.objects.count() == before


def test_status_cannot_be_assigned(cast: SimpleNamespace, no_auto_approval: None) -> None:
    order = make_order((make_product(), 1), customer=cast.alpha)
    with pytest.raises(AttributeError):
        order.status = "completed"


@pytest.mark.parametrize("role", ["sales", "planner", "warehouse", "logistics", "finance", "service", "alpha_login"])
def test_only_approvers_approve(cast: SimpleNamespace, no_auto_approval: None, role: str) -> None:
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    with pytest.raises(NotPermitted):
        advance(order, "approve", by=getattr(cast, role))
    order.refresh_from_db()
    assert order.status == "pending"


def test_rejecting_needs_a_reason(cast: SimpleNamespace, no_auto_approval: None) -> None:
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    with pytest.raises(TransitionRefused) as refusal:
        advance(order, "reject", by=cast.approver, note="  ")
    assert refusal.value.code == "note_required"
    advance(order, "reject", by=cast.approver, note="价格不对")
    assert order.approvals.get().reason == "价格不对"


def test_people_cannot_make_the_systems_moves(cast: SimpleNamespace, no_auto_approval: None) -> None:
    order = in_state(make_order((make_product(), 1), customer=cast.alpha), "ready_to_ship")
    with pytest.raises(NotPermitted):
        advance(order, "ship", by=cast.admin)


def test_held_order_cannot_be_approved_until_released(cast: SimpleNamespace, no_auto_approval: None) -> None:
    product = make_product()
    put_in_stock(product, 1)
    order = make_order((product, 1), customer=cast.alpha, by=cast.sales)
    hold(order, by=cast.approver, reason="等客户回传合同")
    with pytest.raises(TransitionRefused) as refusal:
        advance(order, "approve", by=cast.approver)
    assert "等客户回传合同" in refusal.value.reasons[0]
    release_hold(order, by=cast.approver)
    advance(order, "approve", by=cast.approver)
    order.refresh_from_db()
    assert order.status == "ready_to_ship"


def test_holding_needs_the_right(cast: SimpleNamespace, no_auto_approval: None) -> None:
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    with pytest.raises(NotPermitted):
        hold(order, by=cast.warehouse, reason="不行")


def test_moves_say_what_is_missing(cast: SimpleNamespace, no_auto_approval: None) -> None:
    cast.alpha.addresses.all().delete()
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    found = {move.name: move for move in moves(order, cast.approver)}
    assert not found["approve"].allowed
    assert found["approve"].permitted
    assert "收货地址" in found["approve"].reason or "address" in found["approve"].reason
    assert found["reject"].allowed
    assert not found["cancel"].permitted
    assert set(found) == {"approve", "reject", "cancel"}


def test_refused_follower_leaves_nothing_half_done(
    cast: SimpleNamespace, no_auto_approval: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that fails after the transition takes the transition back."""
    from erp import process

    monkeypatch.setitem(
        process.PROCESS["orders.SalesOrder"], "approve", ["orders.services.allocate_order", "tests.orders.broken.fail"]
    )
    product = make_product()
    put_in_stock(product, 1)
    order = make_order((product, 1), customer=cast.alpha, by=cast.sales)
    with pytest.raises(RuntimeError):
        advance(order, "approve", by=cast.approver)
    order.refresh_from_db()
    assert order.status == "pending"
    assert order.lines.get().reserved == 0
    assert not StatusChange.objects.filter(transition="approve").exists()
