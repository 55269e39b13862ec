"""What waits for finance: receivables to post and overdue, and money that is not matched yet."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp.workbench import Act, WorkGroup, WorkItem, group
from finance.models import Invoice, Payment
from finance.selectors import open_receivables

SOON = dt.timedelta(days=7)


def work_for(user: Any) -> Iterator[WorkGroup]:
    """Groups of receivables and payments. One query for each group."""
    url = reverse("finance:list")
    invoices = Invoice.objects.visible_to(user).select_related("customer", "order")
    if user.has_perm("finance.post_payment"):
        yield from _receivables(open_receivables(invoices).order_by("due_date", "id"), url)
    if user.has_perm("finance.post_invoice"):
        drafts = invoices.filter(status=Invoice.Status.DRAFT).order_by("id")
        yield from group("invoice-drafts", _("Receivables to post"), "file-invoice", drafts, _drafts, url=url)
    if user.has_perm("finance.post_payment"):
        open_money = Payment.objects.visible_to(user).select_related("customer")
        open_money = open_money.filter(status=Payment.Status.POSTED, kind=Payment.Kind.RECEIPT)
        open_money = open_money.filter(allocated__lt=F("amount")).order_by("id")
        payments = reverse("finance:payments")
        yield from group("unallocated", _("Payments to match"), "link", open_money, _unmatched, url=payments)


def _receivables(rows: QuerySet[Invoice], url: str) -> Iterator[WorkGroup]:
    today = timezone.localdate()
    overdue = rows.filter(due_date__lt=today)
    yield from group(
        "overdue", _("Overdue receivables"), "report-money", overdue, _due, url=f"{url}?tab=overdue", tone="red"
    )
    soon = rows.filter(due_date__gte=today, due_date__lte=today + SOON)
    yield from group("due", _("Receivables due within a week"), "calendar-due", soon, _due, url=url)


def _due(invoices: list[Invoice]) -> Iterable[WorkItem]:
    today = timezone.localdate()
    record = reverse("finance:payment_new")
    for invoice in invoices:
        days = (today - invoice.due_date).days if invoice.due_date else 0
        note = ngettext("%(num)s day overdue", "%(num)s days overdue", days) % {"num": days} if days > 0 else ""
        yield _invoice(invoice, note, days > 0, [Act(_("Record payment"), f"{record}?invoice={invoice.pk}")])


def _drafts(invoices: list[Invoice]) -> Iterable[WorkItem]:
    for invoice in invoices:
        yield _invoice(invoice, "", False, [Act(_("Check and post"), invoice.get_absolute_url())])


def _invoice(invoice: Invoice, note: str, late: bool, acts: list[Act]) -> WorkItem:
    return WorkItem(
        title=str(invoice),
        url=invoice.get_absolute_url(),
        sub=f"{invoice.order.number} {invoice.customer.name}",
        note=note,
        status=invoice.status,
        status_label=invoice.get_status_display(),
        amount=invoice.outstanding,
        due=invoice.due_date,
        since=invoice.status_since,
        late=late,
        acts=acts,
    )


def _unmatched(payments: list[Payment]) -> Iterable[WorkItem]:
    for payment in payments:
        yield WorkItem(
            title=payment.number,
            url=payment.get_absolute_url(),
            sub=payment.customer.name,
            note=payment.note or payment.reference,
            status=payment.status,
            status_label=payment.get_status_display(),
            amount=payment.unallocated,
            since=payment.status_since,
            acts=[Act(_("Match"), payment.get_absolute_url())],
        )
