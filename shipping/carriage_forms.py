"""What people type about carriers: a visit, rules and rates, a trial, problems."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from erp.once import new_token
from inventory.models import Warehouse
from orders.addresses import is_known_place
from orders.models import SalesOrder
from shipping.choosing import Facts, Proposal
from shipping.models import Carrier, CarrierRule, CarrierService, FreightRate, Parcel, Shipment
from shipping.services import Leaving


def services_in_use() -> Any:
    """Services of active carriers, by carrier and speed."""
    rows = CarrierService.objects.filter(carrier__is_active=True).select_related("carrier")
    return rows.order_by("carrier__name", "transit_days", "id")


class PlacesField(forms.CharField):
    """Names of provinces and cities, separated by commas or spaces of any writing; each must exist."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=2000, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "、".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        for mark in "，、;；\n\t ":
            text = text.replace(mark, ",")
        names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
        if unknown := [name for name in names if not is_known_place(name)]:
            raise ValidationError(_("No province or city begins with “%(name)s”."), params={"name": "、".join(unknown)})
        return names


class RuleForm(forms.ModelForm):
    """One rule; empty conditions always hold."""

    places = PlacesField(label=_("Regions"), help_text=_("Provinces or cities, separated by commas. Empty: all."))
    priority_from = forms.TypedChoiceField(
        label=_("Priority at least"), required=False, coerce=int, empty_value=None, choices=[]
    )

    class Meta:
        model = CarrierRule
        fields = [
            "name",
            "service",
            "places",
            "weight_from",
            "weight_to",
            "value_from",
            "value_to",
            "priority_from",
            "days_left",
            "warehouse",
            "is_active",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services_in_use()  # type: ignore[attr-defined]
        self.fields["warehouse"].empty_label = _("Every warehouse")  # type: ignore[attr-defined]
        levels = SalesOrder._meta.get_field("priority").flatchoices
        self.fields["priority_from"].choices = [("", _("Every priority")), *levels]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """From must be below to."""
        data = super().clean() or self.cleaned_data
        for low, high in (("weight_from", "weight_to"), ("value_from", "value_to")):
            for name in (low, high):
                if data.get(name) is not None and data[name] < 0:
                    self.add_error(name, _("This cannot be negative."))
            if data.get(low) is not None and data.get(high) is not None and data[low] >= data[high]:
                self.add_error(high, _("This must be more than the lower limit."))
        return data


class RateForm(forms.ModelForm):
    """What a parcel costs with a service to some regions."""

    places = PlacesField(label=_("Regions"), help_text=_("Provinces or cities, separated by commas. Empty: elsewhere."))

    class Meta:
        model = FreightRate
        fields = ["service", "places", "first_weight", "first_price", "step_weight", "step_price"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services_in_use()  # type: ignore[attr-defined]
        for name in ("first_weight", "step_weight"):
            self.fields[name].min_value = Decimal("0.001")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Weights above nothing, prices not below; no second rate for the same place."""
        data = super().clean() or self.cleaned_data
        for name in ("first_weight", "step_weight"):
            if data.get(name) is not None and data[name] <= 0:
                self.add_error(name, _("This must be more than 0."))
        for name in ("first_price", "step_price"):
            if data.get(name) is not None and data[name] < 0:
                self.add_error(name, _("This cannot be negative."))
        if data.get("service") and "places" in data:
            others = FreightRate.objects.filter(service=data["service"]).exclude(pk=self.instance.pk)
            mine = set(data["places"])
            for other in others:
                if mine & set(other.places) or (not mine and not other.places):
                    self.add_error("places", _("Another rate of this service is for the same region."))
                    break
        return data


class TrialForm(forms.Form):
    """A shipment that is only thought of, to see which rule wins."""

    province = forms.CharField(label=_("Province"), max_length=40, required=False)
    city = forms.CharField(label=_("City"), max_length=40, required=False)
    weight = forms.DecimalField(label=_("Weight (kg)"), max_digits=10, decimal_places=3, min_value=0, required=False)
    value = forms.DecimalField(label=_("Goods value"), max_digits=14, decimal_places=2, min_value=0, required=False)
    priority = forms.IntegerField(label=_("Priority"), min_value=0, max_value=9, required=False)
    days_left = forms.IntegerField(label=_("Days until promised"), min_value=-999, max_value=999, required=False)
    warehouse = forms.ModelChoiceField(Warehouse.objects.all(), label=_("Warehouse"), required=False)

    def facts(self) -> Facts:
        """What was typed, as the rules look at it."""
        data = self.cleaned_data
        warehouse = data["warehouse"]
        return Facts(
            province=data["province"].strip(),
            city=data["city"].strip(),
            weights=(data["weight"],),
            value=data["value"] or Decimal(0),
            priority=data["priority"] if data["priority"] is not None else 0,
            days_left=data["days_left"] if data["days_left"] is not None else 99,
            warehouse_id=warehouse.pk if warehouse else None,
            warehouse=warehouse.name if warehouse else "",
        )


class PickupForm(forms.Form):
    """A carrier's visit: which of the packed shipments leave, with which numbers, and who takes them."""

    courier = forms.CharField(
        label=_("Courier"),
        max_length=60,
        help_text=_("Name of who takes the parcels; it stands for the signature, too."),
    )
    signature = forms.CharField(required=False, widget=forms.HiddenInput)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        carrier: Carrier,
        shipments: Sequence[Shipment],
        parcels: dict[int, list[Parcel]],
        proposals: dict[int, Proposal],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, initial={"key": new_token()}, **kwargs)
        self.carrier, self.shipments, self.parcels, self.proposals = carrier, shipments, parcels, proposals
        self.offered = list(services_in_use().filter(carrier=carrier))
        choices = [(str(service.pk), service.name) for service in self.offered]
        for shipment in shipments:
            self._add(shipment, choices)

    def _add(self, shipment: Shipment, choices: list[tuple[str, str]]) -> None:
        proposal, pk = self.proposals[shipment.pk], shipment.pk
        ours = proposal.service is not None and proposal.service.carrier_id == self.carrier.pk
        self.fields[f"ship_{pk}"] = forms.BooleanField(
            label=shipment.number, required=False, initial=ours and self.carrier.own_numbers
        )
        self.fields[f"service_{pk}"] = forms.ChoiceField(
            label=_("Carrier's service"),
            choices=choices,
            required=False,
            initial=str(proposal.service.pk) if ours and proposal.service else None,
        )
        self.fields[f"freight_{pk}"] = forms.DecimalField(
            label=_("Freight (CNY)"),
            max_digits=18,
            decimal_places=2,
            min_value=0,
            required=False,
        )
        self.fields[f"reason_{pk}"] = forms.CharField(
            label=_("Reason for another carrier"), max_length=200, required=False
        )
        for parcel in self.parcels[pk]:
            self.fields[f"tracking_{parcel.pk}"] = forms.CharField(
                label=_("Tracking number of parcel %(number)s") % {"number": parcel.position},
                max_length=80,
                required=False,
            )

    def rows(self) -> list[dict[str, Any]]:
        """Each shipment with its fields and what the rules say."""
        return [
            {
                "shipment": shipment,
                "proposal": self.proposals[shipment.pk],
                "ship": self[f"ship_{shipment.pk}"],
                "service": self[f"service_{shipment.pk}"],
                "freight": self[f"freight_{shipment.pk}"],
                "reason": self[f"reason_{shipment.pk}"],
                "tracking": [self[f"tracking_{parcel.pk}"] for parcel in self.parcels[shipment.pk]],
                "asks_reason": self._asks_reason(shipment),
            }
            for shipment in self.shipments
        ]

    def _asks_reason(self, shipment: Shipment) -> bool:
        proposal = self.proposals[shipment.pk]
        return proposal.rule is not None and len(self.offered) > 0

    def leaving(self) -> list[Leaving]:
        """The ticked shipments as the service takes them."""
        services = {str(service.pk): service for service in self.offered}
        data = self.cleaned_data
        return [
            Leaving(
                shipment.pk,
                services[data[f"service_{shipment.pk}"] or next(iter(services))],
                {parcel.pk: data[f"tracking_{parcel.pk}"] for parcel in self.parcels[shipment.pk]},
                data[f"freight_{shipment.pk}"],
                data[f"reason_{shipment.pk}"],
            )
            for shipment in self.shipments
            if data[f"ship_{shipment.pk}"] and services
        ]
