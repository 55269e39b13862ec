"""What people type about an order, checked for shape; the business rules are the services'."""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp.errors import BusinessError
from erp.models import User
from inventory.models import Product, Warehouse
from inventory.selectors import search_products
from inventory.units import Pack, pack_of, scanned, unit_names, units_of
from orders.customer_forms import phone_validator
from orders.models import Address, Channel, Customer, SalesOrder
from orders.project_forms import ProjectChoice
from orders.search import search_customers
from orders.services import LineInput
from orders.services.entry import MAX_LINES

TAX_RATES = ("0.13", "0.09", "0.06", "0.03", "0.01", "0")
BLANK_LINES = 3
GUESSES = 5  # unresolved product texts for which similar products are looked up
SHIP_TO = ("recipient", "phone", "province", "city", "district", "street")
PER_CENT = Decimal(100)


def short(value: Decimal | None) -> str:
    """A decimal without needless zeros, as people type it; empty for None."""
    return "" if value is None else f"{value.normalize():f}"


def number_in(text: str) -> str:
    """A number without what people and spreadsheets put around it: `１，２３４．５` and `¥ 1,234.5` are `1234.5`."""
    return re.sub(r"[,\s¥￥$%]", "", unicodedata.normalize("NFKC", text))


class TypedDecimalField(forms.DecimalField):
    """A number as people paste it: full-width digits, thousands separators and ¥ are understood."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Decimal | None:
        """The number, or None when the field is empty."""
        if isinstance(value, str):
            value = number_in(value)
        return super().to_python(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """A numeric keyboard on phones."""
        return {**super().widget_attrs(widget), "inputmode": "decimal", "autocomplete": "off"}


class LineForm(forms.Form):
    """One row of the lines editor. An empty row is no line."""

    product = forms.CharField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(required=False, label=gettext_lazy("Product"))
    quantity = TypedDecimalField(required=False, label=gettext_lazy("Quantity"), max_digits=18)
    unit = forms.CharField(required=False, max_length=20, label=gettext_lazy("Unit"))
    price = TypedDecimalField(
        required=False, label=gettext_lazy("Unit price without tax"), min_value=0, max_digits=18, decimal_places=6
    )
    discount = TypedDecimalField(
        required=False,
        label=gettext_lazy("Discount (per cent)"),
        min_value=0,
        max_value=100,
        max_digits=9,
        decimal_places=4,
    )
    tax = forms.CharField(required=False, label=gettext_lazy("Tax"))
    wish = forms.CharField(required=False, max_length=300, label=gettext_lazy("Special wish"))

    found: Product | None = None
    pack = Pack()

    @property
    def is_blank(self) -> bool:
        """Nothing was typed that makes a line."""
        data = self.cleaned_data
        return not (data.get("product") or data.get("text", "").strip() or data.get("quantity") or data.get("wish"))

    def has_changed(self) -> bool:
        """Every row is checked; a blank one is left out later."""
        return True

    def clean_tax(self) -> Decimal | None:
        """A ratio between 0 and 1; empty takes the product's."""
        text = self.cleaned_data["tax"].strip()
        if not text:
            return None
        try:
            rate = Decimal(text)
        except ArithmeticError as error:
            raise ValidationError(_("That is not a tax rate.")) from error
        if not 0 <= rate < 1:
            raise ValidationError(_("That is not a tax rate."))
        return rate

    def as_line(self) -> LineInput:
        """The line for the service; a blank price takes the price list's."""
        data = self.cleaned_data
        assert self.found is not None
        return LineInput(
            product=self.found,
            quantity=data["quantity"],
            unit_price=data["price"],
            discount=None if data["discount"] is None else data["discount"] / PER_CENT,
            tax_rate=data["tax"],
            wish=data["wish"].strip(),
            unit=self.pack.name,
            factor=self.pack.factor,
        )


