"""What people type about customers: their data, their people and addresses."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp.models import User
from erp.taxnumber import clean_tax_number, validate_tax_number
from orders.models import Address, Contact, Customer, PriceList

phone_validator = RegexValidator(
    re.compile(r"^\+?[\d][\d\s()\-]{4,24}$"),
    gettext_lazy("That is not a phone number. Examples: 13812345678, 0571-88886666."),
)


class CustomerForm(forms.ModelForm):
    """A customer's data. Credit terms only for people who approve orders."""

    CREDIT = ("credit_limit", "payment_days", "price_list", "auto_approval", "auto_approve_limit")

    class Meta:
        model = Customer
        fields = [
            "name",
            "short_name",
            "code",
            "tax_number",
            "level",
            "owner",
            "credit_limit",
            "payment_days",
            "price_list",
            "auto_approval",
            "auto_approve_limit",
            "email",
            "note",
            "is_active",
            "tags",
        ]
        widgets = {"note": forms.Textarea(attrs={"rows": 3}), "tags": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].required = False
        self.fields["code"].help_text = _("Empty: the next free number.")
        # Pasted with spaces it is longer than the column; cleaned below.
        self.fields["tax_number"] = forms.CharField(
            required=False,
            max_length=40,
            label=self.fields["tax_number"].label,
            help_text=_("18 characters, as on the business licence."),
        )
        people = User.objects.filter(is_portal=False, is_active=True, groups__name="sales").distinct()
        self.fields["owner"].queryset = people if user.has_perm("orders.view_all_orders") else people.filter(pk=user.pk)
        self.fields["owner"].empty_label = _("Nobody yet")
        self.fields["price_list"].queryset = PriceList.objects.filter(is_active=True)
        self.fields["price_list"].empty_label = _("List prices")
        self.fields["credit_limit"].help_text = _("Empty: no limit.")
        self.fields["credit_limit"].min_value = 0
        if user.has_perm("orders.add_tag"):
            self.fields["new_tags"] = forms.CharField(
                required=False, max_length=300, label=_("New tags"), help_text=_("Several with commas between them.")
            )
        if not may_set_credit(user):
            for name in self.CREDIT:
                del self.fields[name]
        if self.instance.pk:
            self.fields["code"].disabled = True

    def clean_name(self) -> str:
        """Without spaces around it."""
        return self.cleaned_data["name"].strip()

    def clean_tax_number(self) -> str:
        """By GB 32100-2015; empty is allowed for private persons."""
        text = clean_tax_number(self.cleaned_data["tax_number"] or "")
        if text:
            validate_tax_number(text)
        return text

    def clean_new_tags(self) -> list[str]:
        """The names, one by one."""
        return [name for name in re.split(r"[,，、;；]", self.cleaned_data["new_tags"]) if name.strip()]

    def clean_credit_limit(self) -> Decimal | None:
        """Not negative."""
        limit = self.cleaned_data["credit_limit"]
        if limit is not None and limit < 0:
            raise ValidationError(_("A credit limit cannot be negative."))
        return limit

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes, and refuses in its own words."""


def may_set_credit(user: User) -> bool:
    """Credit limit, payment term and price list belong to those who approve orders, not to those who sell."""
    return user.has_perm("orders.approve_salesorder")


class ContactForm(forms.ModelForm):
    """A person at the customer."""

    class Meta:
        model = Contact
        fields = ["name", "phone", "email", "is_default"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].validators.append(phone_validator)


class AddressForm(forms.ModelForm):
    """Where goods go."""

    class Meta:
        model = Address
        fields = ["recipient", "phone", "province", "city", "district", "street", "adcode", "is_default"]
        widgets = {"adcode": forms.HiddenInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].validators.append(phone_validator)


class FirstContactForm(forms.Form):
    """Contact and address of a new customer, in one go; both may be left empty."""

    contact_name = forms.CharField(required=False, max_length=60, label=gettext_lazy("Contact"))
    contact_phone = forms.CharField(
        required=False, max_length=40, label=gettext_lazy("Phone"), validators=[phone_validator]
    )
    province = forms.CharField(required=False, max_length=40, label=gettext_lazy("Province"))
    city = forms.CharField(required=False, max_length=40, label=gettext_lazy("City"))
    district = forms.CharField(required=False, max_length=40, label=gettext_lazy("District"))
    street = forms.CharField(required=False, max_length=200, label=gettext_lazy("Street and number"))
    adcode = forms.CharField(required=False, max_length=6, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """An address needs somebody to receive it."""
        data = super().clean() or {}
        if data.get("street") and not data.get("contact_name"):
            self.add_error("contact_name", _("Who receives the goods at this address?"))
        if data.get("contact_phone") and not data.get("contact_name"):
            self.add_error("contact_name", _("Whose number is it?"))
        return data

    def contact(self) -> dict[str, Any] | None:
        """For `create_customer`."""
        data = self.cleaned_data
        return {"name": data["contact_name"], "phone": data["contact_phone"]} if data["contact_name"] else None

    def address(self) -> dict[str, Any] | None:
        """For `create_customer`: the contact receives the goods."""
        data = self.cleaned_data
        if not data["street"]:
            return None
        place = {part: data[part] for part in ("province", "city", "district", "street", "adcode")}
        return {"recipient": data["contact_name"], "phone": data["contact_phone"], **place}
