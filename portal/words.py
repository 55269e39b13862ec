"""Statuses and steps in a customer's words. The names of the statuses are those that staff use."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from erp.waiting import Cause
from orders.models import SalesOrder

Status = SalesOrder.Status

MEANING: dict[str, str | Promise] = {
    Status.PENDING: _("We have your order and are checking it."),
    Status.APPROVED: _("Your order is confirmed. We are getting the goods together."),
    Status.IN_PRODUCTION: _("Your order is confirmed and is being made."),
    Status.READY_TO_SHIP: _("Your goods are ready and are being packed."),
    Status.SHIPPED: _("Your goods are on their way to you."),
    Status.COMPLETED: _("Everything has arrived and is settled. Thank you for your order."),
    Status.REJECTED: _("We could not accept the order as it stands. We will contact you; you may call us, too."),
    Status.CANCELLED: _("The order was cancelled. Nothing more will be delivered."),
}

STEPS: dict[str, tuple[str | Promise, str, str]] = {
    "create": (_("Order received"), "receipt", "grey"),
    "approve": (_("Order confirmed"), "check", "blue"),
    "reject": (_("Order not accepted as it stands"), "x", "red"),
    "resubmit": (_("Order corrected and checked again"), "rotate-clockwise", "amber"),
    "start_production": (_("Production has begun"), "building-factory-2", "violet"),
    "make_ready": (_("Goods are ready and are being packed"), "box", "cyan"),
    "wait_again": (_("Waiting for goods again"), "hourglass", "amber"),
    "ship": (_("Everything has been sent"), "truck-delivery", "indigo"),
    "complete": (_("Order completed"), "circle-check", "green"),
    "split": (_("A part goes on as an order of its own"), "versions", "grey"),
    "split_off": (_("Made of a part of another order"), "versions", "grey"),
    "merge": (_("Another order was added"), "git-merge", "grey"),
    "merge_away": (_("Goes on as part of another order"), "git-merge", "grey"),
    "cancel": (_("Order cancelled"), "ban", "grey"),
}


def meaning(order: SalesOrder, cause: Cause | None = None) -> str:
    """Where the order stands and what it waits for, in one sentence for the customer."""
    if cause is not None and cause.customer is not None:
        return str(cause.customer.text)
    if order.status == Status.SHIPPED and order.delivered_at is not None:
        if order.settled_at is None:
            return str(_("Your goods have arrived. The order is completed as soon as it is paid."))
        return str(_("Your goods have arrived."))
    return str(MEANING[order.status])


PAYMENT: dict[str, str | Promise] = {
    SalesOrder.PaymentState.UNPAID: _("to be paid"),
    SalesOrder.PaymentState.PARTLY: _("paid in part"),
    SalesOrder.PaymentState.PAID: _("paid in full"),
}


def payment(order: SalesOrder) -> str:
    """How far the customer has paid."""
    return str(PAYMENT[order.payment_state])