class BaseLines(BaseFormSet):
    """The rows together: products are looked up for all of them at once."""

    deletion_widget = forms.HiddenInput

    def clean(self) -> None:
        """Find every row's product by its id, or by what was typed: SKU, barcode, or the whole name."""
        rows = [form for form in self.forms if not self._left_out(form)]
        ids = {int(pk) for form in rows if (pk := form.cleaned_data.get("product", "")).isdigit()}
        texts = {form.cleaned_data.get("text", "").strip() for form in rows} - {""}
        products = Product.objects.active().select_related("unit")
        words = Q(sku__in=texts) | Q(name__in=texts) | Q(barcodes__code__in=texts)
        found = list(products.filter(Q(pk__in=ids) | words).distinct()) if ids or texts else []
        by_id = {product.pk: product for product in found}
        by_text = {product.name: product for product in found} | {product.sku.upper(): product for product in found}
        codes = scanned(texts)
        guesses = GUESSES
        for form in rows:
            data = form.cleaned_data
            text, pk = data.get("text", "").strip(), data.get("product", "")
            form.found = by_id.get(int(pk)) if pk.isdigit() else None
            if form.found is None:
                form.found = (
                    by_text.get(text) or by_text.get(text.upper()) or self._scanned(form, codes.get(text), by_id)
                )
            if form.found is None and text and guesses:
                guesses -= 1
                self._guess(form, text)
            self._check_row(form, text)
        factors = units_of({form.found.pk for form in rows if form.found})
        for form in rows:
            if form.found is not None and not form.has_error("unit"):
                self._count(form, factors[form.found.pk])

    def _scanned(self, form: LineForm, hit: tuple[int, str] | None, by_id: dict[int, Product]) -> Product | None:
        """The product whose barcode was typed; the code on a box says the unit too."""
        if hit is None:
            return None
        form.cleaned_data["unit"] = form.cleaned_data.get("unit", "").strip() or hit[1]
        return by_id.get(hit[0])

    def _count(self, form: LineForm, factors: dict[str, Decimal]) -> None:
        assert form.found is not None
        try:
            form.pack = pack_of(form.found, form.cleaned_data.get("unit", ""), factors)
        except BusinessError as refusal:
            form.add_error("unit", f"{refusal.message} {refusal.hint}")

    def _left_out(self, form: LineForm) -> bool:
        return not hasattr(form, "cleaned_data") or bool(form.cleaned_data.get("DELETE")) or form.is_blank

    def _guess(self, form: LineForm, text: str) -> None:
        """Take the only product that fits; otherwise name those that are near."""
        near = search_products(text, limit=4)
        if len(near) == 1:
            form.found = near[0]
        elif near:
            names = ", ".join(f"{product.sku} {product.name}" for product in near[:3])
            form.add_error("text", _("Several products fit “%(text)s”: %(names)s.") % {"text": text, "names": names})

    def _check_row(self, form: LineForm, text: str) -> None:
        if form.found is None and not form.has_error("text"):
            message = (
                _("No product has the SKU, barcode or name “%(text)s”.") % {"text": text}
                if text
                else _("Choose a product.")
            )
            form.add_error("text", message)
        if not form.has_error("quantity") and not form.cleaned_data.get("quantity"):
            form.add_error("quantity", _("How many?"))

    def lines(self) -> list[tuple[int, LineInput]]:
        """The filled rows with their place in the form, so that a refusal can point at the row."""
        rows = enumerate(self.forms)
        return [(place, form.as_line()) for place, form in rows if not self._left_out(form)]

    @property
    def wrong_rows(self) -> list[tuple[int, LineForm]]:
        """The rows that need mending, numbered as people count."""
        return [(place, form) for place, form in enumerate(self.forms, start=1) if form.errors]


Lines = formset_factory(
    LineForm,
    formset=BaseLines,
    extra=BLANK_LINES,
    can_delete=True,
    max_num=MAX_LINES,
    absolute_max=MAX_LINES + BLANK_LINES,
)


def unit_choices(lines: Any) -> Callable[[LineForm], list[str]]:
    """For a row of the lines editor the units of its product and what was typed. One query."""
    rows = {form.prefix: str(form["product"].value() or (form.found.pk if form.found else "")) for form in lines.forms}
    ids = {int(pk) for pk in rows.values() if pk.isdigit()}
    names = unit_names(ids) if ids else {}

    def of(form: LineForm) -> list[str]:
        pk, typed = rows.get(form.prefix, ""), str(form["unit"].value() or "")
        known = names.get(int(pk), []) if pk.isdigit() else []
        return known if not typed or typed in known else [*known, typed]

    return of


def tax_choices(*more: Decimal | None) -> list[tuple[str, str]]:
    """Tax rates to choose from: the lawful ones, the company's, and those that the lines have already."""
    rates = dict.fromkeys([*TAX_RATES, *(short(rate) for rate in more if rate is not None)])
    return [(rate, f"{short(Decimal(rate) * 100)}%") for rate in rates]


