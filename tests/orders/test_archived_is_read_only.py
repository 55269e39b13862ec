"""Whatever a person may do to an order, they may not do it to one in the archive; the table names every such service."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from erp.errors import TransitionRefused
from erp.models import StatusChange
from erp.talk.comments import add_comment
from erp.workflow import advance
from finance.services import create_invoice
from orders import services
from orders.models import Amendment, Project, SalesOrder, SubStatus
from orders.services import archive
from orders.services.joining import merge_orders
from orders.services.projects import assign_project, create_project
from orders.services.splitting import split_order
from shipping.services import open_pick_list
from tests.cast import make_order, make_product, put_in_stock

pytestmark = pytest.mark.usefixtures("no_auto_approval")
Act = Callable[[SalesOrder, Any], Any]


def _half(order: SalesOrder) -> dict[int, Decimal]:
    return {order.lines.get().pk: Decimal(1)}


def _lines(order: SalesOrder) -> list[services.LineChange]:
    return [services.keep(line, quantity=Decimal(3)) for line in order.lines.all()]


def _other(order: SalesOrder) -> SalesOrder:
    return SalesOrder.objects.exclude(pk=order.pk).get(archived_at=None)


def _word(order: SalesOrder) -> SubStatus:
    return SubStatus.objects.create(state=order.status, name="等料")


def _project(cast: Any) -> Project:
    return create_project(name="P", customer=cast.alpha, owner=cast.manager, by=cast.manager)


def _change(order: SalesOrder) -> Amendment:
    return order.amendments.get()


ACTS: dict[str, Act] = {
    "split": lambda order, cast: split_order(order, _half(order), by=cast.admin, version=order.version),
    "merge into it": lambda order, cast: merge_orders(order, [_other(order)], by=cast.admin, version=order.version),
    "merge it away": lambda order, cast: merge_orders(
        _other(order), [order], by=cast.admin, version=_other(order).version
    ),
    "correct": lambda order, cast: services.update_order(
        order, by=cast.admin, version=order.version, customer_note="x", priority=9
    ),
    "check again": lambda order, cast: services.recheck(order, by=cast.admin),
    "approve": lambda order, cast: services.decide(order, True, by=cast.admin),
    "cancel": lambda order, cast: advance(order, "cancel", by=cast.admin, note="x"),
    "hold": lambda order, cast: services.hold(order, by=cast.admin, reason="x"),
    "release": lambda order, cast: services.release_hold(order, by=cast.admin),
    "assign": lambda order, cast: services.assign(order, None, by=cast.admin),
    "reserve again": lambda order, cast: services.reallocate(order, by=cast.admin),
    "sub-status": lambda order, cast: services.set_sub_status(order, _word(order), by=cast.admin),
    "project": lambda order, cast: assign_project(order, _project(cast), by=cast.admin),
    "change": lambda order, cast: services.propose(
        order, by=cast.admin, version=order.version, lines=_lines(order), reason="x"
    ),
    "submit a change": lambda order, cast: services.submit(_change(order), by=cast.admin),
    "decide on a change": lambda order, cast: services.decide_amendment(_change(order), False, by=cast.admin, note="x"),
    "withdraw a change": lambda order, cast: services.withdraw_amendment(_change(order), by=cast.admin),
    "pick": lambda order, cast: open_pick_list(order, by=cast.admin),
    "bill": lambda order, cast: create_invoice(order, by=cast.admin),
    "comment": lambda order, cast: add_comment(order, text="x", by=cast.admin),
}


@pytest.fixture
def order(cast: Any) -> SalesOrder:
    """An approved order with an open change, in the archive; another one of the customer beside it."""
    product = make_product()
    put_in_stock(product, 9)
    one = make_order((product, 2), customer=cast.alpha, by=cast.sales)
    make_order((product, 1), customer=cast.alpha, by=cast.sales)
    services.decide(one, True, by=cast.approver)
    one.refresh_from_db()
    services.propose(one, by=cast.manager, version=one.version, lines=_lines(one), reason="x")
    # No nightly run takes a working order: what is refused here is refused for the archive alone.
    SalesOrder.objects.filter(pk=one.pk).update(archived_at=timezone.now())
    one.refresh_from_db()
    return one


def test_nobody_changes_an_archived_order(cast: Any, order: SalesOrder) -> None:
    before = {model: list(model.objects.order_by("pk").values()) for model in (SalesOrder, Amendment, StatusChange)}
    for name, act in ACTS.items():
        with pytest.raises(TransitionRefused) as refused:
            act(SalesOrder.objects.get(pk=order.pk), cast)
        assert refused.value.code == "archived", name
    for model, rows in before.items():
        own = model.objects.exclude(document_type="orders.Project") if model is StatusChange else model.objects
        assert list(own.order_by("pk").values()) == rows


def test_restored_it_can_be_changed_again(cast: Any, order: SalesOrder) -> None:
    archive.restore(order, by=cast.manager)
    services.hold(order, by=cast.manager, reason="x")
    split_order(order, _half(order), by=cast.manager, version=order.version)
    assert order.lines.get().quantity == 1
