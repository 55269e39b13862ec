"""Master data that administrators keep: products, units, places, suppliers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from import_export.admin import ImportExportModelAdmin
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from erp.errors import BusinessError
from inventory.admin import resources
from inventory.models import (
    AdjustmentReason,
    Barcode,
    Category,
    Place,
    Product,
    ProductUnit,
    Supplier,
    SupplierPrice,
    Unit,
    Warehouse,
)
from inventory.services import save_product


class TableAdmin(ModelAdmin, ImportExportModelAdmin):
    """A table that can be edited here and exchanged as a spreadsheet."""

    import_form_class = ImportForm
    export_form_class = ExportForm


class BarcodeInline(TabularInline):
    """Codes of the product."""

    model = Barcode
    extra = 0

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only the units of this product."""
        if db_field.name == "unit":
            pk = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
            kwargs["queryset"] = ProductUnit.objects.filter(product_id=pk).select_related("unit")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ProductUnitInline(TabularInline):
    """Other units of the product."""

    model = ProductUnit
    extra = 0


class SupplierPriceInline(TabularInline):
    """Who sells it, for how much."""

    model = SupplierPrice
    extra = 0
    autocomplete_fields = ("supplier",)


class ProductAdminForm(forms.ModelForm):
    """Tries the service's rules before saving, so that a refusal is shown at its field."""

    class Meta:
        model = Product
        exclude: list[str] = []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            self._try(data)
        return data

    def _try(self, data: dict[str, Any]) -> None:
        names = [name for name in self.fields if name in data]
        trial = Product.objects.get(pk=self.instance.pk) if self.instance.pk else None
        with transaction.atomic():
            try:
                save_product(by=None, product=trial, **{name: data[name] for name in names})
            except BusinessError as error:
                field = error.field if error.field in self.fields else None
                self.add_error(field, ValidationError(f"{error.message} {error.hint}".strip()))
            transaction.set_rollback(True)


@admin.register(Product)
class ProductAdmin(TableAdmin):
    """Products: saved by the service, which computes the pinyin. None is deleted: documents point to it."""

    form = ProductAdminForm
    resource_classes = [resources.ProductResource]
    list_display = ("sku", "name", "specification", "category", "unit", "supply", "list_price", "is_active")
    list_filter = ("supply", "kind", "is_active", "category")
    list_select_related = ("category", "unit")
    search_fields = ("sku", "name", "pinyin", "initials")
    autocomplete_fields = ("category",)
    readonly_fields = ("pinyin", "initials", "created_at")
    inlines = (BarcodeInline, ProductUnitInline, SupplierPriceInline)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        save_product(by=request.user, product=obj)  # type: ignore[arg-type]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Category)
class CategoryAdmin(TableAdmin):
    """Groups of products."""

    resource_classes = [resources.CategoryResource]
    list_display = ("name", "parent")
    list_select_related = ("parent",)
    search_fields = ("name",)


@admin.register(Unit)
class UnitAdmin(TableAdmin):
    """Units of measure."""

    resource_classes = [resources.UnitResource]
    list_display = ("name",)
    search_fields = ("name",)


@admin.register(ProductUnit)
class ProductUnitAdmin(TableAdmin):
    """How many stock units one 箱 is."""

    resource_classes = [resources.ProductUnitResource]
    list_display = ("product", "unit", "factor")
    list_select_related = ("product", "unit")
    search_fields = ("product__sku", "product__name", "unit__name")
    autocomplete_fields = ("product", "unit")


@admin.register(Barcode)
class BarcodeAdmin(TableAdmin):
    """What scanners read."""

    resource_classes = [resources.BarcodeResource]
    list_display = ("code", "product", "unit")
    list_select_related = ("product", "unit__unit")
    search_fields = ("code", "product__sku", "product__name")
    autocomplete_fields = ("product", "unit")


class PlaceInline(TabularInline):
    """The bins of a warehouse."""

    model = Place
    extra = 0
    show_change_link = True


@admin.register(Warehouse)
class WarehouseAdmin(TableAdmin):
    """Warehouses with their bins."""

    resource_classes = [resources.WarehouseResource]
    list_display = ("code", "name", "address", "is_active")
    search_fields = ("code", "name")
    inlines = (PlaceInline,)


@admin.register(Place)
class PlaceAdmin(TableAdmin):
    """Bins and virtual places."""

    resource_classes = [resources.PlaceResource]
    list_display = ("code", "kind", "warehouse", "pick_order")
    list_filter = ("kind", "warehouse")
    list_select_related = ("warehouse",)
    search_fields = ("code",)

    def has_delete_permission(self, request: HttpRequest, obj: Place | None = None) -> bool:
        """The virtual places hold the ledger together."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.kind in Place.HOUSE)


@admin.register(Supplier)
class SupplierAdmin(TableAdmin):
    """Suppliers."""

    resource_classes = [resources.SupplierResource]
    list_display = ("code", "name", "contact", "phone", "lead_days", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")


@admin.register(SupplierPrice)
class SupplierPriceAdmin(TableAdmin):
    """What suppliers ask."""

    resource_classes = [resources.SupplierPriceResource]
    list_display = ("supplier", "product", "price", "minimum")
    list_filter = ("supplier",)
    list_select_related = ("supplier", "product")
    search_fields = ("product__sku", "product__name", "supplier__name")
    autocomplete_fields = ("supplier", "product")


@admin.register(AdjustmentReason)
class AdjustmentReasonAdmin(ModelAdmin):
    """Reasons that people choose from when they set stock right or scrap it."""

    list_display = ("name", "kind", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name",)
