"""Purchase orders: what must be bought, what is ordered, what arrived."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from erp.documents.pdf import pdf_response, render_pdf
from erp.errors import BusinessError, TransitionRefused
from erp.web import add_error, changed_query, get_or_404, go, keyset_page, may, perm_required, render_page
from erp.web.talk import talk_of
from erp.workflow import advance, moves
from inventory.filters import PurchaseFilter
from inventory.forms import PurchaseForm, PurchaseLines, ReceiveForm
from inventory.models import Product, PurchaseOrder, Supplier, SupplierPrice, Warehouse
from inventory.needs import BuyingNeed, SupplierNeeds, buying_needs
from inventory.services import change_purchase_order, create_purchase_order, order_needs, receive


@perm_required("inventory.view_purchaseorder")
def purchase_list(request: HttpRequest) -> HttpResponse:
    """Purchase orders, the newest first, with how much of each has arrived."""
    orders = PurchaseOrder.objects.visible_to(request.user).select_related("supplier", "warehouse")
    found = PurchaseFilter(request.GET, queryset=orders)
    counted = found.qs.annotate(
        lines_total=Count("lines"), lines_done=Count("lines", filter=Q(lines__received__gte=F("lines__quantity")))
    )
    page = keyset_page(counted, "-id", request.GET.get("cursor"))
    now = request.GET.get("status", "")
    context = {
        "page": page,
        "filter": found,
        "today": timezone.localdate(),
        "tabs": [
            {"label": label, "href": changed_query(request, status=status), "current": status == now}
            for status, label in [("", _("All")), *PurchaseOrder.Status.choices]
        ],
        "may_add": may(request.user, "inventory.add_purchaseorder"),
    }
    return render_page(
        request, "inventory/purchases.html", context, block="rows" if "cursor" in request.GET else "list"
    )


@perm_required("inventory.view_purchaseorder", "inventory.add_purchaseorder")
def purchase_new(request: HttpRequest) -> HttpResponse:
    """What must be bought, by supplier, and a form for anything else."""
    if request.method == "POST":
        form, lines = PurchaseForm(request.POST), PurchaseLines(request.POST, prefix="lines")
        if form.is_valid() & lines.is_valid() and (order := _created(request, form, lines)):
            return go(request, order)
    groups = buying_needs()
    if request.method != "POST":
        form = PurchaseForm(initial=_wished_head(request))
        lines = PurchaseLines(prefix="lines", initial=_wished_lines(request, groups))
    context = {"form": form, "lines": lines, "groups": groups, "order": None}
    wrong = form.errors or (lines.is_bound and not lines.is_valid())
    return render_page(request, "inventory/purchase_new.html", context, status=422 if wrong else 200)


def _created(request: HttpRequest, form: PurchaseForm, lines: Any) -> PurchaseOrder | None:
    data = form.cleaned_data
    try:
        order = create_purchase_order(
            supplier=data["supplier"],
            warehouse=data["warehouse"],
            lines=lines.inputs(),
            expected_on=data["expected_on"],
            note=data["note"],
            by=request.user,  # type: ignore[arg-type]
        )
    except BusinessError as error:
        add_error(form, error)
        return None
    messages.success(request, _("Purchase order %(number)s drafted.") % {"number": order.number})
    return order


def _wished_head(request: HttpRequest) -> dict[str, Any]:
    supplier = Supplier.objects.filter(code=request.GET.get("supplier", ""), is_active=True).first()
    return {"supplier": supplier}


def _wished_lines(request: HttpRequest, groups: list[SupplierNeeds]) -> list[dict[str, Any]]:
    """Lines for the products named in the address (`?product=SKU`), with what is short of them."""
    wanted = request.GET.getlist("product")
    if not wanted:
        return []
    short: dict[str, BuyingNeed] = {need.product.sku: need for group in groups for need in group.needs}
    products = Product.objects.active().filter(sku__in=wanted)
    prices = dict(SupplierPrice.objects.filter(product__in=products).order_by("-price").values_list("product", "price"))
    return [
        {
            "product": product.pk,
            "sku": str(product),
            "quantity": f"{short[product.sku].quantity.normalize():f}" if product.sku in short else "",
            "unit_price": f"{prices.get(product.pk, product.standard_cost).normalize():f}",
        }
        for product in products
    ]


@require_POST
@perm_required("inventory.view_purchaseorder", "inventory.add_purchaseorder")
def order_supplier_needs(request: HttpRequest) -> HttpResponse:
    """One click: everything that is short and sold by this supplier becomes a draft."""
    supplier = get_or_404(Supplier.objects.all(), code=request.POST.get("supplier", ""))
    warehouse = get_or_404(Warehouse.objects.all(), code=request.POST.get("warehouse", ""))
    order = order_needs(supplier=supplier, warehouse=warehouse, by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("Purchase order %(number)s drafted.") % {"number": order.number})
    return go(request, order)


def _order_or_404(request: HttpRequest, number: str) -> PurchaseOrder:
    orders = PurchaseOrder.objects.visible_to(request.user)  # type: ignore[arg-type]
    return get_or_404(orders.select_related("supplier", "warehouse", "created_by"), number=number)


@perm_required("inventory.view_purchaseorder")
def purchase_page(request: HttpRequest, number: str) -> HttpResponse:
    """One purchase order: lines, receipts, what can be done next, what happened."""
    order = _order_or_404(request, number)
    lines = list(order.lines.select_related("product__unit"))
    may_change = may(request.user, "inventory.change_purchaseorder")
    context = {
        "order": order,
        "lines": lines,
        "receipts": list(
            order.receipts.select_related("place", "created_by").prefetch_related("lines__purchase_line__product__unit")
        ),
        "received_value": order.receipts.aggregate(value=Sum("total"))["value"],
        "moves": list(moves(order, request.user)),  # type: ignore[arg-type]
        "talk": talk_of(order, request.user),
        "is_late": _is_late(order),
        "may_receive": order.status == PurchaseOrder.Status.PLACED and may(request.user, "inventory.receive_goods"),
        "may_edit": order.status == PurchaseOrder.Status.DRAFT and may_change,
    }
    return render_page(request, "inventory/purchase.html", context)


@perm_required("inventory.view_purchaseorder")
def purchase_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The paper that goes to the supplier."""
    order = _order_or_404(request, number)
    context = {"order": order, "number": order.number, "lines": list(order.lines.select_related("product__unit"))}
    return pdf_response(f"{order.number}.pdf", render_pdf("documents/purchase_order.html", context))


