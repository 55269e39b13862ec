"""The API of products and stock. `erp.api` mounts `products_router` at /products and `stock_router` at /stock."""

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from erp.rest import Listing, Price, Quantity, caller, need, page
from inventory.models import Product
from inventory.selectors import stock_by_warehouse, stock_figures

products_router = Router(tags=["products"])
stock_router = Router(tags=["stock"])


class ProductOut(Schema):
    """A product. `list_price` is without tax, in the company's currency; `available` in `unit`, over all warehouses."""

    sku: str
    name: str
    unit: str
    list_price: Price
    supply: str
    available: Quantity


class FiguresOut(Schema):
    """Stock in the product's unit: there, promised, and there but promised to nobody."""

    on_hand: Quantity
    reserved: Quantity
    available: Quantity


class WarehouseFiguresOut(FiguresOut):
    """The same in one warehouse."""

    code: str
    name: str


class StockOut(FiguresOut):
    """Stock of one product, in total and by warehouse."""

    sku: str
    unit: str
    warehouses: list[WarehouseFiguresOut]


@products_router.get("", response=Listing[ProductOut], summary="Products by SKU")
def list_products(request: HttpRequest, search: str = "", cursor: str = "", limit: int = 40) -> dict[str, Any]:
    """Active products in the order of their SKUs; `search` finds SKU, barcode, name, pinyin and initials."""
    rows = Product.objects.visible_to(need(request, "inventory.view_product")).active().matching(search)
    found = page(rows.select_related("unit"), order="sku", cursor=cursor, limit=limit, show=lambda row: row)
    figures = stock_figures([row.pk for row in found["items"]])
    found["items"] = [_product(row, figures[row.pk].available) for row in found["items"]]
    return found


def _product(row: Product, available: Decimal) -> ProductOut:
    return ProductOut(
        sku=row.sku,
        name=row.name,
        unit=row.unit.name,
        list_price=row.list_price,
        supply=row.supply,
        available=available,
    )


@stock_router.get("/{path:sku}", response=StockOut, summary="Stock of one product")
def show_stock(request: HttpRequest, sku: str) -> StockOut:
    """On hand, reserved and available of a product, and the same in each warehouse that has some."""
    need(request, "inventory.view_stockitem")
    product = Product.objects.visible_to(caller(request)).select_related("unit").filter(sku=sku).first()
    if product is None:
        raise Http404(_("There is no product with this SKU."))
    total = stock_figures([product.pk])[product.pk]
    return StockOut(
        sku=product.sku,
        unit=product.unit.name,
        on_hand=total.on_hand,
        reserved=total.reserved,
        available=total.available,
        warehouses=[
            WarehouseFiguresOut(
                code=warehouse.code,
                name=warehouse.name,
                on_hand=figures.on_hand,
                reserved=figures.reserved,
                available=figures.available,
            )
            for warehouse, figures in stock_by_warehouse(product.pk)
        ],
    )
