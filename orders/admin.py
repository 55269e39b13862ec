"""Configuration of orders in the admin, and reading what the services write."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from erp.taxnumber import clean_tax_number, validate_tax_number
from orders.channels import adapter_choices
from orders.models import (
    CHECK_LABELS,
    Address,
    ApprovalLevel,
    ApprovalPolicy,
    ApprovalStep,
    Channel,
    ChannelCheck,
    ChannelProduct,
    Contact,
    Customer,
    CustomerUser,
    Deputy,
    DiscountFloor,
    ImportMapping,
    OrderCheck,
    OrderLine,
    PriceList,
    PriceRule,
    SalesOrder,
    Tag,
)
from orders.models.approval import role_label
from orders.services import create_customer, update_customer
from orders.substatus_admin import SubStatusAdmin  # noqa: F401  registers itself


class ReadOnly:
    """Nothing is added, changed or deleted here: services write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class ChannelForm(forms.ModelForm):
    """A channel; its secret goes in and never comes out."""

    adapter = forms.ChoiceField(label=_("shop system"), required=False, widget=UnfoldAdminSelectWidget)
    secret = forms.CharField(
        label=_("webhook secret"),
        required=False,
        strip=True,
        max_length=200,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False),
        help_text=_("As the shop shows it. It is not shown here again; leave it empty to keep the one that is stored."),
    )

    class Meta:
        model = Channel
        fields = "__all__"  # noqa: DJ007  the admin chooses

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "adapter" in self.fields:
            self.fields["adapter"].choices = [("", "—"), *adapter_choices()]  # type: ignore[attr-defined]

    def clean_secret(self) -> str:
        """Empty keeps what is stored."""
        return self.cleaned_data["secret"] or self.instance.secret

    def clean_code(self) -> str:
        """The code is part of the address that a shop delivers to."""
        code = self.cleaned_data["code"].strip()
        if "/" in code:
            raise forms.ValidationError(_("The code is part of an address and has no slash."))
        return code


class ChannelProductInline(TabularInline):
    """Which of our products the shop means."""

    model = ChannelProduct
    extra = 0
    autocomplete_fields = ["product"]


class ChannelCheckInline(TabularInline):
    """How checks are taken for this channel; what is not listed is taken as it comes."""

    model = ChannelCheck
    extra = 0


