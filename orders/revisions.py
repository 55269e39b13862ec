"""An order's contents as plain values that can be kept, compared and merged: what a person can edit, and no more.

`{"head": {name: value}, "lines": [{name: value}]}`; numbers are texts without needless zeros, dates ISO, others keys.
"""

from decimal import Decimal
from typing import Any

from orders.models import OrderLine, SalesOrder

ADDRESS = ("recipient", "phone", "province", "city", "district", "street")


def number(value: Decimal | None) -> str:
    """A number as it is compared; empty for None."""
    return "" if value is None else f"{value.normalize():f}"


def text(value: str) -> str:
    """A text as it is compared: browsers send other line ends than programs."""
    return value.replace("\r\n", "\n").strip()


def address(ship_to: dict[str, str]) -> dict[str, str]:
    """Every part of an address, empty where there is none."""
    return {part: ship_to.get(part, "") for part in ADDRESS}


def contents_of(order: SalesOrder) -> dict[str, Any]:
    """The order as it is saved now. One query."""
    return {"head": _head(order), "lines": [_line(line) for line in order.lines.order_by("position")]}


def _head(order: SalesOrder) -> dict[str, Any]:
    return {
        "customer": order.customer_id,
        "promised_date": order.promised_date.isoformat(),
        "channel": order.channel_id,
        "external_number": order.external_number,
        "priority": order.priority,
        "warehouse": order.warehouse_id,
        "customer_note": text(order.customer_note),
        "ship_to": address(order.ship_to),
    }


def _line(line: OrderLine) -> dict[str, Any]:
    """Quantity and price each with the unit that they are of."""
    return {
        "product": line.product_id,
        "quantity": [number(line.sold_quantity), line.pack],
        "price": [number(line.sold_price), line.pack],
        "discount": number(line.discount),
        "tax": number(line.tax_rate),
        "wish": text(line.wish),
    }
