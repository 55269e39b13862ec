"""What stands on the papers of an order, as the person who prints them may see it."""

from typing import Any

from erp.models import User
from erp.privacy import address_for, address_line, name_for
from orders.models import SalesOrder

CONFIRMATION = "documents/order_confirmation.html"


def ship_to_shown(order: SalesOrder, user: User) -> dict[str, str]:
    """Recipient, phone and address in one line, masked for roles that may not see personal data."""
    shown = address_for(user, order.ship_to)
    return {
        "recipient": shown.get("recipient", ""),
        "phone": shown.get("phone", ""),
        "line": address_line(shown),
    }


def confirmation_context(order: SalesOrder, user: User) -> dict[str, Any]:
    """The order confirmation (销售订单确认). Two queries, none where `for_printing` brought lines and contacts along."""
    contacts = sorted(order.customer.contacts.all(), key=lambda one: (not one.is_default, one.pk))
    return {
        "order": order,
        "number": order.number,
        "lines": sorted(order.lines.all(), key=lambda line: line.position)
        if "lines" in getattr(order, "_prefetched_objects_cache", {})
        else list(order.lines.select_related("product")),
        "ship_to": ship_to_shown(order, user),
        "contact": name_for(user, contacts[0].name) if contacts else "",
    }