@admin.register(Channel)
class ChannelAdmin(ModelAdmin):
    """Where orders come from."""

    form = ChannelForm
    list_display = ["code", "name", "name_en", "adapter", "is_manual", "position"]
    list_editable = ["is_manual", "position"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["salesperson"]
    readonly_fields = ["webhook_address"]
    inlines = [ChannelCheckInline, ChannelProductInline]
    fieldsets = [
        (None, {"fields": ["code", "name", "name_en", "is_manual", "position"]}),
        (
            _("Web shop"),
            {
                "fields": [
                    "adapter",
                    "webhook_address",
                    "secret",
                    "salesperson",
                    "warehouse",
                    "promise_days",
                    "hold_unpaid",
                    "currency",
                    "rate",
                ]
            },
        ),
    ]

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[forms.ModelForm]:
        """The list edits two columns and knows nothing of secrets."""
        return super().get_changelist_form(request, form=forms.ModelForm, **kwargs)

    @admin.display(description=_("address for the shop"))
    def webhook_address(self, channel: Channel) -> str:
        """Where the shop delivers to."""
        return f"{settings.SITE_URL}{reverse('orders:webhook', args=[channel.code])}" if channel.pk else "—"


class PriceRuleInline(TabularInline):
    """The prices of a list."""

    model = PriceRule
    extra = 1
    autocomplete_fields = ["product"]


@admin.register(PriceList)
class PriceListAdmin(ModelAdmin):
    """Named sets of prices."""

    list_display = ["name", "is_active"]
    search_fields = ["name"]
    inlines = [PriceRuleInline]


@admin.register(Tag)
class TagAdmin(ModelAdmin):
    """Words to group customers by."""

    list_display = ["name", "colour"]
    search_fields = ["name"]


@admin.register(DiscountFloor)
class DiscountFloorAdmin(ModelAdmin):
    """How far below the list price each role may sell without approval."""

    list_display = ["role", "max_discount", "min_margin"]


@admin.register(ImportMapping)
class ImportMappingAdmin(ModelAdmin):
    """Which column of a file means what."""

    list_display = ["name", "channel"]
    search_fields = ["name"]


class ContactInline(TabularInline):
    """People at the customer."""

    model = Contact
    extra = 0


class AddressInline(TabularInline):
    """Where goods go."""

    model = Address
    extra = 0


class LoginInline(TabularInline):
    """Who may sign in on the portal for the customer."""

    model = CustomerUser
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):
    """Customers with their people, addresses and logins. Saved by the service, so that search words are kept."""

    list_display = ["code", "name", "level", "owner", "credit_limit", "receivable", "is_active"]
    list_filter = ["level", "is_active"]
    search_fields = ["code", "name", "pinyin", "initials"]
    autocomplete_fields = ["owner"]
    readonly_fields = ["receivable", "created_at"]
    inlines = [ContactInline, AddressInline, LoginInline]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The tax number is checked as on our own page."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "tax_number" and field is not None:
            field.validators.append(lambda text: validate_tax_number(clean_tax_number(text)))
        return field

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        """Through the service: it makes the pinyin, and the number when there is none."""
        fields = {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
        if change:
            update_customer(obj, by=request.user, **fields)
        else:
            made = create_customer(by=request.user, **{"name": obj.name, "code": obj.code, **fields})
            obj.pk = made.pk
            obj.refresh_from_db()


class OrderLineInline(ReadOnly, TabularInline):
    """Lines, to read."""

    model = OrderLine
    extra = 0
    fields = ["position", "product", "quantity", "unit_price", "discount", "tax_rate", "total", "reserved", "shipped"]


class OrderCheckInline(ReadOnly, TabularInline):
    """Findings, to read."""

    model = OrderCheck
    extra = 0
    fields = ["code", "severity", "finding", "at"]


class ApprovalStepInline(ReadOnly, TabularInline):
    """Decisions, to read."""

    model = ApprovalStep
    fk_name = "order"
    extra = 0
    fields = ["round", "level", "policy_name", "decision", "decided_by", "on_behalf_of", "reason", "at", "seen"]


class RoleChoice:
    """Roles by the names that people know."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A role by its label."""
        return _role_labels(super().formfield_for_foreignkey(db_field, request, **kwargs))  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Roles by their labels."""
        return _role_labels(super().formfield_for_manytomany(db_field, request, **kwargs))  # type: ignore[misc]


def _role_labels(field: Any) -> Any:
    if field is not None and field.queryset.model is Group:
        field.label_from_instance = role_label
    return field


class ApprovalPolicyForm(forms.ModelForm):
    """A policy; its checks are ticked by name."""

    check_codes = forms.MultipleChoiceField(
        label=_("checks with findings"),
        required=False,
        choices=list(CHECK_LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Any of these found something."),
    )

    class Meta:
        model = ApprovalPolicy
        fields = "__all__"  # noqa: DJ007  the admin chooses


class ApprovalLevelInline(RoleChoice, StackedInline):
    """Who decides, level after level."""

    model = ApprovalLevel
    extra = 0
    min_num = 1
    validate_min = True
    autocomplete_fields = ["people"]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """A policy without a level would ask nobody."""
        return super().get_formset(request, obj, validate_min=True, **kwargs)


@admin.register(ApprovalPolicy)
class ApprovalPolicyAdmin(RoleChoice, ModelAdmin):
    """When an order needs whose agreement."""

    form = ApprovalPolicyForm
    list_display = ["name", "is_active", "position", "min_amount", "discount_above", "margin_below", "four_eyes"]
    list_editable = ["is_active", "position"]
    search_fields = ["name"]
    autocomplete_fields = ["escalate_person"]
    filter_horizontal = ["categories", "channels"]
    inlines = [ApprovalLevelInline]
    fieldsets = [
        (None, {"fields": ["name", "is_active", "position", "four_eyes"]}),
        (
            _("Conditions: every one that is filled in must hold"),
            {
                "fields": [
                    "min_amount",
                    "discount_above",
                    "margin_below",
                    "credit_exceeded",
                    "customer_days",
                    "check_codes",
                    "categories",
                    "channels",
                ]
            },
        ),
        (
            _("When nobody decides"),
            {"fields": ["remind_after", "escalate_after", "escalate_role", "escalate_person"]},
        ),
    ]

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[forms.ModelForm]:
        """The list edits two columns only."""
        return super().get_changelist_form(request, form=forms.ModelForm, **kwargs)


@admin.register(Deputy)
class DeputyAdmin(ModelAdmin):
    """Who decides for whom, from when to when."""

    list_display = ["person", "deputy", "starts", "ends"]
    autocomplete_fields = ["person", "deputy"]
    list_select_related = ["person", "deputy"]


@admin.register(SalesOrder)
class SalesOrderAdmin(ReadOnly, ModelAdmin):
    """Orders, to read; they are worked on in their own pages."""

    list_display = ["number", "status", "customer", "channel", "total", "payment_state", "promised_date"]
    list_filter = ["status", "payment_state", "channel"]
    search_fields = ["number", "external_number"]
    list_select_related = ["customer", "channel"]
    show_full_result_count = False
    inlines = [OrderLineInline, OrderCheckInline, ApprovalStepInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Only what the person may see anyway."""
        return SalesOrder.objects.visible_to(request.user)
