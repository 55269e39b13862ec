"""Carriers are set up here; pick lists and shipments can be read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminPasswordWidget

from shipping.models import Carrier, CarrierService, Parcel, PickLine, PickList, Shipment


class CarrierForm(forms.ModelForm):
    """A carrier; its webhook secret can be set but never read."""

    new_secret = forms.CharField(
        label=_("New webhook secret"),
        required=False,
        min_length=16,
        max_length=120,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Signs what the carrier sends to /shipping/webhooks/<code>/. Empty keeps the present one."),
    )

    class Meta:
        model = Carrier
        fields = ["code", "name", "phone", "own_numbers", "is_active"]

    def save(self, commit: bool = True) -> Carrier:
        """Keep the secret unless a new one was typed."""
        if secret := self.cleaned_data.get("new_secret"):
            self.instance.secret = secret
        return super().save(commit)


class CarrierServiceInline(TabularInline):
    """What the carrier offers."""

    model = CarrierService
    extra = 1


@admin.register(Carrier)
class CarrierAdmin(ModelAdmin):
    """Carriers and their services."""

    form = CarrierForm
    fields = ["code", "name", "phone", "own_numbers", "is_active", "new_secret"]
    inlines = [CarrierServiceInline]
    list_display = ["code", "name", "phone", "has_secret", "is_active"]
    search_fields = ["code", "name"]

    @admin.display(description=_("webhook"), boolean=True)
    def has_secret(self, carrier: Carrier) -> bool:
        """Whether the carrier can report by webhook."""
        return bool(carrier.secret)


class ReadOnly:
    """Nothing is added, changed or deleted here: services write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    has_change_permission = has_delete_permission = has_add_permission


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
