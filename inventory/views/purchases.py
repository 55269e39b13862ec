"""Purchase orders: what is ordered from whom, and how it goes on."""

import uuid
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from erp.documents.pdf import pdf_response
from erp.errors import BusinessError, TransitionRefused
from erp.money import ZERO
from erp.web import add_error, changed_query, get_or_404, go, keyset_page, may, perm_required, render_page
from erp.web.talk import talk_of
from erp.workflow import advance
from inventory.approval import purchase_moves
from inventory.buying_forms import RescheduleForm
from inventory.doclinks import document_links
from inventory.filters import PurchaseFilter
from inventory.forms import PurchaseForm, PurchaseLines
from inventory.mailing import mails_of, paper
from inventory.models import Product, PurchaseLine, PurchaseOrder, Supplier
from inventory.needs import BuyingNeed, buying_needs
from inventory.services import change_purchase_order, create_purchase_order, reschedule, send_purchase_order
from inventory.sourcing import Market


@perm_required("inventory.view_purchaseorder")
def purchase_list(request: HttpRequest) -> HttpResponse:
    """Purchase orders, the newest first, with how much of each has arrived."""
    orders = PurchaseOrder.objects.visible_to(request.user).select_related("supplier", "warehouse")
    found = PurchaseFilter(request.GET, queryset=orders)
    counted = found.qs.annotate(
        lines_total=Count("lines"),
        lines_done=Count("lines", filter=Q(lines__received__gte=F("lines__quantity") + F("lines__replaced"))),
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
        "may_see_suppliers": may(request.user, "inventory.view_supplier"),
    }
    return render_page(
        request, "inventory/purchases.html", context, block="rows" if "cursor" in request.GET else "list"
    )


@perm_required("inventory.view_purchaseorder", "inventory.add_purchaseorder")
def purchase_new(request: HttpRequest) -> HttpResponse:
    """A form for anything that is to be bought, filled in with the products named in the address."""
    if request.method == "POST":
        form, lines = PurchaseForm(request.POST), PurchaseLines(request.POST, prefix="lines")
        if form.is_valid() & lines.is_valid() and (order := _created(request, form, lines)):
            return go(request, order)
    else:
        form = PurchaseForm(initial=_wished_head(request))
        lines = PurchaseLines(prefix="lines", initial=_wished_lines(request))
    context = {"form": form, "lines": lines, "order": None}
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
            rate=data["rate"],
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


def _wished_lines(request: HttpRequest) -> list[dict[str, Any]]:
    """Lines for the products named in the address (`?product=SKU`), with what is short of them."""
    wanted = request.GET.getlist("product")
    if not wanted:
        return []
    short: dict[str, BuyingNeed] = {need.product.sku: need for group in buying_needs() for need in group.needs}
    products = list(Product.objects.active().filter(sku__in=wanted))
    market = Market({product.pk for product in products})
    offers = {product.pk: market.offers(product.pk, Decimal(0)) for product in products}
    prices = {pk: found[0].price for pk, found in offers.items() if found}
    return [
        {
            "product": product.pk,
            "sku": str(product),
            "quantity": f"{short[product.sku].quantity.normalize():f}" if product.sku in short else "",
            "unit_price": f"{prices.get(product.pk, product.standard_cost).normalize():f}",
        }
        for product in products
    ]


def order_or_404(request: HttpRequest, number: str) -> PurchaseOrder:
    """The purchase order that the person may see, or 404."""
    orders = PurchaseOrder.objects.visible_to(request.user)  # type: ignore[arg-type]
    return get_or_404(orders.select_related("supplier", "warehouse", "created_by"), number=number)


@perm_required("inventory.view_purchaseorder")
def purchase_page(request: HttpRequest, number: str) -> HttpResponse:
    """One purchase order: lines, receipts, what can be done next, what happened."""
    order = order_or_404(request, number)
    lines = list(order.lines.select_related("product__unit").prefetch_related("demands"))
    user = request.user
    demands = [one for line in lines for one in line.demands.all()]
    receipts = list(
        order.receipts.select_related("place", "created_by").prefetch_related("lines__purchase_line__product__unit")
    )
    context = {
        "order": order,
        "lines": lines,
        "talk": talk_of(order, user),
        "links": document_links(((one.document_type, one.document_id) for one in demands), user),
        "receipts": receipts,
        "returns": list(order.returns.select_related("place", "created_by").prefetch_related("lines")),
        "received_value": sum((receipt.total for receipt in receipts), ZERO),
        "moves": purchase_moves(order, user),
        "is_late": _is_late(order),
        "below_minimum": order.status in PurchaseOrder.PLANNED and order.total < order.supplier.minimum_amount,
        "reschedule": RescheduleForm(initial={"expected_on": order.expected_on}) if order.is_open else None,
        "steps": _steps(order),
        "mails": mails_of(order),
        "mail_key": str(uuid.uuid4()),
        **_rights(order, lines, user),
    }
    return render_page(request, "inventory/purchase.html", context)


