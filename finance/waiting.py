"""Why a delivered order is not finished: not billed, billed and not paid, or paid and not matched."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.models import Company
from erp.waiting import FINANCE, Action, Cause, ForCustomer, Inquiry, Rank, Words
from erp.web.formats import money
from finance.models import Invoice, Payment
from orders.models import SalesOrder

SEE = "finance.view_invoice"
TO_PAY = ForCustomer("to_pay", Words(_("Your goods have arrived. The order is completed as soon as it is paid.")))
SENT = ForCustomer("sent", Words(_("Your goods have left us. The bill follows.")))
Status = Invoice.Status


def explain(inquiry: Inquiry) -> Iterator[Cause]:
    """Orders whose goods have left and that are not settled. Two queries."""
    owing = [order for order in inquiry.in_state(SalesOrder.Status.SHIPPED) if order.settled_at is None]
    if not owing or not Company.current().settle_before_completion:
        return
    invoices: dict[int, list[Invoice]] = {}
    rows = Invoice.objects.filter(order__in=owing, kind=Invoice.Kind.INVOICE, status__in=(Status.DRAFT, Status.POSTED))
    for one in rows.order_by("due_date", "id"):
        invoices.setdefault(one.order_id, []).append(one)
    money_there = _unmatched({order.customer_id for order in owing})
    for order in owing:
        yield from _order(order, inquiry.lines.get(order.pk, []), invoices.get(order.pk, []), money_there)


def _unmatched(customer_ids: Iterable[int]) -> dict[int, Payment]:
    """The oldest payment of each customer with something left to match."""
    rows = Payment.objects.filter(
        customer_id__in=customer_ids,
        status=Payment.Status.POSTED,
        kind=Payment.Kind.RECEIPT,
        allocated__lt=F("amount"),
    )
    found: dict[int, Payment] = {}
    for row in rows.order_by("id"):
        found.setdefault(row.customer_id, row)
    return found


def _order(order: Any, lines: list[Any], invoices: list[Invoice], money_there: dict[int, Payment]) -> Iterator[Cause]:
    drafts = [one for one in invoices if one.status == Status.DRAFT]
    posted = [one for one in invoices if one.status == Status.POSTED]
    if drafts:
        yield _draft(order, drafts[0])
    elif any(line.shipped > line.invoiced for line in lines):
        yield _not_billed(order)
    for one in posted:
        yield _owed(order, one, money_there.get(order.customer_id))


def _said(order: Any, code: str, rank: Rank, short: Any, text: Any, values: dict[str, Any], **more: Any) -> Cause:
    customer = TO_PAY if order.delivered_at else SENT
    return Cause(
        order=order.pk,
        code=code,
        rank=rank,
        short=Words(short, values),
        text=Words(text, values),
        desk=FINANCE,
        customer=customer,
        permission=SEE,
        **more,
    )


def _not_billed(order: Any) -> Cause:
    action = Action(
        _("Make the receivable"),
        reverse("finance:to_bill"),
        "finance.add_invoice",
        post=True,
        fields={"order": order.number},
    )
    values = {"amount": money(order.outstanding, order.currency)}
    text = _("The goods have left and are not billed yet; %(amount)s are open.")
    return _said(order, "not_billed", Rank.NOT_BILLED, _("Not billed"), text, values, action=action)


def _draft(order: Any, invoice: Invoice) -> Cause:
    values = {"amount": money(invoice.total, invoice.currency)}
    text = _("The receivable of %(amount)s is only a draft; it must be checked and posted.")
    action = Action(_("Check and post"), invoice.get_absolute_url(), "finance.post_invoice")
    return _said(
        order,
        "invoice_draft",
        Rank.NOT_BILLED,
        _("Receivable not posted"),
        text,
        values,
        action=action,
        document=str(invoice),
        url=invoice.get_absolute_url(),
    )


def _owed(order: Any, invoice: Invoice, payment: Payment | None) -> Cause:
    values: dict[str, Any] = {
        "amount": money(invoice.outstanding, invoice.currency),
        "document": invoice.number,
        "day": invoice.due_date,
    }
    more: dict[str, Any] = {
        "document": invoice.number or "",
        "url": invoice.get_absolute_url(),
        "expected": invoice.due_date,
        "action": Action(
            _("Record payment"), f"{reverse('finance:payment_new')}?invoice={invoice.pk}", "finance.add_payment"
        ),
    }
    if payment is not None:
        values["payment"] = payment.number
        more["action"] = Action(_("Match the payment"), payment.get_absolute_url(), "finance.post_payment")
        text = _("%(amount)s of %(document)s are open, and payment %(payment)s of the customer is not matched yet.")
        return _said(order, "payment_unmatched", Rank.OVERDUE, _("Payment to match"), text, values, **more)
    if invoice.is_overdue and invoice.due_date is not None:
        values["days"] = (timezone.localdate() - invoice.due_date).days
        text = _("%(amount)s of %(document)s were due on %(day)s, %(days)s days ago.")
        return _said(order, "overdue", Rank.OVERDUE, _("Overdue"), text, values, tone="red", **more)
    text = _("%(amount)s of %(document)s are still to be paid, due on %(day)s.")
    return _said(order, "to_be_paid", Rank.UNPAID, _("To be paid"), text, values, **more)
