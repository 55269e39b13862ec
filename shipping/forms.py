"""What people type in the warehouse and at the gate."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.once import new_token
from shipping.models import CarrierService, Parcel, PickLine, Shipment, Trouble
from shipping.services import ParcelInput

MOST_PARCELS = 30


def plain(value: Decimal) -> str:
    """A number as it stands in an input: no exponent, no needless zeros."""
    return f"{value.normalize():f}"


def _quantity(**kwargs: Any) -> forms.DecimalField:
    return forms.DecimalField(max_digits=18, decimal_places=4, required=False, **kwargs)


class PickForm(forms.Form):
    """How many of each line were on the shelf; starts with all of it. Services need no counting."""

    def __init__(self, *args: Any, lines: Sequence[PickLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            if line.item_id is not None:
                self.fields[f"picked_{line.pk}"] = _quantity(
                    label=line.order_line.product.name,
                    initial=plain(line.wanted),
                    min_value=Decimal(0),
                    max_value=line.wanted,
                )

    def rows(self) -> list[tuple[PickLine, Any]]:
        """Each line with its field; None for a service."""
        return [(line, self[f"picked_{line.pk}"] if line.item_id is not None else None) for line in self.lines]

    def quantities(self) -> dict[int, Decimal]:
        """What was typed, by pick line; an empty field is nothing."""
        return {
            line.pk: self.cleaned_data.get(f"picked_{line.pk}") or Decimal(0)
            for line in self.lines
            if line.item_id is not None
        }


class PackForm(forms.Form):
    """How much of each picked line is in which parcel; everything starts in the first."""

    def __init__(self, *args: Any, lines: Sequence[PickLine], parcels: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if line.picked]
        self.parcels = range(1, max(1, min(parcels, MOST_PARCELS)) + 1)
        for at in self.parcels:
            self.fields[f"weight_{at}"] = forms.DecimalField(
                label=_("Weight (kg)"),
                max_digits=10,
                decimal_places=3,
                min_value=0,
                required=False,
                initial=self._weight() if at == 1 else None,
            )
            for line in self.lines:
                first = plain(line.picked or Decimal(0)) if at == 1 else "0"
                self.fields[f"q_{at}_{line.pk}"] = _quantity(
                    label=line.order_line.product.name, initial=first, min_value=Decimal(0)
                )

    def _weight(self) -> str | None:
        """What all of it should weigh in kg; None when a product's weight is not known."""
        goods = [line for line in self.lines if line.item_id is not None]
        if not goods or any(line.order_line.product.weight is None for line in goods):
            return None
        weights = ((line.order_line.product.weight or Decimal(0)) * (line.picked or Decimal(0)) for line in goods)
        total = sum(weights, Decimal(0))
        return plain(total.quantize(Decimal("0.001")))

    def boxes(self) -> list[tuple[int, Any, list[tuple[PickLine, Any]]]]:
        """Each parcel: its number, the weight's field, and its lines with their fields."""
        return [
            (at, self[f"weight_{at}"], [(line, self[f"q_{at}_{line.pk}"]) for line in self.lines])
            for at in self.parcels
        ]

    def inputs(self) -> list[ParcelInput]:
        """The parcels as the service takes them."""
        data = self.cleaned_data
        return [
            ParcelInput(
                {line.pk: data.get(f"q_{at}_{line.pk}") or Decimal(0) for line in self.lines},
                data.get(f"weight_{at}") or None,
            )
            for at in self.parcels
        ]


class HandOverForm(forms.Form):
    """Which carrier takes the parcels, and the numbers on their labels."""

    service = forms.ModelChoiceField(
        CarrierService.objects.none(), label=_("Carrier and service"), empty_label=_("Choose a carrier")
    )
    freight = forms.DecimalField(
        label=_("Freight (CNY)"),
        max_digits=18,
        decimal_places=2,
        min_value=0,
        required=False,
        help_text=_("Empty: by the freight table."),
    )
    reason = forms.CharField(label=_("Reason for another carrier"), max_length=200, required=False)
    courier = forms.CharField(
        label=_("Courier"), max_length=60, required=False, help_text=_("Name or phone number of who took the parcels.")
    )

    def __init__(self, *args: Any, shipment: Shipment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = CarrierService.objects.filter(carrier__is_active=True).select_related("carrier")
        self.fields["service"].queryset = services.order_by("carrier__name", "transit_days")  # type: ignore[attr-defined]
        self.parcels = list(shipment.parcels.order_by("position"))
        for parcel in self.parcels:
            self.fields[f"tracking_{parcel.pk}"] = forms.CharField(
                label=_("Tracking number of parcel %(number)s") % {"number": parcel.position},
                max_length=80,
                required=False,
            )

    def numbers(self) -> list[Any]:
        """The fields of the tracking numbers."""
        return [self[f"tracking_{parcel.pk}"] for parcel in self.parcels]

    def tracking(self) -> dict[int, str]:
        """What was typed, by parcel."""
        return {parcel.pk: self.cleaned_data.get(f"tracking_{parcel.pk}") or "" for parcel in self.parcels}


class EventForm(forms.Form):
    """A report on a parcel, typed by a person: `parcel` empty means all that are not delivered."""

    parcel = forms.ModelChoiceField(
        Parcel.objects.none(), label=_("Parcel"), required=False, empty_label=_("All parcels")
    )
    state = forms.ChoiceField(label=_("State"), choices=[c for c in Parcel.State.choices if c[0] != "packed"])
    trouble = forms.ChoiceField(
        label=_("Problem"), choices=[("", "—"), *(c for c in Trouble.choices if c[0] != "silent")], required=False
    )
    text = forms.CharField(label=_("Report in words"), max_length=300)
    place = forms.CharField(label=_("Location"), max_length=100, required=False)
    at = forms.DateTimeField(
        label=_("At"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput,
    )
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, shipment: Shipment, **kwargs: Any) -> None:
        start = {"state": Parcel.State.IN_TRANSIT, "at": timezone.localtime().replace(tzinfo=None), "key": new_token()}
        super().__init__(*args, initial=start, **kwargs)
        self.fields["parcel"].queryset = shipment.parcels.order_by("position")  # type: ignore[attr-defined]


class TrackingNumberForm(forms.Form):
    """The right tracking number of a parcel."""

    parcel = forms.IntegerField(widget=forms.HiddenInput)
    number = forms.CharField(label=_("Tracking number"), max_length=80)
