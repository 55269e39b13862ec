"""Statuses and steps in a customer's words. The names of the statuses are those that staff use."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from orders.models import SalesOrder

Status = SalesOrder.Status

MEANING: dict[str, str | Promise] = {
    Status.PENDING: lazy("We have your order and are checking it."),
    Status.APPROVED: lazy("Your order is confirmed. We are getting the goods together."),
    Status.IN_PRODUCTION: lazy("Your order is confirmed and is being made."),
    Status.READY_TO_SHIP: lazy("Your goods are ready and are being packed."),
    Status.SHIPPED: lazy("Your goods are on their way to you."),
    Status.COMPLETED: lazy("Everything has arrived and is settled. Thank you for your order."),
    Status.REJECTED: lazy("We could not accept the order as it stands. We will contact you; you may call us, too."),
    Status.CANCELLED: lazy("The order was cancelled. Nothing more will be delivered."),
}

STEPS: dict[str, tuple[str | Promise, str, str]] = {
    "create": (lazy("Order received"), "receipt", "grey"),
    "approve": (lazy("Order confirmed"), "check", "blue"),
    "reject": (lazy("Order not accepted as it stands"), "x", "red"),
    "resubmit": (lazy("Order corrected and checked again"), "rotate-clockwise", "amber"),
    "start_production": (lazy("Production has begun"), "building-factory-2", "violet"),
    "make_ready": (lazy("Goods are ready and are being packed"), "box", "cyan"),
    "wait_again": (lazy("Waiting for goods again"), "hourglass", "amber"),
    "ship": (lazy("Everything has been sent"), "truck-delivery", "indigo"),
    "complete": (lazy("Order completed"), "circle-check", "green"),
    "cancel": (lazy("Order cancelled"), "ban", "grey"),
}


def meaning(order: SalesOrder) -> str:
    """What the order's status means for the customer, in one sentence."""
    if order.status == Status.SHIPPED and order.delivered_at is not None:
        if order.settled_at is None:
            return _("Your goods have arrived. The order is completed as soon as it is paid.")
        return _("Your goods have arrived.")
    return str(MEANING[order.status])
