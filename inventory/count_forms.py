"""What people type to plan a count and while they stand before the shelf."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inventory.buying_forms import quantity_field
from inventory.cycles import due_products
from inventory.models import Barcode, CountLine, Place, Product, StockCount, Warehouse
from inventory.services import Found


class PlanForm(forms.Form):
    """What is to be counted, and how."""

    WHOLE, BINS, DUE = "whole", "bins", "due"

    warehouse = forms.ModelChoiceField(
        Warehouse.objects.filter(is_active=True), label=_("Warehouse"), empty_label=None, to_field_name="code"
    )
    what = forms.ChoiceField(
        label=_("What"),
        choices=[
            (WHOLE, _("the whole warehouse")),
            (BINS, _("some bins")),
            (DUE, _("products that are due")),
        ],
        initial=WHOLE,
    )
    places = forms.CharField(
        label=_("Bins"),
        required=False,
        max_length=2000,
        help_text=_("Codes or how they begin, separated by spaces: A-01 is the whole rack."),
    )
    abc = forms.ChoiceField(
        label=_("ABC class"),
        required=False,
        choices=[("", _("all")), ("A", "A"), ("B", "B"), ("C", "C")],
        help_text=_("By the value that left within a year."),
    )
    days = forms.IntegerField(
        label=_("Not counted for (days)"),
        required=False,
        min_value=0,
        max_value=3650,
        help_text=_("Empty: 30 for A, 90 for B, 180 for C."),
    )
    blind = forms.BooleanField(label=_("Blind: whoever counts does not see the books"), required=False, initial=True)
    freeze = forms.BooleanField(
        label=_("Freeze the bins until the count is posted"),
        required=False,
        help_text=_("Otherwise movements during the count are reckoned with."),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        """Turn codes into bins, and ask which products are due."""
        data = super().clean() or {}
        warehouse, what = data.get("warehouse"), data.get("what")
        data["bins"], data["products"] = [], []
        if warehouse is None:
            return data
        if what == self.BINS:
            data["bins"] = self._bins(warehouse, data.get("places", ""))
        if what == self.DUE and "days" in data:
            classes = [data["abc"]] if data.get("abc") else []
            data["products"] = due_products(warehouse, classes=classes, days=data.get("days"))
            if not data["products"]:
                self.add_error(
                    "what", gettext("No product is due: everything was counted recently or is being counted.")
                )
        return data

    def _bins(self, warehouse: Warehouse, text: str) -> list[Place]:
        places = list(warehouse.places.filter(kind__in=Place.IN_WAREHOUSE))
        words = text.upper().replace(",", " ").replace("，", " ").split()
        found: dict[int, Place] = {}
        for word in words:
            starts = (word, f"{warehouse.code}-{word}".upper())
            hits = [place for place in places if place.code.upper().startswith(starts)]
            if not hits:
                self.add_error("places", gettext("No bin begins with %(word)s.") % {"word": word})
            found |= {place.pk: place for place in hits}
        if not words:
            self.add_error("places", gettext("Name at least one bin."))
        return [place for place in places if place.pk in found]


class BinForm(forms.Form):
    """What lies in one bin: a quantity for each line, and one product that is not listed."""

    key = forms.CharField(max_length=60, widget=forms.HiddenInput)
    product = forms.CharField(
        label=_("Something else in the bin"),
        required=False,
        max_length=60,
        help_text=_("Scan or type its SKU or barcode."),
    )
    lot = forms.CharField(label=_("Lot"), required=False, max_length=60)
    quantity = quantity_field(_("Quantity"))

    def __init__(self, *args: Any, document: StockCount, lines: list[CountLine], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"key": f"bin:{uuid.uuid4()}"})
        super().__init__(*args, **kwargs)
        self.document, self.lines = document, lines
        for line in lines:
            field = quantity_field(line.product.name)
            if line.counted is not None and not line.again:
                field.initial = f"{line.counted.normalize():f}"
            self.fields[f"q{line.pk}"] = field
            self.fields[f"why{line.pk}"] = forms.CharField(
                label=_("Reason"), required=False, max_length=200, initial=line.reason
            )

    def rows(self) -> Iterator[tuple[CountLine, forms.BoundField, forms.BoundField]]:
        """Each line with its fields."""
        for line in self.lines:
            yield line, self[f"q{line.pk}"], self[f"why{line.pk}"]

    def clean(self) -> dict[str, Any]:
        """Find the product that was scanned."""
        data = super().clean() or {}
        code, quantity = data.get("product", "").strip(), data.get("quantity")
        data["found"] = []
        if not code:
            if quantity:
                self.add_error("product", gettext("Scan or type which product it is."))
            return data
        product = _product(code)
        if product is None:
            self.add_error("product", gettext("No product has the code %(code)s.") % {"code": code})
        elif not quantity:
            self.add_error("quantity", gettext("How many of it are there?"))
        else:
            data["found"] = [Found(product, quantity, data.get("lot", ""))]
        return data

    def counted(self) -> dict[int, Decimal]:
        """What was typed anew, by line; a line whose figure stands already is not counted once more."""
        known = {line.pk: line for line in self.lines}
        typed = {pk: self.cleaned_data.get(f"q{pk}") for pk in known}
        return {
            pk: quantity
            for pk, quantity in typed.items()
            if quantity is not None and (known[pk].counted != quantity or known[pk].again)
        }

    def reasons(self) -> dict[int, str]:
        """Why lines differ, where somebody says so."""
        return {line.pk: self.cleaned_data.get(f"why{line.pk}", "") for line in self.lines}


def _product(code: str) -> Product | None:
    barcode = Barcode.objects.filter(code=code).select_related("product").first()
    return barcode.product if barcode else Product.objects.active().filter(sku__iexact=code).first()
