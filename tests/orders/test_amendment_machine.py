"""The machine of changes: every pair, cancelling with everything that is held, and people at the same moment."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from erp.errors import BusinessError, TransitionRefused
from erp.workflow import advance
from inventory.models import Reservation, SupplyRequest
from orders.models import Amendment
from orders.services import decide_amendment, keep, submit
from production.models import ProductionOrder
from shipping.models import PickList, Shipment
from shipping.services import confirm_pick, open_pick_list
from tests.cast import make_product, put_in_stock
from tests.orders.shipping_steps import hand_over, pack_all
from tests.orders.test_amending import assert_clean, change, confirmed, line_of, stock_of
from tests.orders.test_fulfilment import in_threads

LEGAL = {
    ("draft", "submit"): "submitted",
    ("submitted", "apply"): "applied",
    ("submitted", "reject"): "rejected",
    ("submitted", "revise"): "draft",
    ("draft", "withdraw"): "withdrawn",
    ("submitted", "withdraw"): "withdrawn",
}


def test_every_pair(cast: SimpleNamespace, no_auto_approval: None) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))
    one = change(order, cast.sales, keep(line_of(order), quantity=Decimal(4)))
    for state in Amendment.Status.values:
        for move in Amendment.transitions():
            if (state, move) == ("submitted", "apply"):
                continue  # ends the order's version; the tests of applying have it
            Amendment.objects.filter(pk=one.pk).update(status=state)
            one = Amendment.objects.get(pk=one.pk)
            if (state, move) in LEGAL:
                advance(one, move, by=None, note="test")
            else:
                with pytest.raises(TransitionRefused) as refusal:
                    advance(one, move, by=None, note="test")
                assert refusal.value.code == "wrong_state"
            one.refresh_from_db()
            assert one.status == LEGAL.get((state, move), state)


def test_cancelling_releases_everything_at_once(cast: SimpleNamespace, no_auto_approval: None) -> None:
    goods, made = make_product(), make_product(supply="make")
    put_in_stock(goods, 5)
    order = confirmed(cast, (goods, 5), (made, 3))
    shipment = pack_all(order, cast)
    amendment = submit(
        change(order, cast.sales, keep(line_of(order), quantity=Decimal(4)), keep(line_of(order, 1))), by=cast.sales
    )
    advance(order, "cancel", by=cast.manager, note="客户取消")
    amendment.refresh_from_db()
    shipment.refresh_from_db()
    assert (amendment.status, shipment.status) == ("withdrawn", Shipment.Status.CANCELLED)
    assert not Reservation.objects.exists()
    assert not SupplyRequest.objects.filter(status="open").exists()
    assert not ProductionOrder.objects.filter(status__in=ProductionOrder.OPEN).exists()
    assert not order.pick_lists.filter(status__in=["open", "picked", "packed"]).exists()
    assert not order.approvals.open().exists()
    assert_clean()


@pytest.mark.django_db(transaction=True)
def test_agreeing_and_handing_over_at_the_same_moment(cast: SimpleNamespace, no_auto_approval: None) -> None:
    """Whoever comes first: the parcel does not leave with the old quantity, it is unpacked."""
    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))
    shipment = pack_all(order, cast)
    amendment = submit(change(order, cast.sales, keep(line_of(order), quantity=Decimal(2))), by=cast.sales)

    def agree() -> None:
        decide_amendment(Amendment.objects.get(pk=amendment.pk), True, by=cast.approver)

    def give() -> None:
        hand_over(Shipment.objects.get(pk=shipment.pk), cast)

    in_threads(agree, give)
    amendment.refresh_from_db()
    shipment.refresh_from_db()
    assert (amendment.status, shipment.status) == ("applied", "cancelled")
    assert_clean()


@pytest.mark.django_db(transaction=True)
def test_two_write_a_change_at_the_same_moment(cast: SimpleNamespace, no_auto_approval: None) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))

    def write() -> None:
        change(type(order).objects.get(pk=order.pk), cast.sales, priority=9)

    found = in_threads(write, write)
    assert [isinstance(one, BusinessError) for one in found].count(True) == 1
    assert Amendment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_agreeing_and_picking_at_the_same_moment(cast: SimpleNamespace, no_auto_approval: None) -> None:
    """Picked first: what is too much goes back to the shelf. Agreed first: the old list is withdrawn and says so."""
    product = make_product()
    put_in_stock(product, 5)
    order = confirmed(cast, (product, 5))
    old = open_pick_list(order, by=cast.warehouse)
    assert old is not None
    amendment = submit(change(order, cast.sales, keep(line_of(order), quantity=Decimal(2))), by=cast.sales)

    def agree() -> None:
        decide_amendment(Amendment.objects.get(pk=amendment.pk), True, by=cast.approver)

    def pick() -> None:
        confirm_pick(PickList.objects.get(pk=old.pk), picked={}, by=cast.warehouse)

    agreeing, picking = in_threads(agree, pick)
    assert agreeing is None
    assert picking is None or isinstance(picking, TransitionRefused)
    line, fresh = line_of(order), order.pick_lists.get(status=PickList.Status.OPEN)
    old.refresh_from_db()
    assert old.status == PickList.Status.CANCELLED
    assert (line.quantity, line.reserved, line.picked) == (2, 2, 0)
    assert fresh.lines.get().wanted == 2
    assert stock_of(product) == (5, 2)
    assert_clean()
