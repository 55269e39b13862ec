"""Carriers are set up here; pick lists and shipments can be read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from shipping.carriers import adapter_choices
from shipping.carriers.base import callback_url
from shipping.models import (
    Carrier,
    CarrierRule,
    CarrierService,
    FreightRate,
    Parcel,
    PickLine,
    PickList,
    Shipment,
    TransitTime,
)


class CarrierForm(forms.ModelForm):
    """A carrier; its webhook secret can be set but never read."""

    new_secret = forms.CharField(
        label=_("New webhook secret"),
        required=False,
        min_length=16,
        max_length=32,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Signs what the carrier sends to /shipping/webhooks/<code>/. Empty keeps the present one."),
    )
    new_api_key = forms.CharField(
        label=_("New key for calls"),
        required=False,
        max_length=120,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("With it we ask the partner (快递100: 授权码). Empty keeps the present one."),
    )
    adapter = forms.ChoiceField(
        label=_("how it reports"), choices=adapter_choices, widget=UnfoldAdminSelectWidget, required=False
    )

    class Meta:
        model = Carrier
        fields = ["code", "name", "phone", "own_numbers", "is_active", "adapter", "account", "partner_code"]

    def clean_adapter(self) -> str:
        """Empty keeps the present way."""
        return self.cleaned_data["adapter"] or self.instance.adapter

    def clean(self) -> dict[str, Any]:
        """What a partner that follows parcels cannot do without."""
        data = super().clean() or self.cleaned_data
        if data.get("adapter") == "kuaidi100":
            if not data.get("partner_code"):
                self.add_error(
                    "partner_code", _("快递100 needs its code of the carrier: shunfeng, zhongtong, debangwuliu …")
                )
            if not (data.get("new_api_key") or self.instance.api_key):
                self.add_error("new_api_key", _("快递100 needs the key (授权码)."))
            if not (data.get("new_secret") or self.instance.secret):
                self.add_error("new_secret", _("Without a secret nothing that comes can be believed."))
        return data

    def save(self, commit: bool = True) -> Carrier:
        """Keep the secret unless a new one was typed."""
        if secret := self.cleaned_data.get("new_secret"):
            self.instance.secret = secret
        if key := self.cleaned_data.get("new_api_key"):
            self.instance.api_key = key
        return super().save(commit)


class CarrierServiceInline(TabularInline):
    """What the carrier offers."""

    model = CarrierService
    extra = 1


@admin.register(Carrier)
class CarrierAdmin(ModelAdmin):
    """Carriers and their services."""

    form = CarrierForm
    fields = [
        "code",
        "name",
        "phone",
        "own_numbers",
        "is_active",
        "adapter",
        "partner_code",
        "account",
        "new_api_key",
        "new_secret",
        "address",
    ]
    readonly_fields = ["address"]
    inlines = [CarrierServiceInline]
    list_display = ["code", "name", "phone", "adapter", "has_secret", "is_active"]
    search_fields = ["code", "name"]

    @admin.display(description=_("webhook"), boolean=True)
    def has_secret(self, carrier: Carrier) -> bool:
        """Whether the carrier can report by webhook."""
        return bool(carrier.secret)

    @admin.display(description=_("address for its messages"))
    def address(self, carrier: Carrier) -> str:
        """What the partner must be told; its end cannot be guessed."""
        return callback_url(carrier) if carrier.pk and carrier.adapter != "manual" else "—"


class ReadOnly:
    """Nothing is added, changed or deleted here: services write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(CarrierRule)
class CarrierRuleAdmin(ModelAdmin):
    """When which carrier is proposed."""

    list_display = ["position", "name", "service", "weight_from", "weight_to", "is_active"]
    list_display_links = ["name"]
    list_filter = ["is_active"]
    list_select_related = ["service__carrier"]


@admin.register(FreightRate)
class FreightRateAdmin(ModelAdmin):
    """What parcels cost."""

    list_display = ["service", "places", "first_weight", "first_price", "step_weight", "step_price"]
    list_filter = ["service"]
    list_select_related = ["service__carrier"]


@admin.register(TransitTime)
class TransitTimeAdmin(ReadOnly, ModelAdmin):
    """How long parcels took, computed each night."""

    list_display = ["service", "province", "shipments", "p50", "p90", "computed_at"]
    list_select_related = ["service__carrier"]


class PickLineInline(ReadOnly, TabularInline):
    """What was to be picked and what was."""

    model = PickLine
    fields = ["order_line", "item", "wanted", "picked"]
    extra = 0


@admin.register(PickList)
class PickListAdmin(ReadOnly, ModelAdmin):
    """Pick lists, to look at."""

    list_display = ["number", "order", "status", "created_at"]
    list_filter = ["status"]
    list_select_related = ["order"]
    search_fields = ["number", "order__number"]
    inlines = [PickLineInline]
    show_full_result_count = False


class ParcelInline(ReadOnly, TabularInline):
    """Parcels and their numbers."""

    model = Parcel
    fields = ["position", "carrier", "tracking_number", "weight", "state"]
    extra = 0


@admin.register(Shipment)
class ShipmentAdmin(ReadOnly, ModelAdmin):
    """Shipments, to look at."""

    list_display = ["number", "order", "service", "status", "handed_over_at", "delivered_at"]
    list_filter = ["status"]
    list_select_related = ["order", "service__carrier"]
    search_fields = ["number", "order__number", "parcels__tracking_number"]
    inlines = [ParcelInline]
    show_full_result_count = False
