"""Reads of money that more than one page needs."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, ExpressionWrapper, F, Min, Q, QuerySet, Sum, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.money import ZERO, round_money
from erp.overdue import Overdue
from finance import basics
from finance.models import Account, Invoice, JournalEntry, JournalLine, Payment
from inventory.doclinks import DocLink, Ref, document_links
from inventory.models import StockMove
from orders.models import Customer

OUTSTANDING = ExpressionWrapper(
    (F("total") - F("allocated")) * F("rate"), output_field=DecimalField(max_digits=18, decimal_places=2)
)
# Days overdue: name, from, to (None: no end). "current" is not due yet.
AGES: tuple[tuple[str, int | None, int | None], ...] = (
    ("current", None, 0),
    ("30", 1, 30),
    ("60", 31, 60),
    ("90", 61, 90),
    ("older", 91, None),
)


def overdue_of(customer_ids: Collection[int]) -> dict[int, Overdue]:
    """What these customers owe past its day (see `erp.overdue`). One query."""
    today = timezone.localdate()
    rows = Invoice.objects.filter(
        customer__in=customer_ids, status=Invoice.Status.POSTED, kind=Invoice.Kind.INVOICE, due_date__lt=today
    )
    sums = rows.values("customer_id").annotate(open=Sum(OUTSTANDING), oldest=Min("due_date"))
    return {row["customer_id"]: Overdue(row["open"], (today - row["oldest"]).days) for row in sums if row["open"] > 0}


def age_condition(name: str, *, today: dt.date) -> Q:
    """Receivables of one age: `due_date` so many days before today."""
    first, last = next((first, last) for key, first, last in AGES if key == name)
    condition = Q()
    if first is not None:
        condition &= Q(due_date__lte=today - dt.timedelta(days=first))
    if last is not None:
        condition &= Q(due_date__gte=today - dt.timedelta(days=last))
    return condition


def age_labels() -> dict[str, str]:
    """The ages in words."""
    return {
        "current": _("Not due yet"),
        "30": _("1–30 days overdue"),
        "60": _("31–60 days overdue"),
        "90": _("61–90 days overdue"),
        "older": _("Over 90 days overdue"),
    }


def open_receivables(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Posted receivables that are not settled; credit notes left out."""
    return rows.filter(status=Invoice.Status.POSTED, kind=Invoice.Kind.INVOICE)


def ageing(rows: QuerySet[Invoice]) -> dict[str, Decimal]:
    """What is outstanding by age and in `total`, in CNY. One query over the open receivables."""
    today = timezone.localdate()
    zero = Value(ZERO, output_field=DecimalField())
    sums = {
        f"age_{name}": Sum(Case(When(age_condition(name, today=today), then=OUTSTANDING), default=zero))
        for name, _first, _last in AGES
    }
    found = open_receivables(rows).order_by().aggregate(**sums)
    ages = {name: found[f"age_{name}"] or ZERO for name, _first, _last in AGES}
    return {**ages, "total": sum(ages.values(), ZERO)}


def open_items(customer: Customer) -> list[Invoice]:
    """The customer's open receivables, the oldest due first. One query."""
    rows = open_receivables(Invoice.objects.filter(customer=customer)).select_related("order")
    return list(rows.order_by("due_date", "id"))


def open_credits(customer: Customer) -> list[Invoice]:
    """The customer's credit notes that are not used up. One query."""
    rows = Invoice.objects.filter(customer=customer, kind=Invoice.Kind.CREDIT, status=Invoice.Status.POSTED)
    return list(rows.select_related("order").order_by("id"))


def open_payments(customer: Customer) -> list[Payment]:
    """The customer's money that is not matched yet, the oldest first. One query."""
    rows = Payment.objects.filter(
        customer=customer, status=Payment.Status.POSTED, kind=Payment.Kind.RECEIPT, allocated__lt=F("amount")
    )
    return list(rows.order_by("received_on", "id"))


def oldest_first(invoices: list[Invoice], amount: Decimal) -> dict[int, Decimal]:
    """How an amount would settle receivables in their order: `{invoice id: amount}`."""
    parts: dict[int, Decimal] = {}
    for invoice in invoices:
        part = min(amount, invoice.outstanding)
        if part <= 0:
            continue
        parts[invoice.pk] = part
        amount -= part
    return parts


