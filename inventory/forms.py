"""What people type about products, counts, purchase orders and receipts."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from inventory.models import Barcode, Lot, Place, Product, PurchaseOrder, Supplier, Warehouse
from inventory.services import PurchaseInput

OF_UNIT = re.compile(r"(\S.*?)\s*[=＝]\s*(\S+)")  # 6901234567892 = 箱


class ProductForm(forms.ModelForm):
    """A product's master data; further units and barcodes one a line."""

    units = forms.CharField(
        label=_("Further units"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "箱 = 12"}),
        help_text=_("One a line, with how many stock units one is: 箱 = 12."),
    )
    barcodes = forms.CharField(
        label=_("Barcodes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One a line; a scanner finds the product by any of them. The code on a box: 6901234567892 = 箱."),
    )

    class Meta:
        model = Product
        fields = [
            *("sku", "name", "name_en", "specification", "category", "unit", "kind", "supply"),
            *("list_price", "standard_cost", "tax_rate", "weight", "lead_days", "minimum", "reorder_point", "maximum"),
            "is_active",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # "0.05", not "0.050000".
        for name, value in self.initial.items():
            if isinstance(value, Decimal):
                self.initial[name] = f"{value.normalize():f}"
        for name in ("list_price", "standard_cost", "minimum", "reorder_point"):
            self.fields[name].initial = "0"
        if self.instance.pk:
            units = self.instance.units.order_by("factor", "id").select_related("unit")
            self.initial["units"] = "\n".join(str(row) for row in units)
            codes = self.instance.barcodes.order_by("id").values_list("code", "unit__unit__name")
            self.initial["barcodes"] = "\n".join(f"{code} = {unit}" if unit else code for code, unit in codes)

    def clean_units(self) -> dict[str, Decimal]:
        """Name of the unit → stock units in one."""
        found: dict[str, Decimal] = {}
        for line in filter(str.strip, self.cleaned_data["units"].splitlines()):
            name, _sign, number = (part.strip() for part in unicodedata.normalize("NFKC", line).partition("="))
            try:
                factor = Decimal(number.replace(",", ""))
            except InvalidOperation:
                factor = Decimal("NaN")
            if not name or not factor.is_finite():
                raise forms.ValidationError(_("“%(line)s”: write it like 箱 = 12."), params={"line": line.strip()})
            if name in found:
                raise forms.ValidationError(_("The unit %(unit)s is there twice."), params={"unit": name})
            found[name] = factor
        return found

    def clean_barcodes(self) -> list[str | tuple[str, str]]:
        """The codes, those of a further unit as pairs with its name."""
        lines = (line.strip() for line in self.cleaned_data["barcodes"].splitlines())
        return [(match[1], match[2]) if (match := OF_UNIT.fullmatch(line)) else line for line in lines if line]


class AdjustForm(forms.Form):
    """What was counted in one place. `expected` is the book quantity that the person saw."""

    counted = forms.DecimalField(label=_("Counted"), max_digits=18, decimal_places=4, min_value=Decimal(0))
    reason = forms.CharField(label=_("Reason"), max_length=200)
    unit_cost = forms.DecimalField(
        label=_("Unit cost (CNY)"),
        required=False,
        max_digits=18,
        decimal_places=6,
        min_value=Decimal(0),
        help_text=_("Only for goods found. Empty: the average cost."),
    )
    expected = forms.DecimalField(max_digits=18, decimal_places=4, widget=forms.HiddenInput)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)


class AdjustPlaceForm(forms.Form):
    """Where something was counted."""

    place = forms.ModelChoiceField(Place.objects.none(), label=_("Place"))
    lot = forms.ModelChoiceField(Lot.objects.none(), label=_("Lot"), required=False, empty_label=_("No lot"))

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Place.objects.filter(kind__in=Place.IN_WAREHOUSE, warehouse__is_active=True)
        self.fields["place"].queryset = places.order_by("warehouse__code", "pick_order", "code")  # type: ignore[attr-defined]
        self.fields["lot"].queryset = product.lots.order_by("number")  # type: ignore[attr-defined]


