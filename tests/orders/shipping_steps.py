"""Short ways through the warehouse for tests of orders."""

from types import SimpleNamespace

from orders.models import SalesOrder
from shipping.models import CarrierService, Shipment
from shipping.services import confirm_pick, open_pick_list, pack
from shipping.services import hand_over as give


def pack_all(order: SalesOrder, cast: SimpleNamespace) -> Shipment:
    """Pick and pack whatever is reserved."""
    pick_list = open_pick_list(order, by=cast.warehouse)
    assert pick_list is not None
    confirm_pick(pick_list, picked={}, by=cast.warehouse)
    return pack(pick_list, parcels=None, by=cast.warehouse)


def hand_over(shipment: Shipment, cast: SimpleNamespace) -> Shipment:
    """Give a packed shipment to a carrier."""
    service = CarrierService.objects.select_related("carrier").first()
    assert service is not None
    numbers = {parcel.pk: f"T{shipment.pk}-{parcel.position}" for parcel in shipment.parcels.all()}
    return give(shipment, service=service, tracking=numbers, by=cast.logistics)


def ship_all(order: SalesOrder, cast: SimpleNamespace) -> Shipment:
    """Send off whatever is reserved."""
    return hand_over(pack_all(order, cast), cast)
