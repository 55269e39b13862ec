"""The stock list: what is there, what is promised, what comes, what is short."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from erp.documents.xlsx import xlsx_response
from erp.money import ZERO, round_unit_price
from erp.web import capped_count, changed_query, keyset_page, may, perm_required, render_page
from inventory.filters import StockFilter, short
from inventory.models import Product, ProductCost, SupplyRequest
from inventory.needs import below_reorder_point
from inventory.selectors import StockFigures, stock_figures

CHUNK = 500


@dataclass(frozen=True, slots=True)
class StockRow:
    """One line of the list."""

    product: Product
    figures: StockFigures
    lacking: Decimal

    @property
    def is_low(self) -> bool:
        """Below the reorder point, in the figures that are shown."""
        return self.product.is_stocked and self.figures.available < self.product.reorder_point

    @property
    def is_out(self) -> bool:
        """Nothing there at all."""
        return self.product.is_stocked and self.figures.on_hand == 0


def _rows(products: list[Product], warehouse_id: int | None) -> list[StockRow]:
    """The figures of some products. Three queries."""
    ids = [product.pk for product in products]
    figures = stock_figures(ids, warehouse_id)
    wanted = SupplyRequest.objects.filter(product_id__in=ids, status=SupplyRequest.Status.OPEN)
    if warehouse_id is not None:
        wanted = wanted.filter(warehouse_id=warehouse_id)
    lacking: dict[int, Decimal] = dict(
        wanted.values("product_id").annotate(open=Sum(F("quantity") - F("covered"))).values_list("product_id", "open")
    )
    return [StockRow(product, figures[product.pk], lacking.get(product.pk, ZERO)) for product in products]


@perm_required("inventory.view_product", "inventory.view_stockitem")
def stock_list(request: HttpRequest) -> HttpResponse:
    """Products with their stock, in the order of their SKUs; about ten queries."""
    products = Product.objects.visible_to(request.user).select_related("unit", "category")
    found = StockFilter(request.GET, queryset=products)
    page = keyset_page(found.qs, "sku", request.GET.get("cursor"))
    rows = _rows(page.items, found.chosen_warehouse.pk if found.chosen_warehouse else None)
    context: dict[str, Any] = {"page": page, "rows": rows, "filter": found, "state": request.GET.get("state", "")}
    if request.htmx:  # type: ignore[attr-defined]
        return render_page(request, "inventory/list.html", context, block="rows" if "cursor" in request.GET else "list")
    context["tabs"] = _tabs(request)
    context["may_add"] = may(request.user, "inventory.add_product")
    context["may_move"] = may(request.user, "inventory.view_transfer")
    context["may_see_adjustments"] = may(request.user, "inventory.view_adjustment")
    context["may_count"] = may(request.user, "inventory.view_stockcount")
    context["may_compare"] = may(request.user, "inventory.adjust_stock")
    context["may_buy"] = may(request.user, "inventory.view_purchaseorder")
    return render_page(request, "inventory/list.html", context)


def _tabs(request: HttpRequest) -> list[dict[str, Any]]:
    products = Product.objects.visible_to(request.user)  # type: ignore[arg-type]
    counts = {"short": capped_count(short(products)), "low": capped_count(below_reorder_point(products))}
    now = request.GET.get("state", "")
    entries = [("", _("All products")), *StockFilter.STATES]
    return [
        {
            "label": label,
            "href": changed_query(request, state=state),
            "count": counts.get(state),
            "current": state == now,
        }
        for state, label in entries
    ]


@perm_required("inventory.view_product", "inventory.view_stockitem")
def stock_xlsx(request: HttpRequest) -> FileResponse:
    """The list as it is filtered, as a spreadsheet; cost and value for those who may see purchases."""
    products = Product.objects.visible_to(request.user).select_related("unit", "category")  # type: ignore[arg-type]
    found = StockFilter(request.GET, queryset=products)
    with_cost = may(request.user, "inventory.view_purchaseorder")
    headers = [
        *(_("SKU"), _("Name"), _("Specification"), _("Category"), _("Unit")),
        *(_("On hand"), _("Reserved"), _("Available"), _("Incoming"), _("Lacking"), _("Reorder point")),
        _("List price without tax"),
    ]
    if with_cost:
        headers += [_("Average cost"), _("Stock value")]
    warehouse_id = found.chosen_warehouse.pk if found.chosen_warehouse else None
    rows = _sheet_rows(found.qs.order_by("sku"), warehouse_id, with_cost=with_cost)
    return xlsx_response(f"{_('Stock')}.xlsx", headers, rows, title=_("Stock"))


def _sheet_rows(products: Any, warehouse_id: int | None, *, with_cost: bool) -> Iterator[list[Any]]:
    last = ""
    while chunk := list(products.filter(sku__gt=last)[:CHUNK]):
        last = chunk[-1].sku
        costs = _costs([product.pk for product in chunk], warehouse_id) if with_cost else {}
        for row in _rows(chunk, warehouse_id):
            product, figures = row.product, row.figures
            line = [
                *(product.sku, product.name, product.specification, product.category or "", product.unit),
                *(figures.on_hand, figures.reserved, figures.available, figures.incoming, row.lacking),
                *(product.reorder_point, product.list_price),
            ]
            if with_cost:
                quantity, value = costs.get(product.pk, (ZERO, ZERO))
                line += [round_unit_price(value / quantity) if quantity else None, value]
            yield line


def _costs(ids: list[int], warehouse_id: int | None) -> dict[int, tuple[Decimal, Decimal]]:
    rows = ProductCost.objects.filter(product_id__in=ids)
    if warehouse_id is not None:
        rows = rows.filter(warehouse_id=warehouse_id)
    sums = rows.values("product_id").annotate(there=Sum("quantity"), worth=Sum("value"))
    return {row["product_id"]: (row["there"], row["worth"]) for row in sums}
