"""Short ways for tests that walk through the bins with a phone."""

import uuid
from decimal import Decimal
from typing import Any

from shipping import services
from shipping.models import PickList, ScanCommand, Wave

PHONE = uuid.UUID(int=1)


def wave_of(lists: Any, cast: Any, **more: Any) -> Wave:
    """A wave of these lists, made by the warehouse."""
    return services.open_wave([PickList.objects.get(pk=one.pk) for one in lists], by=cast.warehouse, **more)


def stop_of(pick_list: PickList, sku: str) -> int:
    """The stock item where a list takes a product."""
    return pick_list.lines.get(order_line__product__sku=sku).item_id


def command(number: int, item: int, quantity: Any = 0, *, kind: str = "pick", **more: str) -> services.Scan:
    """One numbered command."""
    return services.Scan(number=number, kind=kind, item=item, quantity=Decimal(str(quantity)), **more)


def send(target: Wave | PickList, by: Any, *scans: services.Scan, client: uuid.UUID = PHONE) -> list[ScanCommand]:
    """What a phone delivers; the answers."""
    return services.apply_scans(target, client=client, scans=scans, by=by)[0]
