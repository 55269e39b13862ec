"""Orders that are ready to be picked, and short ways along the road."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from erp.models import User
from inventory.models import Product
from inventory.verify import differences as stock_differences
from orders.models import SalesOrder
from orders.verify import differences as order_differences
from shipping import services
from shipping.models import CarrierService, Parcel, PickList, Shipment
from shipping.verify import differences
from tests.cast import make_order, make_product, put_in_stock


def proved() -> list[str]:
    """Every difference between a balance and its ledger; empty when all is well."""
    return [*differences(), *stock_differences(), *order_differences()]


@pytest.fixture
def ready(cast: Any) -> Iterator[SalesOrder]:
    """A ready order of two products, five and three of them, ten of each on the shelf, with its open pick list."""
    first, second = make_product("A-1", name="合页", cost="10"), make_product("B-1", name="滑轨", cost="20")
    put_in_stock(first, 10, cost="10")
    put_in_stock(second, 10, cost="20")
    order = make_order((first, 5), (second, 3), customer=cast.alpha)
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    yield order


def open_list(order: SalesOrder) -> PickList:
    """The order's open pick list."""
    return order.pick_lists.get(status="open")


def picked(order: SalesOrder, by: User, **short: str) -> PickList:
    """The open list, confirmed: everything was there but `sku=quantity`."""
    pick_list = open_list(order)
    lines = {line.order_line.product.sku.replace("-", "_"): line for line in pick_list.lines.all()}
    counted = {lines[sku].pk: Decimal(quantity) for sku, quantity in short.items()}
    return services.confirm_pick(pick_list, picked=counted, by=by)


def packed(order: SalesOrder, by: User) -> Shipment:
    """Picked whole and packed into one parcel."""
    return services.pack(picked(order, by), parcels=None, by=by)


def service_of(code: str = "SF") -> CarrierService:
    """The fastest service of a carrier."""
    return CarrierService.objects.filter(carrier__code=code).order_by("transit_days").first()


def on_the_road(order: SalesOrder, warehouse: User, logistics: User, number: str = "SF100") -> Shipment:
    """Packed and given to a carrier."""
    shipment = packed(order, warehouse)
    tracking = {parcel.pk: f"{number}-{parcel.position}" for parcel in shipment.parcels.all()}
    return services.hand_over(shipment, service=service_of(), tracking=tracking, by=logistics)


def scan(parcel: Parcel, state: str, *, hours: int = 0, **more: Any) -> Any:
    """A scan so many hours from now (negative: ago)."""
    at = timezone.now() + dt.timedelta(hours=hours)
    return services.record_event(parcel, state=state, text=more.pop("text", state), at=at, **more)


def two_parcels(order: SalesOrder, by: User) -> Shipment:
    """Each product in a parcel of its own."""
    pick_list = picked(order, by)
    lines = list(pick_list.lines.order_by("id"))
    parcels = [services.ParcelInput({line.pk: line.picked}, Decimal("1.5")) for line in lines]
    return services.pack(pick_list, parcels=parcels, by=by)


def service_product() -> Product:
    """Something that is sold but never on a shelf."""
    return make_product("INSTALL", name="安装服务", kind="service", cost="0")
