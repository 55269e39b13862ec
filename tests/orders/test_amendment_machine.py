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
from shipping.models import Shipment
from tests.cast import make_product, put_in_stock
from tests.orders.shipping_steps import hand_over, pack_all
from tests.orders.test_amending import assert_clean, change, confirmed, line_of
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
