"""Credit notes for goods that came back."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Protocol

from django.db import transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import User
from erp.workflow import lock
from finance.models import Invoice
from finance.services.allocation import allocate_many
from finance.services.receivables import bill, post_invoice
from orders.models import SalesOrder


class Returned(Protocol):
    """What finance needs to know of a return: its order, and lines with `order_line_id` and `received`."""

    pk: int
    order: SalesOrder
    lines: Any


@transaction.atomic
def credit_return(return_request: Returned, *, by: User | None) -> Invoice:
    """Credit what came back at the price it was billed for, and use the credit for the order's open receivables.

    What is left stays as credit that the customer can use or be refunded. A repeat returns the same credit note. Raises
    BusinessError when nothing came back or more came back than was billed.
    """
    order = return_request.order
    lock(order)
    key = f"return:{return_request.pk}"
    if known := Invoice.objects.filter(source_key=key).first():
        return known
    quantities: dict[int, Decimal] = {
        line.order_line_id: line.received for line in return_request.lines.all() if line.received
    }
    if not quantities:
        raise BusinessError(
            _("Nothing came back, so there is nothing to credit."), hint=_("Enter what was received first.")
        )
    credit = bill(order, quantities, source_key=key, by=by, kind=Invoice.Kind.CREDIT)
    post_invoice(credit, by=None)
    allocate_many(credit, list(_oldest_first(order, credit.outstanding)), by=None)
    credit.refresh_from_db()
    return credit


def _oldest_first(order: SalesOrder, amount: Decimal) -> Iterable[tuple[Invoice, Decimal]]:
    open_invoices = Invoice.objects.filter(order=order, kind=Invoice.Kind.INVOICE, status=Invoice.Status.POSTED)
    for invoice in open_invoices.order_by("id"):
        part = min(amount, invoice.outstanding)
        if part > 0:
            yield invoice, part
            amount -= part
