"""Forms of finance: what people type; the services judge it."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp.money import ZERO
from finance.models import Invoice, Payment
from orders.models import Customer

ALLOCATION = "allocate_"
PICKABLE = 30


class CustomerChoice(forms.ModelChoiceField):
    """A customer out of many: the list shows only a few, the picker finds the rest."""

    def limit_to(self, chosen: str) -> None:
        """Show the chosen customer and those who owe most."""
        every: QuerySet[Customer] = self.queryset  # type: ignore[assignment]
        rows = {customer.pk: customer for customer in every.order_by("-receivable")[:PICKABLE]}
        if chosen.isdigit() and int(chosen) not in rows:
            rows |= {customer.pk: customer for customer in every.filter(pk=chosen)}
        self.widget.choices = [("", ""), *((pk, self.label_from_instance(row)) for pk, row in rows.items())]

    def label_from_instance(self, obj: Customer) -> str:
        return f"{obj.code} {obj.name}"


class PaymentForm(forms.Form):
    """Money that came in."""

    customer = CustomerChoice(queryset=Customer.objects.none(), label=gettext_lazy("Customer"))
    amount = forms.DecimalField(max_digits=18, decimal_places=2, label=gettext_lazy("Amount"))
    method = forms.ChoiceField(choices=Payment.Method.choices, label=gettext_lazy("Method"))
    received_on = forms.DateField(label=gettext_lazy("Received on"), widget=forms.DateInput, initial=timezone.localdate)
    reference = forms.CharField(
        max_length=80,
        required=False,
        label=gettext_lazy("Bank reference"),
        help_text=gettext_lazy("As on the bank statement; the same one is never recorded twice."),
    )
    note = forms.CharField(max_length=200, required=False, label=gettext_lazy("Note"))

    def __init__(self, *args: Any, customers: QuerySet[Customer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["customer"]
        assert isinstance(choice, CustomerChoice)
        choice.queryset = customers
        value = self["customer"].value()
        choice.limit_to(str(getattr(value, "pk", value) or ""))


class RefundForm(forms.Form):
    """Money that goes back to a customer."""

    amount = forms.DecimalField(max_digits=18, decimal_places=2, label=gettext_lazy("Amount"))
    method = forms.ChoiceField(choices=Payment.Method.choices, label=gettext_lazy("Method"))
    reference = forms.CharField(max_length=80, required=False, label=gettext_lazy("Bank reference"))


class Allocations:
    """What is typed beside open receivables: one amount each, in fields `allocate_<id>`; empty means none."""

    def __init__(self, invoices: list[Invoice], data: Any) -> None:
        self.invoices = invoices
        self.typed = {
            invoice.pk: str(data.get(f"{ALLOCATION}{invoice.pk}", "")).strip().replace(",", "") for invoice in invoices
        }
        self.errors: dict[int, str] = {}
        self.amounts: dict[int, Decimal] = {}

    def is_valid(self) -> bool:
        """Read the amounts; `errors` tells what is wrong with which."""
        for pk, text in self.typed.items():
            try:
                amount = Decimal(text or "0")
            except InvalidOperation:
                amount = Decimal("NaN")
            if not amount.is_finite() or amount < 0:
                self.errors[pk] = _("“%(text)s” is not an amount.") % {"text": text}
            elif amount:
                self.amounts[pk] = amount
        for invoice in self.invoices:
            if self.amounts.get(invoice.pk, ZERO) > invoice.outstanding:
                self.errors[invoice.pk] = _("Only %(left)s is outstanding.") % {"left": f"{invoice.outstanding:,.2f}"}
        return not self.errors

    @property
    def pairs(self) -> list[tuple[Invoice, Decimal]]:
        """(receivable, amount) of every amount typed."""
        return [(invoice, self.amounts[invoice.pk]) for invoice in self.invoices if invoice.pk in self.amounts]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """For the page: receivable, field name, what was typed, and what is wrong with it."""
        return [
            {
                "invoice": invoice,
                "name": f"{ALLOCATION}{invoice.pk}",
                "value": self.typed[invoice.pk],
                "error": self.errors.get(invoice.pk, ""),
            }
            for invoice in self.invoices
        ]

    def fill(self, amounts: dict[int, Decimal]) -> None:
        """Propose amounts."""
        self.typed = {invoice.pk: str(amounts.get(invoice.pk, "")) for invoice in self.invoices}


class PeriodForm(forms.Form):
    """From one day to another."""

    first = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput)
    last = forms.DateField(label=gettext_lazy("Until"), widget=forms.DateInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and first > last:
            self.add_error("last", _("The end lies before the beginning."))
        return data
