"""Products: the card, the form, the count of one place, and the search behind the pickers."""

import uuid
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from erp.errors import BusinessError
from erp.models import Company
from erp.web import add_error, get_or_404, go, may, perm_required, render_page
from erp.web.formats import price, qty
from inventory import card
from inventory.forms import AdjustForm, AdjustPlaceForm, ProductForm
from inventory.models import Adjustment, AdjustmentReason, Product, StockItem, SupplierPrice
from inventory.selectors import search_products, stock_figures
from inventory.services import propose_adjustment, save_product
from inventory.units import units_of
from inventory.views.adjustments import reasons_of, tell_adjustment


@perm_required("inventory.view_product", "inventory.view_stockitem")
def product_card(request: HttpRequest, sku: str) -> HttpResponse:
    """Everything about one product: where it lies, who holds it, what comes, who waits, what moved."""
    product = get_or_404(Product.objects.visible_to(request.user).select_related("unit", "category"), sku=sku)
    buys = may(request.user, "inventory.view_purchaseorder")
    context = {
        "product": product,
        "figures": stock_figures([product.pk])[product.pk],
        "places": card.places_of(product),
        "holdings": card.holdings_of(product, request.user),
        "waiting": card.waiting_for(product, request.user),
        "incoming": card.incoming_of(product),
        "moves": card.last_moves(product, request.user),
        "barcodes": [
            f"{code} ({unit})" if unit else code
            for code, unit in product.barcodes.order_by("id").values_list("code", "unit__unit__name")
        ],
        "units": units_of([product.pk])[product.pk],
        "tax_rate": product.tax_rate if product.tax_rate is not None else Company.current().default_tax_rate,
        "cost": card.cost_of(product) if buys else None,
        "supplier_prices": list(product.supplier_prices.select_related("supplier").order_by("price")) if buys else [],
        "changes": card.changes_of(product, with_cost=buys),
        "may_change": may(request.user, "inventory.change_product"),
        "may_adjust": may(request.user, "inventory.adjust_stock") and product.is_stocked,
        "may_buy": may(request.user, "inventory.add_purchaseorder") and product.is_stocked,
        "sees_purchases": buys,
        "may_change_orders": may(request.user, "orders.change_salesorder"),
    }
    return render_page(request, "inventory/product.html", context)


@perm_required("inventory.add_product")
def product_new(request: HttpRequest) -> HttpResponse:
    """A form for a new product."""
    return _product_form(request, None)


@perm_required("inventory.view_product", "inventory.change_product")
def product_edit(request: HttpRequest, sku: str) -> HttpResponse:
    """A form to change a product."""
    return _product_form(request, get_or_404(Product.objects.visible_to(request.user), sku=sku))


def _product_form(request: HttpRequest, product: Product | None) -> HttpResponse:
    form = ProductForm(request.POST or None, instance=product)
    old_sku = product.sku if product else ""
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_product(by=request.user, product=product, **form.cleaned_data)  # type: ignore[arg-type]
        except BusinessError as error:
            add_error(form, error)
        else:
            messages.success(request, _("Product %(sku)s saved.") % {"sku": saved.sku})
            return go(request, saved)
    context = {"form": form, "product": product, "old_sku": old_sku}
    return render_page(request, "inventory/product_form.html", context, status=422 if form.errors else 200)


@perm_required("inventory.view_product", "inventory.adjust_stock")
def product_adjust(request: HttpRequest, sku: str) -> HttpResponse:
    """First where, then how much was counted there and why."""
    product = get_or_404(Product.objects.visible_to(request.user).select_related("unit"), sku=sku)
    where = AdjustPlaceForm(request.GET or None, product=product)
    item: StockItem | None = None
    form: AdjustForm | None = None
    if where.is_bound and where.is_valid():
        place, lot = where.cleaned_data["place"], where.cleaned_data["lot"]
        item = StockItem.objects.filter(product=product, place=place, lot=lot).first()
        item = item or StockItem(product=product, place=place, lot=lot)
        form = _adjust_form(request, item)
        if request.method == "POST" and form.is_valid() and _adjusted(request, form, item):
            return go(request, product)
    context = {
        "product": product,
        "where": where,
        "form": form,
        "item": item,
        "reasons": reasons_of(AdjustmentReason.Kind.ADJUST),
    }
    wrong = where.errors or (form is not None and form.errors)
    return render_page(request, "inventory/adjust.html", context, status=422 if wrong else 200)


