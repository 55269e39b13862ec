"""Matching money and credit with receivables (核销), and taking a match back.

Locks: sales orders by id, then the payment or credit note, then receivables by id, then the customer's balance.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.errors import BusinessError
from erp.models import Company, User
from erp.money import ZERO, round_money
from erp.transactions import verb
from erp.workflow import advance, lock
from finance import basics
from finance.ledger import post_entry, voucher_text
from finance.models import Allocation, Invoice, Payment
from finance.services.rights import require
from orders import services as orders
from orders.models import SalesOrder

Source = Payment | Invoice
Wanted = Sequence[tuple[Invoice, Decimal]]


def allocate(payment: Payment, *, invoice: Invoice, amount: Decimal, by: User | None) -> Allocation:
    """Use so much of a payment for a receivable (or of a refund for a credit note).

    Two people who want the same last yuan: the second gets a refusal that names what is left. Raises BusinessError.
    """
    return allocate_many(payment, [(invoice, amount)], by=by)[0]


def apply_credit(credit: Invoice, *, invoice: Invoice, amount: Decimal, by: User | None) -> Allocation:
    """Use so much of a credit note for a receivable of the same customer. Raises BusinessError."""
    return allocate_many(credit, [(invoice, amount)], by=by)[0]


@verb
def allocate_many(source: Source, wanted: Wanted, *, by: User | None) -> list[Allocation]:
    """Match a payment or credit note with several receivables, all or none: `[(receivable, amount), …]`.

    Settles what is matched in full, and tells orders and the customer's balance. Raises BusinessError.
    """
    require(by, "finance.post_payment")
    amounts: dict[int, Decimal] = defaultdict(Decimal)
    for invoice, amount in wanted:
        amounts[invoice.pk] += amount
    if not amounts:
        return []
    order_ids = {invoice.order_id for invoice, _amount in wanted}
    order_rows = {row.pk: row for row in _lock_orders(order_ids | _order_of(source))}
    lock(source)
    invoices = list(Invoice.objects.select_for_update().filter(pk__in=amounts).order_by("id"))
    for invoice in invoices:
        _check(source, invoice, amounts[invoice.pk])
    _check_enough(source, sum(amounts.values(), ZERO))
    rows = _write(source, invoices, amounts, by=by)
    _settle(source, invoices)
    _tell_orders(order_rows, invoices, amounts, by=by)
    if isinstance(source, Payment):
        _book(source, rows, by=by)
    orders.recheck_payer(source, change=None, by=by)
    return rows


def _order_of(source: Source) -> set[int]:
    return {source.order_id} if isinstance(source, Invoice) else set()


def _lock_orders(ids: set[int]) -> list[SalesOrder]:
    return list(SalesOrder.objects.select_for_update().filter(pk__in=ids).order_by("id"))


def _check(source: Source, invoice: Invoice, amount: Decimal) -> None:
    refund = isinstance(source, Payment) and source.is_refund
    if amount <= 0 or amount != round_money(amount):
        raise BusinessError(
            _("%(amount)s is not an amount that can be allocated to %(invoice)s.")
            % {"amount": amount, "invoice": invoice},
            hint=_("Enter more than zero, in yuan and fen."),
            field="amount",
        )
    if source.customer_id != invoice.customer_id:
        raise BusinessError(
            _("%(source)s and %(invoice)s belong to different customers.") % {"source": source, "invoice": invoice},
            hint=_("Choose a receivable of the same customer."),
            field="invoice",
        )
    if invoice.is_credit != refund:
        raise BusinessError(
            _("A refund pays out a credit note; a payment or credit note settles a receivable."), field="invoice"
        )
    if isinstance(source, Payment) and invoice.currency != Company.current().currency:
        raise BusinessError(
            _("%(invoice)s is in %(currency)s; payments are kept in the company's currency.")
            % {"invoice": invoice, "currency": invoice.currency},
            field="invoice",
        )
    if isinstance(source, Invoice) and (source.currency, source.rate) != (invoice.currency, invoice.rate):
        raise BusinessError(
            _("%(source)s and %(invoice)s are not in the same currency.") % {"source": source, "invoice": invoice},
            field="invoice",
        )
    if invoice.status not in (Invoice.Status.POSTED, Invoice.Status.SETTLED):
        raise BusinessError(
            _("%(invoice)s is “%(status)s”; only posted ones can be settled.")
            % {"invoice": invoice, "status": invoice.get_status_display()},
            hint=_("Post it first."),
            field="invoice",
        )
    if amount > invoice.outstanding:
        raise BusinessError(
            _("%(invoice)s has only %(left)s outstanding, %(wanted)s was to be allocated.")
            % {"invoice": invoice, "left": f"{invoice.outstanding:,.2f}", "wanted": f"{amount:,.2f}"},
            hint=_("Somebody may have allocated to it just now. Reload the page and allocate what is left."),
            field="amount",
            code="over_allocated",
        )


def _check_enough(source: Source, total: Decimal) -> None:
    if source.status != source.Status.POSTED:
        raise BusinessError(
            _("%(source)s is “%(status)s”; only a posted one with something left can be allocated.")
            % {"source": source, "status": source.get_status_display()},
            hint=_("Reload the page to see what happened to it."),
            code="wrong_state",
        )
    left = source.unallocated if isinstance(source, Payment) else source.outstanding
    if total > left:
        raise BusinessError(
            _("%(source)s has only %(left)s left, %(wanted)s was to be allocated.")
            % {"source": source, "left": f"{left:,.2f}", "wanted": f"{total:,.2f}"},
            hint=_("Somebody may have allocated from it just now. Reload the page and allocate what is left."),
            field="amount",
            code="over_allocated",
        )


def _write(
    source: Source, invoices: Sequence[Invoice], amounts: dict[int, Decimal], *, by: User | None
) -> list[Allocation]:
    """Ledger rows and the two balances beside them."""
    link = {"payment" if isinstance(source, Payment) else "credit": source}
    rows = Allocation.objects.bulk_create(
        Allocation(invoice=invoice, amount=amounts[invoice.pk], by=by, **link) for invoice in invoices
    )
    for invoice in invoices:
        invoice.allocated += amounts[invoice.pk]
    Invoice.objects.bulk_update(invoices, ["allocated"])
    source.allocated += sum(amounts.values(), ZERO)
    source.save(update_fields=["allocated"])
    return rows


def _settle(source: Source, invoices: Sequence[Invoice]) -> None:
    full = [invoice for invoice in invoices if invoice.outstanding == 0]
    if isinstance(source, Invoice) and source.outstanding == 0:
        full.append(source)
    for document in full:
        advance(document, "settle", by=None)


def _tell_orders(
    rows: dict[int, SalesOrder], invoices: Sequence[Invoice], amounts: dict[int, Decimal], *, by: User | None
) -> None:
    """What was matched with receivables counts as paid on their orders; a refunded credit note does not."""
    deltas: dict[int, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        if not invoice.is_credit:
            deltas[invoice.order_id] += amounts[invoice.pk]
    for pk in sorted(deltas):
        orders.record_payment(rows[pk], deltas[pk], by=by)


def _book(payment: Payment, rows: Sequence[Allocation], *, by: User | None) -> None:
    """Prepayment becomes settled receivable (a refund: the other way round)."""
    amount = sum((row.amount for row in rows), ZERO) * (-1 if payment.is_refund else 1)
    post_entry(
        key=f"allocation:{rows[0].pk}",
        date=timezone.localdate(),
        text=voucher_text(gettext_noop("Allocation of %(payment)s"), payment=payment.number),
        document=payment,
        lines=[
            (basics.PREPAYMENT, amount, payment.customer),
            (basics.RECEIVABLE, -amount, payment.customer),
        ],
        by=by,
    )
    orders.adjust_receivable(payment.customer_id, -amount)


@verb
def take_back(allocation: Allocation, *, by: User | None) -> Allocation:
    """Undo an allocation by its negative; the money or credit is free again and the receivable open.

    Raises BusinessError when it was taken back already, NotPermitted without the right.
    """
    require(by, "finance.post_payment")
    invoice = allocation.invoice
    source: Source | None = allocation.payment or allocation.credit
    assert source is not None
    order_rows = {row.pk: row for row in _lock_orders({invoice.order_id} | _order_of(source))}
    lock(source)
    lock(invoice)
    if allocation.amount < 0 or Allocation.objects.filter(takes_back=allocation).exists():
        raise BusinessError(
            _("This allocation of %(source)s to %(invoice)s was taken back already.")
            % {"source": source, "invoice": invoice},
            hint=_("Reload the page to see what is left."),
            code="taken_back",
        )
    row = Allocation.objects.create(
        payment=allocation.payment,
        credit=allocation.credit,
        invoice=invoice,
        amount=-allocation.amount,
        takes_back=allocation,
        by=by,
    )
    for document in (invoice, source):
        document.allocated -= allocation.amount
        document.save(update_fields=["allocated"])
        if isinstance(document, Invoice) and document.status == Invoice.Status.SETTLED:
            advance(document, "reopen", by=None)
    _tell_orders(order_rows, [invoice], {invoice.pk: row.amount}, by=by)
    if isinstance(source, Payment):
        _book(source, [row], by=by)
    orders.recheck_payer(source, change=None, by=by)
    return row
