"""Bills of materials and work centres are edited here; production orders can be read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget

from inventory.models import Product
from production.models import BillOfMaterials, BomLine, Operation, OperationRun, ProductionOrder, WorkCenter


class SkuField(forms.ModelChoiceField):
    """A product by its SKU, typed: a list of a hundred thousand products is no help."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Product.objects.all(),
            to_field_name="sku",
            widget=UnfoldAdminTextInputWidget(),
            error_messages={"invalid_choice": _("No product has this SKU.")},
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """Show the SKU of a product that is known by its id."""
        if isinstance(value, int):
            return Product.objects.filter(pk=value).values_list("sku", flat=True).first()
        return super().prepare_value(value)


class BomForm(forms.ModelForm):
    """Head of a bill of materials."""

    product = SkuField(label=_("SKU of the product"))

    class Meta:
        model = BillOfMaterials
        fields = ["product", "version", "is_active"]


class BomLineForm(forms.ModelForm):
    """One component."""

    component = SkuField(label=_("SKU of the component"))

    class Meta:
        model = BomLine
        fields = ["component", "quantity"]


class BomLines(BaseInlineFormSet):
    """A product cannot be a component of itself."""

    def clean(self) -> None:
        """Point at the line that names the product itself."""
        super().clean()
        for form in self.forms:
            component = form.cleaned_data.get("component") if hasattr(form, "cleaned_data") else None
            if component is not None and component.pk == self.instance.product_id:
                form.add_error("component", _("A product cannot be a component of itself."))


class PartOfBom:
    """Whoever may change the bill of materials may change its parts."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """With the right to see bills of materials."""
        return request.user.has_perm("production.view_billofmaterials")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """With the right to change bills of materials."""
        return request.user.has_perm("production.change_billofmaterials")

    has_change_permission = has_delete_permission = has_add_permission


class BomLineInline(PartOfBom, TabularInline):
    """Components."""

    model = BomLine
    form = BomLineForm
    formset = BomLines
    extra = 3


class OperationInline(PartOfBom, TabularInline):
    """Operations."""

    model = Operation
    extra = 1


@admin.register(BillOfMaterials)
class BillOfMaterialsAdmin(ModelAdmin):
    """What a product is made of; orders already planned keep what they were planned with."""

    form = BomForm
    inlines = [BomLineInline, OperationInline]
    list_display = ["product", "version", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["product"]
    search_fields = ["product__sku", "product__name"]


@admin.register(WorkCenter)
class WorkCenterAdmin(ModelAdmin):
    """Where work is done and what a minute of it costs."""

    list_display = ["code", "name", "minute_cost"]
    search_fields = ["code", "name"]


class ReadOnly:
    """Nothing is added, changed or deleted here: services write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    has_change_permission = has_delete_permission = has_add_permission


class RunInline(ReadOnly, TabularInline):
    """Reports from the floor."""

    model = OperationRun
    fields = ["at", "by", "good", "scrap", "minutes", "cost", "note"]
    extra = 0


@admin.register(ProductionOrder)
class ProductionOrderAdmin(ReadOnly, ModelAdmin):
    """Production orders, to look at."""

    list_display = ["number", "product", "quantity", "good", "status", "due"]
    list_filter = ["status"]
    list_select_related = ["product"]
    search_fields = ["number", "product__sku"]
    inlines = [RunInline]
    show_full_result_count = False
