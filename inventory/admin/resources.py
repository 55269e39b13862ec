"""Tables of master data as spreadsheets, in and out."""

from typing import Any

from import_export import fields, resources
from import_export.widgets import ForeignKeyWidget

from erp.errors import BusinessError
from inventory.models import Barcode, Category, Place, Product, ProductUnit, Supplier, SupplierPrice, Unit, Warehouse
from inventory.services import save_product


class NameWidget(ForeignKeyWidget):
    """A row of a table of names; made when it is missing, so that a new unit or category needs no second table."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """The row with this name, or None for an empty cell."""
        text = str(value or "").strip()
        return self.model.objects.get_or_create(name=text)[0] if text else None


class ProductUnitWidget(ForeignKeyWidget):
    """A further unit of the row's product, by its name; empty is the stock unit."""

    def get_queryset(self, value: Any, row: Any, *args: Any, **kwargs: Any) -> Any:
        """The units of the product that the row names."""
        return ProductUnit.objects.filter(product__sku=str(row.get("product") or "").strip())


class ProductResource(resources.ModelResource):
    """Products by SKU."""

    unit = fields.Field("unit", "unit", NameWidget(Unit, "name"))
    category = fields.Field("category", "category", NameWidget(Category, "name"))

    class Meta:
        model = Product
        import_id_fields = ["sku"]
        skip_unchanged = True
        fields = (
            *("sku", "name", "name_en", "specification", "category", "unit", "kind", "supply"),
            *("list_price", "standard_cost", "tax_rate", "weight", "lead_days", "minimum", "reorder_point", "maximum"),
            "is_active",
        )
        export_order = fields

    def do_instance_save(self, instance: Product, is_create: bool) -> None:
        """Save through the service, which checks the product and computes its pinyin."""
        try:
            save_product(by=None, product=instance)
        except BusinessError as error:
            raise ValueError(f"{error.message} {error.hint}".strip()) from error


class BarcodeResource(resources.ModelResource):
    """Barcodes by code."""

    product = fields.Field("product", "product", ForeignKeyWidget(Product, "sku"))
    unit = fields.Field("unit", "unit", ProductUnitWidget(ProductUnit, "unit__name"))

    class Meta:
        model = Barcode
        import_id_fields = ["code"]
        fields = ("code", "product", "unit")


class ProductUnitResource(resources.ModelResource):
    """Further units by product and name."""

    product = fields.Field("product", "product", ForeignKeyWidget(Product, "sku"))
    unit = fields.Field("unit", "unit", NameWidget(Unit, "name"))

    class Meta:
        model = ProductUnit
        import_id_fields = ["product", "unit"]
        clean_model_instances = True
        fields = ("product", "unit", "factor")


class CategoryResource(resources.ModelResource):
    """Categories by name."""

    parent = fields.Field("parent", "parent", NameWidget(Category, "name"))

    class Meta:
        model = Category
        import_id_fields = ["name"]
        fields = ("name", "parent")


class UnitResource(resources.ModelResource):
    """Units by name."""

    class Meta:
        model = Unit
        import_id_fields = ["name"]
        fields = ("name",)


class WarehouseResource(resources.ModelResource):
    """Warehouses by code."""

    class Meta:
        model = Warehouse
        import_id_fields = ["code"]
        fields = ("code", "name", "address", "is_active")


class PlaceResource(resources.ModelResource):
    """Places by code."""

    warehouse = fields.Field("warehouse", "warehouse", ForeignKeyWidget(Warehouse, "code"))

    class Meta:
        model = Place
        import_id_fields = ["code"]
        fields = ("code", "kind", "warehouse", "pick_order")


class SupplierResource(resources.ModelResource):
    """Suppliers by code."""

    class Meta:
        model = Supplier
        import_id_fields = ["code"]
        fields = (
            *("code", "name", "tax_number", "contact", "phone", "email", "address", "bank", "currency"),
            *("payment_days", "terms", "lead_days", "minimum_amount", "note", "is_active"),
        )


class SupplierPriceResource(resources.ModelResource):
    """Prices by supplier and product."""

    supplier = fields.Field("supplier", "supplier", ForeignKeyWidget(Supplier, "code"))
    product = fields.Field("product", "product", ForeignKeyWidget(Product, "sku"))

    class Meta:
        model = SupplierPrice
        import_id_fields = ["supplier", "product", "minimum", "valid_from"]
        fields = (
            *("supplier", "product", "supplier_sku", "price", "minimum", "pack"),
            *("valid_from", "valid_to", "lead_days", "is_preferred"),
        )