def links_of(entries: Iterable[JournalEntry], user: Any) -> dict[Ref, DocLink]:
    """Names and addresses of the documents that vouchers belong to. One query for each kind of document.

    Stock that moved without a document (opening stock, adjustments) has no page of its own.
    """
    refs = {(entry.document_type, entry.document_id) for entry in entries}
    return document_links([ref for ref in refs if ref[0] != StockMove._meta.label], user)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One voucher as the customer sees it: positive is owed to us."""

    date: dt.date
    text: str
    document: DocLink
    order: str
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(slots=True)
class Statement:
    """What a customer owed, what happened, and what is owed now (对账单), in CNY; prepayments are deducted."""

    customer: Customer
    first: dt.date
    last: dt.date
    opening: Decimal
    lines: list[StatementLine] = field(default_factory=list)
    debit: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        """Owed at the end of the period; negative: we owe the customer."""
        return self.opening + self.debit - self.credit


def statement(customer: Customer, *, first: dt.date, last: dt.date, user: Any) -> Statement:
    """A customer's account between two days, straight from the ledger. Six queries at most."""
    accounts = list(
        Account.objects.filter(code__in=[basics.RECEIVABLE, basics.PREPAYMENT]).values_list("pk", flat=True)
    )
    lines = JournalLine.objects.filter(customer=customer, account__in=accounts)
    opening = lines.filter(entry__date__lt=first).aggregate(sum=Sum("amount"))["sum"] or ZERO
    found = Statement(customer=customer, first=first, last=last, opening=opening)
    sums = (
        lines.filter(entry__date__range=(first, last))
        .values("entry_id")
        .annotate(sum=Sum("amount"))
        .exclude(sum=0)  # matching money with a receivable changes nothing that the customer owes
        .values_list("entry_id", "sum")
    )
    amounts = dict(sums)
    entries = list(JournalEntry.objects.filter(pk__in=amounts).order_by("date", "id"))
    links = links_of(entries, user)
    orders = _order_numbers(entries)
    balance = opening
    for entry in entries:
        amount = amounts[entry.pk]
        balance += amount
        found.debit += max(amount, ZERO)
        found.credit += max(-amount, ZERO)
        ref = (entry.document_type, entry.document_id)
        found.lines.append(
            StatementLine(
                date=entry.date,
                text=entry.text,
                document=links.get(ref) or DocLink(entry.number),
                order=orders.get(ref, ""),
                debit=max(amount, ZERO),
                credit=max(-amount, ZERO),
                balance=balance,
            )
        )
    return found


def _order_numbers(entries: list[JournalEntry]) -> dict[tuple[str, int], str]:
    label = Invoice._meta.label
    ids = [entry.document_id for entry in entries if entry.document_type == label]
    rows = Invoice.objects.filter(pk__in=ids).values_list("pk", "order__number")
    return {(label, pk): number for pk, number in rows}


def entries_of(document: Any) -> Iterator[JournalEntry]:
    """The vouchers of a document with the sum of their debits. One query."""
    yield from (
        JournalEntry.objects.filter(document_type=document._meta.label, document_id=document.pk)
        .annotate(debit=Sum("lines__amount", filter=Q(lines__amount__gt=0)))
        .order_by("id")
    )


def billed_of_orders(order_ids: Any) -> dict[str, Decimal]:
    """What is billed for orders less what is credited, and what of it is open, in CNY. One query."""
    sign = Case(When(kind=Invoice.Kind.CREDIT, then=Value(-1)), default=Value(1))
    rows = Invoice.objects.filter(order__in=order_ids, status__in=[Invoice.Status.POSTED, Invoice.Status.SETTLED])
    sums = rows.aggregate(
        billed=Sum(F("total") * F("rate") * sign, output_field=DecimalField(max_digits=30, decimal_places=8)),
        outstanding=Sum(OUTSTANDING * sign, output_field=DecimalField(max_digits=30, decimal_places=8)),
    )
    return {name: round_money(value or ZERO) for name, value in sums.items()}
