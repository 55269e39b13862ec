"""What people type about suppliers and their prices."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp.money import ZERO
from inventory.models import Product, Supplier, SupplierContact
from inventory.services.suppliers import ContactInput, PriceInput

MOST_CONTACTS = 20


class SupplierForm(forms.ModelForm):
    """A supplier's data."""

    class Meta:
        model = Supplier
        fields = [
            *("code", "name", "tax_number", "contact", "phone", "email", "address", "bank", "currency"),
            *("payment_days", "terms", "lead_days", "minimum_amount", "note", "is_active"),
        ]
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Pasted with spaces it is longer than the column; the service cleans it.
        self.fields["tax_number"] = forms.CharField(
            required=False,
            max_length=40,
            label=self.fields["tax_number"].label,
            help_text=_("18 characters, as on the business licence."),
        )
        if self.instance.pk:
            self.fields["code"].disabled = True

    def _post_clean(self) -> None:
        """The service writes, and refuses in its own words."""


class ContactForm(forms.ModelForm):
    """One more person at the supplier."""

    class Meta:
        model = SupplierContact
        fields = ["name", "duty", "phone", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = False

    def clean(self) -> dict[str, Any]:
        """A row with anything in it has a name."""
        data = super().clean() or {}
        if not data.get("name") and any(data.get(name) for name in ("duty", "phone", "email")):
            self.add_error("name", _("Enter a name."))
        return data

    def _post_clean(self) -> None:
        """The service writes."""


class BaseContacts(forms.BaseFormSet):
    """The further people; blank rows do not count."""

    def inputs(self) -> list[ContactInput]:
        """The rows that name somebody."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("name")]
        return [ContactInput(**{name: row.get(name) or "" for name in ContactForm.Meta.fields}) for row in rows]


Contacts = forms.formset_factory(
    ContactForm, formset=BaseContacts, extra=2, max_num=MOST_CONTACTS, absolute_max=MOST_CONTACTS
)


class PriceForm(forms.Form):
    """One price; the product is typed as its SKU."""

    product = forms.CharField(max_length=60, label=gettext_lazy("SKU"))
    supplier_sku = forms.CharField(required=False, max_length=60, label=gettext_lazy("Supplier's SKU"))
    price = forms.DecimalField(min_value=0, max_digits=18, decimal_places=6, label=gettext_lazy("Price without tax"))
    minimum = forms.DecimalField(
        required=False, min_value=0, max_digits=18, decimal_places=4, label=gettext_lazy("From quantity")
    )
    pack = forms.DecimalField(
        required=False, min_value=0, max_digits=18, decimal_places=4, label=gettext_lazy("Multiple of")
    )
    valid_from = forms.DateField(
        required=False, label=gettext_lazy("Valid from"), widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_to = forms.DateField(
        required=False, label=gettext_lazy("Valid to"), widget=forms.DateInput(attrs={"type": "date"})
    )
    lead_days = forms.IntegerField(required=False, min_value=0, max_value=3650, label=gettext_lazy("Lead time (days)"))
    is_preferred = forms.BooleanField(required=False, label=gettext_lazy("Preferred supplier of this product"))

    def clean_product(self) -> Product:
        """By SKU."""
        sku = self.cleaned_data["product"].strip()
        product = Product.objects.filter(sku__iexact=sku).first()
        if product is None:
            raise forms.ValidationError(_("There is no product %(sku)s.") % {"sku": sku})
        return product

    def as_input(self) -> PriceInput:
        """For the service."""
        data = self.cleaned_data
        return PriceInput(**{**data, "minimum": data["minimum"] or ZERO, "pack": data["pack"] or ZERO})