def _adjust_form(request: HttpRequest, item: StockItem) -> AdjustForm:
    form = AdjustForm(request.POST or None, initial={"expected": item.on_hand, "key": f"adjust:{uuid.uuid4()}"})
    if not may(request.user, "inventory.view_purchaseorder"):
        del form.fields["unit_cost"]
    return form


def _adjusted(request: HttpRequest, form: AdjustForm, item: StockItem) -> bool:
    """Write the count; on a refusal tell the form."""
    data = form.cleaned_data
    try:
        done = propose_adjustment(
            item.product,
            item.place,
            lot=item.lot,
            counted=data["counted"],
            expected=data["expected"],
            reason=data["reason"],
            unit_cost=data.get("unit_cost"),
            key=data["key"],
            by=request.user,  # type: ignore[arg-type]
        )
    except BusinessError as error:
        # The figure that the person saw is out of date: show the one of now with the message.
        form.data = form.data.copy()
        form.data["expected"] = StockItem.objects.get(pk=item.pk).on_hand if item.pk else Decimal(0)
        add_error(form, error)
        return False
    if done is None:
        messages.info(request, _("The count agrees with the books; nothing was changed."))
    elif done.status == Adjustment.Status.WAITING:
        tell_adjustment(request, done)
    else:
        messages.success(
            request,
            _("Stock of %(sku)s at %(place)s is %(quantity)s now.")
            % {"sku": item.product.sku, "place": item.place.code, "quantity": qty(data["counted"], item.product.unit)},
        )
    return True


@require_safe
@perm_required("inventory.view_product")
def product_search(request: HttpRequest) -> JsonResponse:
    """Products for a picker. `?use=buy` answers with what the supplier asks instead of our own price."""
    found = search_products(request.GET.get("q", ""), limit=20)
    figures = stock_figures([product.pk for product in found])
    asked = _asked_prices(request, found)
    default_tax = Company.current().default_tax_rate
    items = [
        _picker_item(product, figures[product.pk].available, asked.get(product.pk), default_tax) for product in found
    ]
    return JsonResponse({"items": items})


def _asked_prices(request: HttpRequest, products: list[Product]) -> dict[int, Decimal]:
    """What buying costs, for those who may buy: the cheapest supplier's price, else the standard cost."""
    if request.GET.get("use") != "buy" or not may(request.user, "inventory.view_purchaseorder"):
        return {}
    known = dict(
        SupplierPrice.objects.filter(product__in=products, supplier__is_active=True)
        .values("product_id")
        .annotate(best=Min("price"))
        .values_list("product_id", "best")
    )
    return {product.pk: known.get(product.pk, product.standard_cost) for product in products}


def _picker_item(product: Product, available: Decimal, asked: Decimal | None, default_tax: Decimal) -> dict[str, Any]:
    unit_price = product.list_price if asked is None else asked
    unit = product.unit.name
    return {
        "id": product.pk,
        "code": product.sku,
        "sku": product.sku,
        "name": product.name,
        "specification": product.specification,
        "unit": unit,
        "price": f"{unit_price.normalize():f}",
        "tax": f"{(product.tax_rate if product.tax_rate is not None else default_tax).normalize():f}",
        "available": f"{available.normalize():f}",
        "sub": product.specification,
        "side": price(unit_price),
        "side_sub": _("%(quantity)s available") % {"quantity": qty(available, unit)} if product.is_stocked else "",
    }