class PurchaseForm(forms.ModelForm):
    """The head of a purchase order."""

    class Meta:
        model = PurchaseOrder
        fields = ["supplier", "warehouse", "expected_on", "rate", "note"]
        widgets = {"expected_on": forms.DateInput, "note": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "expected_on": _("Empty: today and the supplier's lead time."),
            "rate": _("CNY for one unit of the supplier's currency. Empty: the last one known; 1 for yuan."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        warehouses = Warehouse.objects.filter(is_active=True)
        self.fields["warehouse"].queryset = warehouses  # type: ignore[attr-defined]
        self.fields["warehouse"].empty_label = None  # type: ignore[attr-defined]
        self.fields["rate"].min_value = 0  # type: ignore[attr-defined]
        self.initial["rate"] = f"{self.instance.rate.normalize():f}" if self.instance.pk and self.instance.rate else ""
        self.fields["supplier"].queryset = Supplier.objects.filter(is_active=True)  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["supplier"].disabled = self.fields["warehouse"].disabled = True


class PurchaseLineForm(forms.Form):
    """One line: the product by the picker, or by its SKU or barcode as typed where there are no scripts."""

    is_blank = True  # an untouched line is not even cleaned
    found: Product | None = None

    product = forms.IntegerField(required=False, widget=forms.HiddenInput)
    sku = forms.CharField(label=_("Product"), required=False)
    quantity = forms.DecimalField(
        label=_("Quantity"), required=False, max_digits=18, decimal_places=4, min_value=Decimal("0.0001")
    )
    unit_price = forms.DecimalField(
        label=_("Unit price without tax"), required=False, max_digits=18, decimal_places=6, min_value=Decimal(0)
    )

    def clean(self) -> dict[str, Any]:
        """An empty line is left out; a half one says what is missing."""
        data = super().clean() or {}
        data["sku"] = (data.get("sku") or "").strip()
        self.is_blank = not self.errors and not (data["sku"] or data.get("product") or data.get("quantity"))
        if not self.is_blank and not self.errors and data.get("quantity") is None:
            self.add_error("quantity", _("Enter a quantity."))
        return data

    def as_input(self) -> PurchaseInput:
        """The line as the service takes it."""
        assert self.found is not None
        return PurchaseInput(self.found, self.cleaned_data["quantity"], self.cleaned_data.get("unit_price"))


class BasePurchaseLines(forms.BaseFormSet):
    """The lines of a purchase order; blank ones do not count. Products are looked up together: three queries."""

    def clean(self) -> None:
        """Find the product of every line."""
        rows = [form for form in self.forms if not form.is_blank and form.is_valid()]
        active = Product.objects.active()
        by_id = active.in_bulk([form.cleaned_data["product"] for form in rows if form.cleaned_data.get("product")])
        typed = [form.cleaned_data["sku"] for form in rows if not form.cleaned_data.get("product")]
        by_code = {
            barcode.code: barcode.product
            for barcode in Barcode.objects.filter(code__in=typed, product__is_active=True).select_related("product")
        }
        upper = active.annotate(upper=Upper("sku")).filter(upper__in=[sku.upper() for sku in typed])
        by_sku = {product.sku.upper(): product for product in upper}
        for form in rows:
            sku, pk = form.cleaned_data["sku"], form.cleaned_data.get("product")
            form.found = by_id.get(pk) if pk else by_sku.get(sku.upper()) or by_code.get(sku)
            if form.found is None:
                form.add_error("sku", _("No product has this SKU or barcode. Choose one from the list."))

    def inputs(self) -> list[PurchaseInput]:
        """The lines that say something."""
        return [form.as_input() for form in self.forms if not form.is_blank]


PurchaseLines = forms.formset_factory(
    PurchaseLineForm, formset=BasePurchaseLines, extra=3, max_num=500, absolute_max=500
)
