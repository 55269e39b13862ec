"""What an order's page shows of finance: its receivables, and the payments matched with them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from erp.related import RelatedGroup, RelatedItem, Step
from erp.web.formats import date, money
from finance.models import Invoice, Payment


def of_order(order: Any, user: Any) -> Iterator[RelatedGroup]:
    """Receivables and payments of a sales order. Two queries."""
    invoices = list(Invoice.objects.visible_to(user).filter(order=order).order_by("id"))
    if invoices:
        yield RelatedGroup(_("Receivables"), "file-invoice", [_invoice(one) for one in invoices], _step(invoices, user))
    payments = list(
        Payment.objects.visible_to(user)
        .filter(allocations__invoice__order=order)
        .annotate(matched=Sum("allocations__amount"))
        .filter(matched__gt=0)
        .order_by("id")
    )
    if payments:
        yield RelatedGroup(_("Payments"), "cash", [_payment(one) for one in payments])


def _invoice(one: Invoice) -> RelatedItem:
    words = [one.get_kind_display()] if one.kind == Invoice.Kind.CREDIT else []
    if one.due_date and one.status == Invoice.Status.POSTED:
        words.append(_("due on %(day)s") % {"day": date(one.due_date)})
    if one.allocated and one.outstanding:
        words.append(_("%(amount)s outstanding") % {"amount": money(one.outstanding, one.currency)})
    return RelatedItem(
        number=str(one),
        url=one.get_absolute_url(),
        status=one.status,
        status_label=one.get_status_display(),
        text=" · ".join(words),
        amount=-one.total if one.kind == Invoice.Kind.CREDIT else one.total,
        at=one.invoice_date,
    )


def _payment(one: Payment) -> RelatedItem:
    return RelatedItem(
        number=one.number,
        url=one.get_absolute_url(),
        status=one.status,
        status_label=one.get_status_display(),
        text=" ".join(filter(None, [one.get_method_display(), one.reference])),
        amount=one.matched,  # type: ignore[attr-defined]
        at=one.received_on,
    )


def _step(invoices: list[Invoice], user: Any) -> Step | None:
    for one in invoices:
        if one.status == Invoice.Status.DRAFT and user.has_perm("finance.post_invoice"):
            return Step(_("Check and post the receivable"), one.get_absolute_url(), "file-invoice")
        if (
            one.kind == Invoice.Kind.INVOICE
            and one.status == Invoice.Status.POSTED
            and user.has_perm("finance.add_payment")
        ):
            return Step(_("Record payment"), f"{reverse('finance:payment_new')}?invoice={one.pk}", "cash")
    return None