class OrderForm(ProjectChoice):
    """The head of an order. The customer is an id from the picker, or what was typed: a code or a name."""

    customer = forms.CharField(required=False, widget=forms.HiddenInput)
    customer_text = forms.CharField(required=False, label=gettext_lazy("Customer"))
    channel = forms.ModelChoiceField(
        Channel.objects.filter(is_manual=True), label=gettext_lazy("Channel"), empty_label=None
    )
    promised_date = forms.DateField(label=gettext_lazy("Promised date"), widget=forms.DateInput)
    priority = forms.TypedChoiceField(
        choices=SalesOrder.Priority.choices, coerce=int, label=gettext_lazy("Priority"), required=False, empty_value=0
    )
    external_number = forms.CharField(
        required=False,
        max_length=80,
        label=gettext_lazy("Customer's order number"),
        help_text=gettext_lazy("The same number of the same channel is taken only once."),
    )
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.filter(is_active=True), label=gettext_lazy("Warehouse"), required=False, empty_label=None
    )
    customer_note = forms.CharField(
        required=False, max_length=2000, label=gettext_lazy("Special wishes"), widget=forms.Textarea(attrs={"rows": 2})
    )
    address = forms.CharField(required=False, label=gettext_lazy("Ship to"))
    recipient = forms.CharField(required=False, max_length=60, label=gettext_lazy("Recipient"))
    phone = forms.CharField(required=False, max_length=40, label=gettext_lazy("Phone"), validators=[phone_validator])
    province = forms.CharField(required=False, max_length=40, label=gettext_lazy("Province"))
    city = forms.CharField(required=False, max_length=40, label=gettext_lazy("City"))
    district = forms.CharField(required=False, max_length=40, label=gettext_lazy("District"))
    street = forms.CharField(required=False, max_length=200, label=gettext_lazy("Street and number"))
    token = forms.CharField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    draft_version = forms.CharField(required=False, widget=forms.HiddenInput, initial="0")

    def __init__(self, *args: Any, user: User, order: SalesOrder | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.order = user, order
        if order is not None and not order.channel.is_manual:
            self.fields["channel"].queryset = Channel.objects.filter(Q(is_manual=True) | Q(pk=order.channel_id))

    def clean(self) -> dict[str, Any]:
        """Find the customer and the address; a typed address needs recipient, phone and street."""
        data = super().clean() or {}
        customer = self._find_customer(data)
        data["found_project"] = self.find_project()
        data["found_customer"] = customer
        if customer is not None:
            data["ship_to"] = self._ship_to(data, customer)
        return data

    def _find_customer(self, data: dict[str, Any]) -> Customer | None:
        visible = Customer.objects.visible_to(self.user)
        pk, text = data.get("customer", ""), data.get("customer_text", "").strip()
        if pk.isdigit() and (customer := visible.filter(pk=pk).first()):
            return customer
        if not text:
            self.add_error("customer_text", _("Choose the customer."))
            return None
        exact = list(visible.filter(Q(code__iexact=text) | Q(name=text) | Q(short_name=text))[:2])
        found = exact if len(exact) == 1 else search_customers(text, user=self.user, limit=4)
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(f"{one.code} {one.name}" for one in found[:3])
            self.add_error("customer_text", _("Several customers fit: %(names)s. Type the code.") % {"names": names})
        else:
            self.add_error(
                "customer_text",
                _("No customer has the code or name “%(text)s”. Choose one, or make a new one.") % {"text": text},
            )
        return None

    def _ship_to(self, data: dict[str, Any], customer: Customer) -> dict[str, str] | None:
        """The snapshot to keep: of a known address, of what was typed, or None for the customer's usual one."""
        choice = data.get("address", "")
        if choice.isdigit():
            address = Address.objects.filter(customer=customer, pk=choice).first()
            if address is not None:
                return {part: getattr(address, part) for part in SHIP_TO}
            return None  # an address of the customer that was chosen before
        typed = {part: data.get(part, "").strip() for part in SHIP_TO}
        if choice != "new" and not any(typed.values()):
            return None
        for part in ("recipient", "phone", "street"):
            if not typed[part] and not self.has_error(part):
                self.add_error(part, _("A delivery needs this."))
        return typed
