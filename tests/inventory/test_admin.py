"""The administration: master data through the service, ledgers to read only."""

from decimal import Decimal

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from inventory.models import (
    Category,
    GoodsReceipt,
    Place,
    Product,
    ProductCost,
    PurchaseOrder,
    Reservation,
    ReservationEntry,
    StockItem,
    StockMove,
    Supplier,
    SupplierPrice,
    SupplyRequest,
    Unit,
    Warehouse,
)
from tests.cast import make_product, put_in_stock

pytestmark = pytest.mark.django_db

LEDGERS = [
    *(StockMove, StockItem, ProductCost, Reservation, ReservationEntry),
    *(SupplyRequest, PurchaseOrder, GoodsReceipt),
]
MASTER = [Category, Unit, Warehouse, Place, Supplier, SupplierPrice, Product]


@pytest.fixture
def office(client, cast):
    client.force_login(cast.admin)
    return client


def at(model, page, *args):
    return reverse(f"admin:inventory_{model._meta.model_name}_{page}", args=args)


def inlines():
    """The management forms of a product's inline tables, empty."""
    return {
        f"{name}-{what}_FORMS": 0 for name in ("barcodes", "units", "supplier_prices") for what in ("TOTAL", "INITIAL")
    }


def product_form(product, **changes):
    return {
        "sku": product.sku,
        "name": product.name,
        "unit": product.unit_id,
        "kind": "goods",
        "supply": "buy",
        "list_price": "1",
        "standard_cost": "1",
        "lead_days": "1",
        "minimum": "0",
        "reorder_point": "0",
        "is_active": "on",
        **inlines(),
        **changes,
    }


@pytest.mark.parametrize("model", [*MASTER, *LEDGERS])
def test_every_table_opens(office, product, bin_place, placed, cast, model):
    put_in_stock(product, 3)
    assert office.get(at(model, "changelist")).status_code == 200
    if row := model.objects.first():
        assert office.get(at(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", LEDGERS)
def test_ledgers_are_read_only(office, rf, cast, model):
    assert office.get(at(model, "add")).status_code == 403
    page = admin.site._registry[model]
    request = rf.get("/")
    request.user = cast.admin
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)


def test_a_product_saved_here_has_its_pinyin(office, product):
    answer = office.post(at(Product, "change", product.pk), product_form(product, name="不锈钢合页"))
    assert answer.status_code == 302
    product.refresh_from_db()
    assert product.initials == "bxghy"


def test_a_product_that_cannot_be_is_refused_at_its_field(office, product):
    answer = office.post(at(Product, "change", product.pk), product_form(product, tax_rate="13"))
    assert answer.status_code == 200
    assert "0.13" in answer.content.decode()
    put_in_stock(product, 1)
    kilo = Unit.objects.get(name="千克")
    assert office.post(at(Product, "change", product.pk), product_form(product, unit=kilo.pk)).status_code == 200
    product.refresh_from_db()
    assert product.unit.name == "个"
    assert office.post(at(Product, "delete", product.pk), {"post": "yes"}).status_code == 403


def test_products_come_in_as_a_table(office, product):
    table = "sku,name,unit,category,list_price,supply\nN-1,新螺丝,盒,紧固件,2.5,buy\nN-2,,盒,,1,buy\n"
    upload = SimpleUploadedFile("products.csv", table.encode(), content_type="text/csv")
    answer = office.post(at(Product, "import"), {"import_file": upload, "format": "0"})
    assert answer.status_code == 200
    assert not Product.objects.filter(sku="N-1").exists()
    from inventory.admin.resources import ProductResource

    good = ProductResource().import_data(_dataset(table.rsplit("\n", 2)[0]), raise_errors=True)
    assert not good.has_errors()
    made = Product.objects.get(sku="N-1")
    assert (made.initials, made.unit.name, made.category.name, made.list_price) == (
        "xls",
        "盒",
        "紧固件",
        Decimal("2.5"),
    )
    bad = ProductResource().import_data(_dataset(table))
    assert bad.has_errors() or bad.has_validation_errors()
    assert not Product.objects.filter(sku="N-2").exists()


def _dataset(text):
    from tablib import Dataset

    return Dataset().load(text, format="csv")


def test_virtual_places_stay(office):
    place = Place.objects.get(code="SUPPLIER")
    assert office.post(at(Place, "delete", place.pk), {"post": "yes"}).status_code == 403


def test_others_have_no_business_here(client, cast):
    make_product()
    client.force_login(cast.warehouse)
    assert client.get(at(Product, "changelist")).status_code == 302