def _rights(order: PurchaseOrder, lines: list[PurchaseLine], user: Any) -> dict[str, bool]:
    """What this person can do on the page besides the order's own steps."""
    may_change = may(user, "inventory.change_purchaseorder")
    ordered = order.status in PurchaseOrder.ORDERED
    return {
        "may_receive": order.is_open and may(user, "inventory.receive_goods"),
        "may_inspect": any(line.uninspected for line in lines) and may(user, "inventory.inspect_goods"),
        "may_return": ordered
        and any(line.accepted or line.rejected > line.returned for line in lines)
        and may(user, "inventory.return_goods"),
        "may_edit": order.status == PurchaseOrder.Status.DRAFT and may_change,
        "may_change": may_change,
        "may_send": ordered and may_change,
        "may_see_supplier": may(user, "inventory.view_supplier"),
    }


def _steps(order: PurchaseOrder) -> list[dict[str, Any]]:
    """The order's life as a row of steps."""
    way = [order.Status.DRAFT, order.Status.PLACED, order.Status.PARTLY, order.Status.RECEIVED, order.Status.CLOSED]
    if order.needs_approval or order.status == order.Status.SUBMITTED or order.approved_by_id:
        way.insert(1, order.Status.SUBMITTED)
    if order.status not in way:
        return []
    if order.status != order.Status.PARTLY:
        way.remove(order.Status.PARTLY)
    at = way.index(order.status)
    return [
        {"label": status.label, "at": None, "state": "done" if place < at else "current" if place == at else "todo"}
        for place, status in enumerate(way)
    ]


@require_POST
@perm_required("inventory.view_purchaseorder", "inventory.change_purchaseorder")
def purchase_reschedule(request: HttpRequest, number: str) -> HttpResponse:
    """The supplier names another day."""
    order, form = order_or_404(request, number), RescheduleForm(request.POST)
    if not form.is_valid():
        raise BusinessError(_("Enter a day."), field="expected_on")
    reschedule(order, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
    messages.success(request, _("Expected on %(day)s now.") % {"day": order.expected_on})
    return go(request, order)


@perm_required("inventory.view_purchaseorder")
def purchase_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The paper that goes to the supplier."""
    order = order_or_404(request, number)
    return pdf_response(f"{order.number}.pdf", paper(order))


@require_POST
@perm_required("inventory.view_purchaseorder", "inventory.change_purchaseorder")
def purchase_send(request: HttpRequest, number: str) -> HttpResponse:
    """Mail the order to the supplier, or mail it again."""
    order = order_or_404(request, number)
    mail = send_purchase_order(
        order,
        to=request.POST.get("to", ""),
        note=request.POST.get("note", "")[:2000],
        key=request.POST.get("key", "")[:40],
        by=request.user,  # type: ignore[arg-type]
    )
    messages.success(request, _("The order goes to %(address)s.") % {"address": mail.payload["to"]})
    return go(request, order)


def _is_late(order: PurchaseOrder) -> bool:
    return order.is_open and order.expected_on is not None and order.expected_on < timezone.localdate()


@perm_required("inventory.view_purchaseorder", "inventory.change_purchaseorder")
def purchase_edit(request: HttpRequest, number: str) -> HttpResponse:
    """Write a draft anew."""
    order = order_or_404(request, number)
    if order.status != PurchaseOrder.Status.DRAFT:
        raise TransitionRefused(_("Only a draft can be changed."), hint=_("Cancel it and make a new one."))
    if request.method == "POST":
        form, lines = PurchaseForm(request.POST, instance=order), PurchaseLines(request.POST, prefix="lines")
        if form.is_valid() & lines.is_valid():
            data = form.cleaned_data
            try:
                change_purchase_order(
                    order_or_404(request, number),
                    lines=lines.inputs(),
                    expected_on=data["expected_on"],
                    rate=data["rate"],
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
    context = {"form": form, "lines": lines, "order": order}
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


@require_POST
@perm_required("inventory.view_purchaseorder")
def purchase_transition(request: HttpRequest, number: str) -> HttpResponse:
    """Move the order: place it, cancel it."""
    order = order_or_404(request, number)
    note = request.POST.get("note", "")
    advance(order, request.POST.get("transition", ""), by=request.user, note=note)  # type: ignore[arg-type]
    messages.success(
        request, _("%(order)s is “%(status)s” now.") % {"order": order, "status": order.get_status_display()}
    )
    return go(request, order)
