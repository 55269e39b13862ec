"""Two people do the same at once, in real transactions: it happens once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from erp.basics import ensure_basics
from erp.errors import BusinessError
from erp.roles import create_missing_roles
from inventory.models import StockMove
from orders.models import SalesOrder
from shipping import services
from shipping.models import Handover, PickList, Shipment
from tests.cast import make_customer, make_order, make_product, make_user, put_in_stock
from tests.shipping.conftest import on_the_road, open_list, packed, picked, proved, scan, service_of

pytestmark = pytest.mark.django_db(transaction=True)


def both(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """Run two acts at the same moment, each with its own connection; what each returned or how it was refused."""
    gate = Barrier(2)

    def run(act: Callable[[], Any]) -> Any:
        try:
            gate.wait()
            return act()
        except BusinessError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return [done.result(timeout=60) for done in [pool.submit(run, first), pool.submit(run, second)]]


@pytest.fixture
def ready() -> SalesOrder:
    """A ready order of five pieces of which exactly five are there; roles and basics as after `migrate`."""
    from django.apps import apps

    create_missing_roles(list(apps.get_app_configs())[-1])
    ensure_basics()
    product = make_product("A-1")
    put_in_stock(product, 5, cost="10")
    order = make_order((product, 5), customer=make_customer())
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    return order


def test_two_people_confirm_the_same_pick(ready):
    pick_list, one, two = open_list(ready), make_user("warehouse"), make_user("warehouse")
    line = pick_list.lines.get()

    answers = both(
        lambda: services.confirm_pick(PickList.objects.get(pk=pick_list.pk), picked={line.pk: Decimal(5)}, by=one),
        lambda: services.confirm_pick(PickList.objects.get(pk=pick_list.pk), picked={line.pk: Decimal(4)}, by=two),
    )

    assert sum(isinstance(answer, BusinessError) for answer in answers) == 1
    line.refresh_from_db()
    assert ready.lines.get().picked == line.picked
    assert proved() == []


def test_two_people_confirm_the_same_pick_alike(ready):
    pick_list, one, two = open_list(ready), make_user("warehouse"), make_user("warehouse")

    answers = both(
        lambda: services.confirm_pick(PickList.objects.get(pk=pick_list.pk), picked={}, by=one),
        lambda: services.confirm_pick(PickList.objects.get(pk=pick_list.pk), picked={}, by=two),
    )

    assert [answer.status for answer in answers] == ["picked", "picked"]
    assert ready.lines.get().picked == 5
    assert proved() == []


def test_two_people_pack_the_same_list(ready):
    one, two = make_user("warehouse"), make_user("warehouse")
    pick_list = picked(ready, one)

    both(
        lambda: services.pack(PickList.objects.get(pk=pick_list.pk), parcels=None, by=one),
        lambda: services.pack(PickList.objects.get(pk=pick_list.pk), parcels=None, by=two),
    )

    assert Shipment.objects.count() == 1
    assert proved() == []


def test_two_people_hand_over_the_same_shipment(ready):
    shipment = packed(ready, make_user("warehouse"))
    one, two, parcel = make_user("logistics"), make_user("logistics"), shipment.parcels.get()

    answers = both(
        lambda: services.hand_over(
            Shipment.objects.get(pk=shipment.pk), service=service_of(), tracking={parcel.pk: "SF1"}, by=one
        ),
        lambda: services.hand_over(
            Shipment.objects.get(pk=shipment.pk), service=service_of(), tracking={parcel.pk: "SF2"}, by=two
        ),
    )

    assert sum(isinstance(answer, BusinessError) for answer in answers) == 1
    assert Handover.objects.count() == 1
    assert StockMove.objects.filter(target__kind="customer").count() == 1
    ready.refresh_from_db()
    assert (ready.status, ready.lines.get().shipped) == ("shipped", 5)
    assert proved() == []


def test_carrier_sends_the_same_event_twice_at_once(ready):
    shipment = on_the_road(ready, make_user("warehouse"), make_user("logistics"))
    parcel = shipment.parcels.get()

    answers = both(
        lambda: scan(parcel, "delivered", key="SF:1"),
        lambda: scan(parcel, "delivered", key="SF:1"),
    )

    assert answers[0] == answers[1]
    assert ready.lines.get().delivered == 5
    assert proved() == []


def test_cancelling_the_order_while_its_parcels_leave(ready):
    from erp.workflow import advance

    shipment = packed(ready, make_user("warehouse"))
    parcel, logistics, manager = shipment.parcels.get(), make_user("logistics"), make_user("manager")

    answers = both(
        lambda: services.hand_over(
            Shipment.objects.get(pk=shipment.pk), service=service_of(), tracking={parcel.pk: "SF1"}, by=logistics
        ),
        lambda: advance(SalesOrder.objects.get(pk=ready.pk), "cancel", by=manager, note="客户取消"),
    )

    assert sum(isinstance(answer, BusinessError) for answer in answers) == 1
    ready.refresh_from_db()
    shipment.refresh_from_db()
    assert (ready.status, shipment.status) in {("shipped", "in_transit"), ("cancelled", "cancelled")}
    assert proved() == []
