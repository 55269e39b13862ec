"""Papers that a customer with a login may fetch: order confirmation and delivery note, the same as staff print."""

from decimal import Decimal

from erp.documents.pdf import render_pdf
from erp.privacy import address_line
from orders.models import SalesOrder
from shipping.models import Shipment
from shipping.selectors import lines_of


def confirmation(order: SalesOrder) -> bytes:
    """The order confirmation as PDF. Raises MissingPango (a BusinessError) where PDFs cannot be made."""
    address = dict(order.ship_to or {})
    contact = order.customer.contacts.order_by("-is_default", "id").first()
    context = {
        "order": order,
        "number": order.number,
        "lines": list(order.lines.select_related("product")),
        "ship_to": {**address, "line": address_line(address)},
        "contact": contact.name if contact else "",
    }
    return render_pdf("documents/order_confirmation.html", context)


def delivery_note(order: SalesOrder, shipment: Shipment) -> bytes:
    """The delivery note of one shipment of the order as PDF. Raises MissingPango where PDFs cannot be made."""
    parcels = list(shipment.parcels.order_by("position"))
    lines = [row for rows in lines_of(parcels).values() for row in rows]
    address = dict(order.ship_to or {})
    context = {
        "shipment": shipment,
        "order": order,
        "number": shipment.number,
        "parcels": parcels,
        "positions": {parcel.pk: parcel.position for parcel in parcels},
        "lines": lines,
        "total": sum((row.quantity for row in lines), Decimal(0)),
        "address": address,
        "address_line": address_line(address),
        "paper": "a4",
    }
    return render_pdf("documents/delivery_note.html", context)
