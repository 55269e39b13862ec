"""What people type about production: a report from the floor, and an order made by hand."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from erp.once import new_token
from inventory.models import Product, Warehouse
from production.models import ProductionOrder
from production.selectors import planned_minutes


def plain(value: Decimal) -> str:
    """A number as it stands in an input: no exponent, no needless zeros."""
    return f"{value.normalize():f}"


class ReportForm(forms.Form):
    """One report from the floor; starts with what is still to be made and how long that should take."""

    good = forms.DecimalField(label=_("Good pieces"), max_digits=18, decimal_places=4, min_value=0, required=False)
    scrap = forms.DecimalField(label=_("Scrap"), max_digits=18, decimal_places=4, min_value=0, required=False)
    minutes = forms.DecimalField(
        label=_("Minutes worked"), max_digits=18, decimal_places=4, min_value=0, max_value=100000, required=False
    )
    note = forms.CharField(label=_("Remark"), max_length=200, required=False)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, order: ProductionOrder, **kwargs: Any) -> None:
        first = order.good == 0 and order.scrap == 0
        minutes = planned_minutes(order.operations, order.remaining, setup=first)
        start = {"good": plain(order.remaining), "scrap": "0", "minutes": plain(minutes), "key": uuid.uuid4().hex}
        super().__init__(*args, initial=start, **kwargs)

    def numbers(self) -> dict[str, Decimal]:
        """What was typed; an empty field is nothing."""
        return {name: self.cleaned_data.get(name) or Decimal(0) for name in ("good", "scrap", "minutes")}


class ProductionOrderForm(forms.Form):
    """A production order made by hand, for stock."""

    product = forms.ModelChoiceField(Product.objects.none(), required=False, widget=forms.HiddenInput)
    text = forms.CharField(label=_("Product"), help_text=_("SKU, barcode, name or pinyin initials"))
    quantity = forms.DecimalField(label=_("Quantity"), max_digits=18, decimal_places=4, min_value=Decimal("0.0001"))
    warehouse = forms.ModelChoiceField(Warehouse.objects.none(), label=_("Warehouse"), empty_label=None)
    due = forms.DateField(label=_("Wanted on"), required=False, widget=forms.DateInput)
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=[(0, _("Normal")), (5, _("High")), (9, _("Urgent"))], coerce=int, initial=0
    )
    wish = forms.CharField(label=_("Special wish"), max_length=300, required=False)
    token = forms.CharField(max_length=60, widget=forms.HiddenInput, initial=new_token)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.active()  # type: ignore[attr-defined]
        self.fields["warehouse"].queryset = Warehouse.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Without scripts the SKU or barcode is typed whole."""
        data = super().clean() or {}
        typed = (data.get("text") or "").strip()
        if typed and not data.get("product"):
            active = Product.objects.active()
            data["product"] = active.filter(sku__iexact=typed).first() or active.filter(barcodes__code=typed).first()
            if data["product"] is None:
                self.add_error("text", _now("No product has this SKU or barcode. Choose one from the list."))
        return data