def _is_late(order: PurchaseOrder) -> bool:
    is_open = order.status == PurchaseOrder.Status.PLACED
    return is_open and order.expected_on is not None and order.expected_on < timezone.localdate()


@perm_required("inventory.view_purchaseorder", "inventory.change_purchaseorder")
def purchase_edit(request: HttpRequest, number: str) -> HttpResponse:
    """Write a draft anew."""
    order = _order_or_404(request, number)
    if order.status != PurchaseOrder.Status.DRAFT:
        raise TransitionRefused(_("Only a draft can be changed."), hint=_("Cancel it and make a new one."))
    if request.method == "POST":
        form, lines = PurchaseForm(request.POST, instance=order), PurchaseLines(request.POST, prefix="lines")
        if form.is_valid() & lines.is_valid():
            data = form.cleaned_data
            try:
                change_purchase_order(
                    _order_or_404(request, number),
                    lines=lines.inputs(),
                    expected_on=data["expected_on"],
                    note=data["note"],
                    by=request.user,  # type: ignore[arg-type]
                )
            except BusinessError as error:
                add_error(form, error)
            else:
                messages.success(request, _("Purchase order %(number)s saved.") % {"number": order.number})
                return go(request, order)
    else:
        form = PurchaseForm(instance=order)
        lines = PurchaseLines(prefix="lines", initial=_lines_of(order))
    context = {"form": form, "lines": lines, "groups": [], "order": order}
    wrong = form.errors or (lines.is_bound and not lines.is_valid())
    return render_page(request, "inventory/purchase_new.html", context, status=422 if wrong else 200)


def _lines_of(order: PurchaseOrder) -> list[dict[str, Any]]:
    return [
        {
            "product": line.product_id,
            "sku": str(line.product),
            "quantity": f"{line.quantity.normalize():f}",
            "unit_price": f"{line.unit_price.normalize():f}",
        }
        for line in order.lines.select_related("product")
    ]


@perm_required("inventory.view_purchaseorder", "inventory.receive_goods")
def purchase_receive(request: HttpRequest, number: str) -> HttpResponse:
    """What arrived: filled in with all that is outstanding."""
    order = _order_or_404(request, number)
    if order.status != PurchaseOrder.Status.PLACED:
        raise TransitionRefused(
            _("%(order)s is “%(status)s”; goods are received for ordered ones only.")
            % {"order": order, "status": order.get_status_display()}
        )
    form = ReceiveForm(request.POST or None, order=order)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            receipt = receive(
                order,
                quantities=form.quantities(),
                place=data["place"],
                key=data["key"],
                by=request.user,  # type: ignore[arg-type]
            )
        except BusinessError as error:
            add_error(form, error)
        else:
            messages.success(request, _("Received as %(number)s.") % {"number": receipt.number})
            return go(request, order)
    context = {"order": order, "form": form}
    return render_page(request, "inventory/receive.html", context, status=422 if form.errors else 200)


@require_POST
@perm_required("inventory.view_purchaseorder")
def purchase_transition(request: HttpRequest, number: str) -> HttpResponse:
    """Move the order: place it, cancel it."""
    order = _order_or_404(request, number)
    note = request.POST.get("note", "")
    advance(order, request.POST.get("transition", ""), by=request.user, note=note)  # type: ignore[arg-type]
    messages.success(
        request, _("%(order)s is “%(status)s” now.") % {"order": order, "status": order.get_status_display()}
    )
    return go(request, order)
