"""Splitting and merging while others work on the same orders, and while a web shop tells more of them."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from erp.errors import BusinessError
from orders.channels.applying import CANCELLED, CHANGED, in_house_language
from orders.models import SalesOrder
from orders.services import decide
from orders.services.joining import merge_orders
from orders.services.splitting import split_order
from shipping.models import Shipment
from shipping.services import confirm_pick, hand_over, open_pick_list, pack
from tests.cast import make_order, make_product, put_in_stock
from tests.orders.channels.shop import deliver
from tests.orders.channels.shop import order as shop_order
from tests.orders.channels.test_taking import at, lamp  # noqa: F401
from tests.orders.test_fulfilment import in_threads
from tests.orders.test_splitting import proved
from tests.shipping.conftest import service_of


@pytest.mark.django_db(transaction=True)
def test_split_while_the_goods_leave(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 4)
    order = make_order((product, 10), customer=cast.alpha, by=cast.sales)
    pick_list = confirm_pick(open_pick_list(order, by=cast.warehouse), picked={}, by=cast.warehouse)
    shipment = pack(pick_list, parcels=None, by=cast.warehouse)
    order.refresh_from_db()
    line, version = order.lines.get(), order.version
    tracking = {shipment.parcels.get().pk: "SF00000001"}
    answers = in_threads(
        lambda: split_order(SalesOrder.objects.get(pk=order.pk), {line.pk: Decimal(6)}, by=cast.sales, version=version),
        lambda: hand_over(
            Shipment.objects.get(pk=shipment.pk), service=service_of(), tracking=tracking, by=cast.logistics
        ),
        lambda: split_order(SalesOrder.objects.get(pk=order.pk), {line.pk: Decimal(6)}, by=cast.sales, version=version),
    )
    assert sum(isinstance(answer, BusinessError) for answer in answers) == 1  # of two splits one is late
    order.refresh_from_db()
    assert (order.status, order.lines.get().quantity) == ("shipped", 4)
    assert SalesOrder.objects.count() == 2
    assert not proved()


@pytest.mark.django_db(transaction=True)
def test_merge_while_one_of_them_is_approved(cast: SimpleNamespace, no_auto_approval: None) -> None:
    product = make_product()
    put_in_stock(product, 9)
    first = make_order((product, 3), customer=cast.alpha, by=cast.sales)
    second = make_order((product, 4), customer=cast.alpha, by=cast.sales)
    answers = in_threads(
        lambda: merge_orders(
            SalesOrder.objects.get(pk=first.pk),
            [SalesOrder.objects.get(pk=second.pk)],
            by=cast.sales,
            version=first.version,
        ),
        lambda: decide(SalesOrder.objects.get(pk=second.pk), True, by=cast.approver),
    )
    first.refresh_from_db()
    second.refresh_from_db()
    assert sum(isinstance(answer, BusinessError) for answer in answers) == 1
    assert (first.status, second.status) in {("pending", "cancelled"), ("pending", "ready_to_ship")}
    assert not proved()


@pytest.mark.django_db(transaction=True)
def test_two_merges_in_opposite_directions(cast: SimpleNamespace, no_auto_approval: None) -> None:
    first, second = (make_order((make_product(), n), customer=cast.alpha, by=cast.sales) for n in (1, 2))

    def merge(order: SalesOrder, other: SalesOrder) -> SalesOrder:
        mine = SalesOrder.objects.get(pk=order.pk)
        return merge_orders(mine, [SalesOrder.objects.get(pk=other.pk)], by=cast.sales, version=1)

    answers = in_threads(lambda: merge(first, second), lambda: merge(second, first))
    assert sum(isinstance(answer, BusinessError) for answer in answers) == 1
    assert sorted(SalesOrder.objects.values_list("status", flat=True)) == ["cancelled", "pending"]
    assert not proved()


@pytest.mark.django_db
def test_a_shop_that_cancels_reaches_every_part(lamp: object, no_auto_approval: None) -> None:  # noqa: F811
    deliver(shop_order(quantity=3, **at(0)))
    first = SalesOrder.objects.get()
    line = first.lines.get(product=lamp)
    split_order(first, {line.pk: Decimal(1)}, by=None, version=first.version)
    deliver(shop_order(quantity=3, cancelled_at="2026-03-01T10:02:00+08:00", **at(2)), topic="orders/cancelled")
    assert set(SalesOrder.objects.values_list("status", flat=True)) == {"cancelled"}
    assert not proved()


@pytest.mark.django_db
def test_a_shop_that_cancels_stops_what_its_order_is_part_of(
    cast: SimpleNamespace,
    lamp: object,  # noqa: F811
    no_auto_approval: None,
) -> None:
    deliver(shop_order(quantity=3, **at(0)))
    shops = SalesOrder.objects.get()
    ours = make_order((make_product(), 2), customer=shops.customer, by=cast.sales, warehouse=shops.warehouse)
    merge_orders(ours, [shops], by=None, version=ours.version)
    deliver(shop_order(quantity=4, **at(1)), topic="orders/updated")
    ours.refresh_from_db()
    assert in_house_language(CHANGED) in ours.hold_reason
    deliver(shop_order(quantity=4, cancelled_at="2026-03-01T10:02:00+08:00", **at(2)), topic="orders/cancelled")
    ours.refresh_from_db()
    assert (ours.status, ours.lines.count() > 1) == ("pending", True)
    assert in_house_language(CANCELLED) in ours.hold_reason
    assert not proved()
