"""What customers fill in."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aftersales.models import ReturnRequest, ServiceCase
from portal.selectors import Returnable

STARS = [(5, "★★★★★"), (4, "★★★★"), (3, "★★★"), (2, "★★"), (1, "★")]


class LookupForm(forms.Form):
    """Order number and the end of the phone number."""

    number = forms.CharField(
        label=_("Order number"),
        max_length=30,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "placeholder": "SO-20261121-00042",
                "spellcheck": "false",
            }
        ),
    )
    digits = forms.CharField(
        label=_("Last four digits of the phone"),
        max_length=4,
        help_text=_("The phone number given for delivery."),
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "pattern": "[0-9]{4}", "placeholder": "0000"}
        ),
    )


class ReturnForm(forms.Form):
    """How many of which line come back, and why. One quantity field a line, named `line-<id>`."""

    reason = forms.ChoiceField(label=_("Reason"), choices=ReturnRequest.Reason.choices)
    text = forms.CharField(
        label=_("What happened?"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, rows: list[Returnable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            self.fields[self.name_of(row)] = forms.DecimalField(
                label=row.line.description,
                required=False,
                min_value=Decimal(0),
                max_value=row.left,
                max_digits=18,
                decimal_places=4,
                widget=forms.NumberInput(attrs={"step": "any", "placeholder": "0"}),
            )

    @staticmethod
    def name_of(row: Returnable) -> str:
        """The field's name of a line."""
        return f"line-{row.line.pk}"

    @property
    def quantities(self) -> dict[int, Decimal]:
        """The quantities entered, by line."""
        entered = ((row.line.pk, self.cleaned_data.get(self.name_of(row))) for row in self.rows)
        return {pk: quantity for pk, quantity in entered if quantity}


class CaseForm(forms.Form):
    """A complaint or a question."""

    kind = forms.ChoiceField(label=_("What is it about?"), choices=ServiceCase.Kind.choices)
    subject = forms.CharField(label=_("Subject"), max_length=120)
    text = forms.CharField(label=_("What happened?"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5}))


class FeedbackForm(forms.Form):
    """Stars and words."""

    stars = forms.TypedChoiceField(label=_("How did we do?"), coerce=int, choices=STARS, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("Anything you want to tell us?"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
