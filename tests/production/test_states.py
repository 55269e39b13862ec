"""Every pair of state and transition of production orders: it goes where it should, or is refused."""

from decimal import Decimal

import pytest

from erp.errors import NotPermitted, TransitionRefused
from erp.workflow import advance
from inventory.services import default_warehouse
from production.models import ProductionOrder
from production.services import create_production_order, move
from tests.cast import make_product

MOVES = {
    ("planned", "start"): "in_progress",
    ("planned", "cancel"): "cancelled",
    ("in_progress", "finish"): "done",
    ("in_progress", "cancel"): "cancelled",
}


@pytest.fixture
def order(cast):
    """A production order for stock that needs no components."""
    return create_production_order(
        product=make_product(supply="make"), quantity=Decimal(2), warehouse=default_warehouse(), by=cast.planner
    )


@pytest.mark.parametrize("name", ProductionOrder.transitions())
@pytest.mark.parametrize("state", ProductionOrder.Status.values)
def test_every_move(order, state, name):
    good = 2 if name == "finish" else 0
    ProductionOrder.objects.filter(pk=order.pk).update(status=state, good=good)
    order.refresh_from_db()

    if (target := MOVES.get((state, name))) is None:
        with pytest.raises(TransitionRefused):
            advance(order, name, by=None)
        target = state
    else:
        advance(order, name, by=None)

    order.refresh_from_db()
    assert order.status == target


def test_reported_work_cannot_be_cancelled(order):
    ProductionOrder.objects.filter(pk=order.pk).update(status="in_progress", good=1)
    with pytest.raises(TransitionRefused):
        move(order, "cancel", by=None)


def test_unfinished_work_cannot_be_finished(order):
    ProductionOrder.objects.filter(pk=order.pk).update(status="in_progress", good=1)
    with pytest.raises(TransitionRefused):
        move(order, "finish", by=None)


def test_starting_needs_the_right_and_cancelling_a_reason(order, cast):
    with pytest.raises(NotPermitted):
        move(order, "start", by=cast.sales)
    with pytest.raises(TransitionRefused) as refusal:
        move(order, "cancel", by=cast.planner)
    assert refusal.value.code == "note_required"
