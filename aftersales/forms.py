"""Forms of after-sales: what people type; the services judge it."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersales.models import ReturnRequest, ServiceCase
from erp.money import ZERO


class Quantities:
    """A quantity typed beside each row: in fields `<prefix><row id>`; empty means none."""

    def __init__(self, rows: list[Any], limits: dict[int, Decimal], data: Any, *, prefix: str) -> None:
        self.rows, self.limits, self.prefix = rows, limits, prefix
        self.typed = {row.pk: str(data.get(f"{prefix}{row.pk}", "")).strip().replace(",", "") for row in rows}
        self.values: dict[int, Decimal] = {}
        self.errors: dict[int, str] = {}

    def is_valid(self) -> bool:
        """Read the quantities; `errors` tells what is wrong with which."""
        for pk, text in self.typed.items():
            try:
                value = Decimal(text or "0")
            except InvalidOperation:
                value = Decimal("NaN")
            if not value.is_finite() or value < 0 or value != round(value, 4):
                self.errors[pk] = _("“%(text)s” is not a quantity.") % {"text": text}
            elif value > self.limits.get(pk, ZERO):
                self.errors[pk] = _("At most %(most)s.") % {"most": f"{self.limits.get(pk, ZERO).normalize():f}"}
            elif value:
                self.values[pk] = value
        return not self.errors

    def refuse(self, field: str, message: str) -> bool:
        """Put a service's refusal beside the row that it names; False when it names none."""
        pk = field.removeprefix(self.prefix)
        if field.startswith(self.prefix) and pk.isdigit():
            self.errors[int(pk)] = message
            return True
        return False

    @property
    def table(self) -> list[dict[str, Any]]:
        """For the page: row, field name, what was typed, the most, and what is wrong with it."""
        return [
            {
                "row": row,
                "name": f"{self.prefix}{row.pk}",
                "value": self.typed[row.pk],
                "most": self.limits.get(row.pk, ZERO),
                "error": self.errors.get(row.pk, ""),
            }
            for row in self.rows
        ]


class ReturnForm(forms.Form):
    """Why goods are to come back."""

    reason = forms.ChoiceField(choices=ReturnRequest.Reason.choices, label=gettext_lazy("Reason"))
    text = forms.CharField(
        max_length=2000,
        required=False,
        label=gettext_lazy("What the customer says"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CaseForm(forms.Form):
    """What a customer complains of or asks."""

    kind = forms.ChoiceField(choices=ServiceCase.Kind.choices, label=gettext_lazy("Kind"))
    severity = forms.ChoiceField(
        choices=ServiceCase.Severity.choices, label=gettext_lazy("Severity"), initial=ServiceCase.Severity.NORMAL
    )
    subject = forms.CharField(max_length=120, label=gettext_lazy("Subject"))
    text = forms.CharField(
        max_length=4000, label=gettext_lazy("What happened"), widget=forms.Textarea(attrs={"rows": 5})
    )


class ActionForm(forms.Form):
    """What was done about a case."""

    text = forms.CharField(
        max_length=2000,
        label=gettext_lazy("What was done"),
        widget=forms.Textarea(
            attrs={"rows": 3, "placeholder": gettext_lazy("Called the customer, sent a replacement…")}
        ),
    )
