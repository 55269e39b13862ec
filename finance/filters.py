"""What narrows the lists of finance; all of it stands in the URL."""

from typing import Any

import django_filters
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from finance.models import Account, Invoice, JournalEntry, Payment
from finance.selectors import AGES, age_condition, open_receivables
from orders.models import Customer, SalesOrder
from orders.search import matching_customers

CANDIDATES = 200


def _customer_ids(text: str, user: Any) -> list[int]:
    rows = matching_customers(Customer.objects.visible_to(user), text).order_by()
    return list(rows.values_list("pk", flat=True)[:CANDIDATES])


def in_tab(rows: QuerySet[Invoice], tab: str) -> QuerySet[Invoice]:
    """The receivables of one tab of the list."""
    today = timezone.localdate()
    invoices = rows.filter(kind=Invoice.Kind.INVOICE)
    return {
        "": lambda: open_receivables(rows),
        "overdue": lambda: open_receivables(rows).filter(due_date__lt=today),
        "draft": lambda: rows.filter(status=Invoice.Status.DRAFT),
        "settled": lambda: invoices.filter(status=Invoice.Status.SETTLED),
        "credit": lambda: rows.filter(kind=Invoice.Kind.CREDIT),
        "all": lambda: rows,
    }.get(tab, lambda: open_receivables(rows))()


class InvoiceFilter(django_filters.FilterSet):
    """Narrows the receivables."""

    q = django_filters.CharFilter(method="by_words", label=_("Search"))
    tab = django_filters.CharFilter(method="by_tab")
    age = django_filters.ChoiceFilter(choices=[(name, name) for name, _f, _l in AGES], method="by_age")
    customer = django_filters.CharFilter(field_name="customer__code", label=_("Customer"))
    due_from = django_filters.DateFilter(field_name="due_date", lookup_expr="gte", label=_("Due from"))
    due_to = django_filters.DateFilter(field_name="due_date", lookup_expr="lte", label=_("Due until"))

    class Meta:
        model = Invoice
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """Number, order number, or customer (name, code, pinyin initials, phone)."""
        text = value.strip()[:100]
        if not text:
            return rows
        orders = SalesOrder.objects.filter(Q(number__icontains=text)).values_list("pk", flat=True)[:CANDIDATES]
        return rows.filter(
            Q(number__icontains=text)
            | Q(order_id__in=list(orders))
            | Q(customer_id__in=_customer_ids(text, self.request_user))
        )

    def by_tab(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """The tab is applied by the view, which also counts the other tabs."""
        return rows

    def by_age(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """Open receivables that are so long overdue."""
        return open_receivables(rows).filter(age_condition(value, today=timezone.localdate()))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        self.request_user = user
        super().__init__(*args, **kwargs)


class PaymentFilter(django_filters.FilterSet):
    """Narrows the payments."""

    q = django_filters.CharFilter(method="by_words", label=_("Search"))
    tab = django_filters.ChoiceFilter(
        choices=[("open", "open"), ("refund", "refund"), ("reversed", "reversed")], method="by_tab"
    )
    method = django_filters.ChoiceFilter(
        choices=Payment.Method.choices, label=_("Method"), empty_label=_("All methods")
    )
    customer = django_filters.CharFilter(field_name="customer__code", label=_("Customer"))
    since = django_filters.DateFilter(field_name="received_on", lookup_expr="gte", label=_("Received from"))
    until = django_filters.DateFilter(field_name="received_on", lookup_expr="lte", label=_("Received until"))

    class Meta:
        model = Payment
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        self.request_user = user
        super().__init__(*args, **kwargs)

    def by_words(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        """Number, bank reference, or customer."""
        text = value.strip()[:100]
        if not text:
            return rows
        return rows.filter(
            Q(number__icontains=text)
            | Q(reference__icontains=text)
            | Q(customer_id__in=_customer_ids(text, self.request_user))
        )

    def by_tab(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        """Money to match, refunds, or what was reversed."""
        if value == "refund":
            return rows.filter(kind=Payment.Kind.REFUND)
        if value == "reversed":
            return rows.filter(status=Payment.Status.REVERSED)
        return rows.filter(status=Payment.Status.POSTED, kind=Payment.Kind.RECEIPT, allocated__lt=F("amount"))


class EntryFilter(django_filters.FilterSet):
    """Narrows the vouchers."""

    number = django_filters.CharFilter(field_name="number", lookup_expr="iexact", label=_("Number"))
    account = django_filters.ModelChoiceFilter(
        queryset=Account.objects.all(),
        to_field_name="code",
        method="by_account",
        label=_("Account"),
        empty_label=_("All accounts"),
    )
    since = django_filters.DateFilter(field_name="date", lookup_expr="gte", label=_("From"))
    until = django_filters.DateFilter(field_name="date", lookup_expr="lte", label=_("Until"))

    class Meta:
        model = JournalEntry
        fields: list[str] = []

    def by_account(self, rows: QuerySet[JournalEntry], name: str, value: Account) -> QuerySet[JournalEntry]:
        """Vouchers with a line on the account."""
        return rows.filter(pk__in=value.lines.values("entry_id"))
