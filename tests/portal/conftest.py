"""Orders of two companies on their way."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from erp.workflow import advance
from orders.models import SalesOrder
from shipping import services as shipping
from shipping.models import CarrierService, Shipment
from tests.cast import make_order, make_product, put_in_stock


def ship(order: SalesOrder, cast: SimpleNamespace) -> Shipment:
    """Take an order through warehouse and logistics, as its people do."""
    order.refresh_from_db()
    if order.status == order.Status.PENDING:
        advance(order, "approve", by=cast.approver)
    picks = order.pick_lists.get()
    shipping.confirm_pick(picks, picked={line.pk: line.wanted for line in picks.lines.all()}, by=cast.warehouse)
    picks.refresh_from_db()
    shipment = shipping.pack(picks, parcels=None, by=cast.warehouse)
    tracking = {parcel.pk: f"SF{parcel.pk:08d}" for parcel in shipment.parcels.all()}
    service = CarrierService.objects.order_by("id").first()
    shipping.hand_over(shipment, service=service, tracking=tracking, by=cast.logistics)
    shipment.refresh_from_db()
    return shipment


@pytest.fixture
def order(cast: SimpleNamespace) -> SalesOrder:
    """An order of company alpha whose goods are in stock."""
    product = make_product(price="100")
    put_in_stock(product, 100)
    return make_order((product, 2), customer=cast.alpha, by=cast.sales)


@pytest.fixture
def shipped(order: SalesOrder, cast: SimpleNamespace) -> SalesOrder:
    """The same order, on the road."""
    ship(order, cast)
    order.refresh_from_db()
    return order


@pytest.fixture
def foreign(cast: SimpleNamespace) -> SalesOrder:
    """An order of company beta."""
    return make_order((make_product(), 1), customer=cast.beta, by=cast.manager)


@pytest.fixture
def alpha(cast: SimpleNamespace) -> Client:
    """The browser of alpha's buyer."""
    client = Client()
    client.force_login(cast.alpha_login)
    return client


@pytest.fixture
def look_up() -> Callable[..., Any]:
    """Post the lookup form."""

    def post(client: Client, number: str, digits: str = "5678", **extra: Any) -> Any:
        return client.post("/portal/lookup/", {"number": number, "digits": digits}, **extra)

    return post
