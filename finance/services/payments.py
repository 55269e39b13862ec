"""Money that comes in and goes back."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.money import ZERO, round_money
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance, record_creation
from finance import basics
from finance.ledger import post_entry, refuse_closed, voucher_text
from finance.models import Invoice, Payment
from finance.services.allocation import allocate_many
from finance.services.rights import require
from orders.models import Customer

# Where the money of a method lies.
MONEY_ACCOUNT: dict[str, str] = {
    Payment.Method.BANK: basics.BANK,
    Payment.Method.ALIPAY: basics.OTHER_FUNDS,
    Payment.Method.WECHAT: basics.OTHER_FUNDS,
    Payment.Method.CASH: basics.CASH,
    Payment.Method.DRAFT: basics.NOTES_RECEIVABLE,
}


@verb
def record_payment(
    *,
    customer: Customer,
    amount: Decimal,
    method: str,
    by: User | None,
    received_on: dt.date | None = None,
    reference: str = "",
    note: str = "",
    allocations: Sequence[tuple[Invoice, Decimal]] | None = None,
) -> Payment:
    """Record money from a customer (CNY), post it, and use it for receivables; the rest is a prepayment.

    Raises BusinessError for a bad amount, date or reference, a closed month, or allocations that do not fit; then
    nothing is saved.
    """
    require(by, "finance.add_payment")
    used = sum((part for _invoice, part in allocations or ()), ZERO)
    if used > amount:
        raise BusinessError(
            _("%(used)s is allocated, but only %(amount)s came in.")
            % {"used": f"{used:,.2f}", "amount": f"{amount:,.2f}"},
            hint=_("Lower the allocations, or correct the amount."),
            field="amount",
            code="over_allocated",
        )
    payment = _create(
        kind=Payment.Kind.RECEIPT,
        customer=customer,
        amount=amount,
        method=method,
        received_on=received_on,
        reference=reference,
        note=note,
        by=by,
    )
    allocate_many(payment, list(allocations or ()), by=by)
    return payment


@transaction.atomic
def refund_credit(
    credit: Invoice,
    *,
    amount: Decimal,
    method: str,
    by: User | None,
    paid_on: dt.date | None = None,
    reference: str = "",
    note: str = "",
) -> Payment:
    """Pay what is left of a credit note, or part of it, back to the customer (CNY). Raises BusinessError."""
    require(by, "finance.add_payment")
    payment = _create(
        kind=Payment.Kind.REFUND,
        customer=credit.customer,
        amount=amount,
        method=method,
        received_on=paid_on,
        reference=reference,
        note=note,
        by=by,
    )
    allocate_many(payment, [(credit, amount)], by=by)
    return payment


def _create(
    *,
    kind: str,
    customer: Customer,
    amount: Decimal,
    method: str,
    received_on: dt.date | None,
    reference: str,
    note: str,
    by: User | None,
) -> Payment:
    date, reference = received_on or timezone.localdate(), reference.strip()
    _check(amount=amount, method=method, date=date, reference=reference)
    payment = Payment.objects.create(
        number=next_number("PY"),
        kind=kind,
        customer=customer,
        received_on=date,
        method=method,
        reference=reference,
        amount=amount,
        note=note,
        created_by=by,
    )
    record_creation(payment, by=by)
    advance(payment, "post", by=by)
    return payment


def _check(*, amount: Decimal, method: str, date: dt.date, reference: str) -> None:
    if amount <= 0 or amount != round_money(amount):
        raise BusinessError(
            _("%(amount)s is not an amount of money.") % {"amount": amount},
            hint=_("Enter more than zero, in yuan and fen."),
            field="amount",
        )
    if method not in Payment.Method.values:
        raise BusinessError(_("There is no method “%(method)s”.") % {"method": method}, field="method")
    if date > timezone.localdate():
        raise BusinessError(
            _("The date %(date)s lies in the future.") % {"date": date},
            hint=_("Record money on the day it arrives."),
            field="received_on",
        )
    refuse_closed(date, field="received_on")
    same = Payment.objects.filter(method=method, reference=reference).exclude(status=Payment.Status.REVERSED)
    if reference and (known := same.first()):
        raise BusinessError(
            _("The reference “%(reference)s” is recorded already, as %(payment)s.")
            % {"reference": reference, "payment": known.number},
            hint=_("Open that payment; if this is other money, correct the reference."),
            field="reference",
            code="duplicate_reference",
        )


def book_payment(document: Payment, *, change: StatusChange, by: User | None) -> None:
    """Write money that came in to the ledger, as a prepayment until it is allocated (follower of “post”)."""
    text = gettext_noop("Refund %(payment)s") if document.is_refund else gettext_noop("Payment %(payment)s")
    _book(document, sign=1, key=f"payment:{document.pk}", date=document.received_on, text=text, by=by)


def book_reversal(document: Payment, *, change: StatusChange, by: User | None) -> None:
    """Take a payment out of the ledger by its opposite (follower of “reverse”)."""
    text = gettext_noop("Reversal of %(payment)s")
    date = timezone.localdate(change.at)
    _book(document, sign=-1, key=f"payment:{document.pk}:reversed", date=date, text=text, by=by)


def _book(payment: Payment, *, sign: int, key: str, date: dt.date, text: str, by: User | None) -> None:
    amount = payment.amount * sign * (-1 if payment.is_refund else 1)
    post_entry(
        key=key,
        date=date,
        text=voucher_text(text, payment=payment.number),
        document=payment,
        lines=[
            (MONEY_ACCOUNT[payment.method], amount, None),
            (basics.PREPAYMENT, -amount, payment.customer),
        ],
        by=by,
    )
