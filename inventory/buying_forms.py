"""What people type about receipts, inspections, returns to suppliers, and other days of delivery."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.models import Place, PurchaseOrder, ReceiptLine, SupplierReturn
from inventory.services import Arrival, Finding, tolerated

ZERO = Decimal(0)


def quantity_field(label: str, *, most: Decimal | None = None, filled: bool = False) -> forms.DecimalField:
    """A quantity in stock units that may stay empty; `filled` writes `most` into it."""
    return forms.DecimalField(
        label=label,
        required=False,
        max_digits=18,
        decimal_places=4,
        min_value=ZERO,
        max_value=most,
        initial=f"{most.normalize():f}" if filled and most is not None else None,
    )


class HouseForm(forms.Form):
    """A form about places of one order's warehouse, sent once however often it is posted."""

    KINDS: tuple[str, ...] = Place.IN_WAREHOUSE

    place = forms.ModelChoiceField(Place.objects.none(), label=_("Put into"), empty_label=None)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, order: PurchaseOrder, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"key": f"form:{uuid.uuid4()}"})
        super().__init__(*args, **kwargs)
        self.order = order
        places = Place.objects.filter(kind__in=self.KINDS, warehouse=order.warehouse_id)
        self.fields["place"].queryset = places.order_by("kind", "pick_order", "code")  # type: ignore[attr-defined]

    def number(self, name: str) -> Decimal:
        """What was typed in a quantity's field; nothing is zero."""
        return self.cleaned_data.get(name) or ZERO


class ReceiveForm(HouseForm):
    """What arrived: one row for each line that is not complete, with what is bad or has to be inspected."""

    delivery_note = forms.CharField(label=_("Supplier's delivery note"), max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in self.order.lines.select_related("product__unit") if line.outstanding > 0]
        for line in self.lines:
            arrived = quantity_field(line.product.name, most=tolerated(line))
            arrived.initial = f"{line.outstanding.normalize():f}"
            self.fields[f"q{line.pk}"] = arrived
            self.fields[f"bad{line.pk}"] = quantity_field(_("Rejected goods"))
            self.fields[f"held{line.pk}"] = quantity_field(_("To be inspected"))
            self.fields[f"why{line.pk}"] = forms.CharField(label=_("Reason"), required=False, max_length=200)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Each line with its fields."""
        for line in self.lines:
            yield line, *(self[f"{name}{line.pk}"] for name in ("q", "bad", "held", "why"))

    def quantities(self) -> dict[int, Decimal | Arrival]:
        """What was typed, by purchase line."""
        return {
            line.pk: Arrival(
                self.number(f"q{line.pk}"),
                self.number(f"bad{line.pk}"),
                self.number(f"held{line.pk}"),
                self.cleaned_data.get(f"why{line.pk}", ""),
            )
            for line in self.lines
        }


class InspectForm(HouseForm):
    """What is decided on goods in quarantine: one row for each receipt line that waits."""

    KINDS = (Place.Kind.BIN,)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].label = _("Put accepted goods into")
        rows = ReceiptLine.objects.filter(receipt__order=self.order, receipt__status="posted")
        found = rows.select_related("receipt", "purchase_line__product__unit").order_by("id")
        self.lines = [row for row in found if row.uninspected > 0]
        for row in self.lines:
            self.fields[f"ok{row.pk}"] = quantity_field(_("Accepted"), most=row.uninspected, filled=True)
            self.fields[f"bad{row.pk}"] = quantity_field(_("Rejected goods"), most=row.uninspected)
            self.fields[f"why{row.pk}"] = forms.CharField(label=_("Reason"), required=False, max_length=200)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Each receipt line with its fields."""
        for row in self.lines:
            yield row, *(self[f"{name}{row.pk}"] for name in ("ok", "bad", "why"))

    def findings(self) -> dict[int, Finding]:
        """What was typed, by receipt line."""
        place = self.cleaned_data["place"]
        return {
            row.pk: Finding(
                self.number(f"ok{row.pk}"),
                self.number(f"bad{row.pk}"),
                self.cleaned_data.get(f"why{row.pk}", ""),
                place,
            )
            for row in self.lines
        }


class ReturnForm(HouseForm):
    """What goes back to the supplier, from one place."""

    wants = forms.ChoiceField(label=_("In exchange for"), choices=SupplierReturn.Wants)
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].label = _("Taken from")
        if self.order.status == PurchaseOrder.Status.CLOSED:
            self.fields["wants"].choices = SupplierReturn.Wants.choices[:1]  # type: ignore[attr-defined]
        rows = ReceiptLine.objects.filter(receipt__order=self.order, receipt__status="posted")
        found = rows.select_related("receipt", "purchase_line__product__unit").order_by("id")
        self.lines = [row for row in found if row.accepted > 0 or row.to_return > 0]
        quarantine = next((p for p in self.fields["place"].queryset if p.kind == Place.Kind.QUARANTINE), None)  # type: ignore[attr-defined]
        if quarantine is not None and any(row.to_return for row in self.lines):
            self.initial["place"] = quarantine.pk
        for row in self.lines:
            field = quantity_field(_("Goes back"), most=max(row.accepted, row.to_return))
            field.initial = f"{row.to_return.normalize():f}" if row.to_return else None
            self.fields[f"q{row.pk}"] = field

    def rows(self) -> Iterator[tuple[Any, Any]]:
        """Each receipt line with its field."""
        for row in self.lines:
            yield row, self[f"q{row.pk}"]

    def quantities(self) -> dict[int, Decimal]:
        """What was typed, by receipt line."""
        return {row.pk: self.number(f"q{row.pk}") for row in self.lines}


class RescheduleForm(forms.Form):
    """Another day of delivery, as the supplier says."""

    expected_on = forms.DateField(label=_("Expected on"), widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label=_("Reason"), max_length=200, required=False)
