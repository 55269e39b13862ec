"""What people type about goods that change their place."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inventory.buying_forms import quantity_field
from inventory.forms import BasePurchaseLines, PurchaseLineForm
from inventory.models import Place, Transfer, TransferLine, Warehouse
from inventory.services import Piece, pieces_of


class TransferForm(forms.Form):
    """The head of a transfer; both warehouses may be the same."""

    source = forms.ModelChoiceField(
        Warehouse.objects.filter(is_active=True), label=_("From warehouse"), empty_label=None, to_field_name="code"
    )
    target = forms.ModelChoiceField(
        Warehouse.objects.filter(is_active=True),
        label=_("To warehouse"),
        empty_label=None,
        to_field_name="code",
        help_text=_("The same one: goods go from bin to bin at once."),
    )
    expected_on = forms.DateField(label=_("Expected on"), required=False, widget=forms.DateInput)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=200,
        help_text=_("Needed when goods go into or out of quarantine or damaged stock."),
    )


class TransferLineForm(PurchaseLineForm):
    """One line: what, how much, and the bins by their codes."""

    source = forms.CharField(label=_("From bin"), required=False, max_length=40)
    place = forms.CharField(label=_("To bin"), required=False, max_length=40)


class BaseTransferLines(BasePurchaseLines):
    """The lines of a transfer; blank ones do not count."""

    def pieces(self, source: Warehouse, target: Warehouse) -> list[Piece]:
        """What is to be moved; without a bin it is taken from where free stock lies, in picking order.

        Two queries, and one for each line without a bin. Errors are added to the lines: look at `is_valid` afterwards.
        """
        rows = [form for form in self.forms if not form.is_blank and form.found is not None]
        typed = {form.cleaned_data[name].strip().upper() for form in rows for name in ("source", "place")}
        places = {place.code.upper(): place for place in Place.objects.filter(kind__in=Place.IN_WAREHOUSE)}
        names = {
            place.code.upper().removeprefix(f"{source.code}-".upper()): place
            for place in places.values()
            if place.warehouse_id == source.pk
        }
        known = {word: places.get(word) or names.get(word) for word in typed if word}
        found: list[Piece] = []
        for form in rows:
            data = form.cleaned_data
            start, end = (data[name].strip().upper() for name in ("source", "place"))
            for name, word in (("source", start), ("place", end)):
                if word and known[word] is None:
                    form.add_error(name, gettext("There is no bin %(code)s.") % {"code": word})
            if form.errors:
                continue
            place = known.get(end) if source.pk == target.pk else None
            if start:
                found.append(Piece(form.found, known[start], data["quantity"], place))
            else:
                found += pieces_of(form.found, source, data["quantity"], place=place)
        return found


TransferLines = forms.formset_factory(
    TransferLineForm, formset=BaseTransferLines, extra=3, max_num=200, absolute_max=200
)


class ArrivalForm(forms.Form):
    """What arrived of a transfer: filled in with all that is under way."""

    place = forms.ModelChoiceField(Place.objects.none(), label=_("Put into"), empty_label=None)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, document: Transfer, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"key": f"arrival:{uuid.uuid4()}"})
        super().__init__(*args, **kwargs)
        places = Place.objects.filter(kind__in=Place.IN_WAREHOUSE, warehouse=document.target_id)
        self.fields["place"].queryset = places.order_by("kind", "pick_order", "code")  # type: ignore[attr-defined]
        rows = document.lines.select_related("product__unit", "lot").order_by("id")
        self.lines = [line for line in rows if line.outstanding > 0]
        for line in self.lines:
            self.fields[f"q{line.pk}"] = quantity_field(line.product.name, most=line.outstanding, filled=True)

    def rows(self) -> Iterator[tuple[TransferLine, forms.BoundField]]:
        """Each line with its field."""
        for line in self.lines:
            yield line, self[f"q{line.pk}"]

    def quantities(self) -> dict[int, Decimal]:
        """What arrived, by line."""
        return {line.pk: self.cleaned_data.get(f"q{line.pk}") or Decimal(0) for line in self.lines}
