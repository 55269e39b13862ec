"""Picking and packing: made for a phone in one hand."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, F, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from erp.documents.pdf import pdf_response, render_pdf
from erp.errors import BusinessError
from erp.web import add_error, get_or_404, go, may, perm_required, render_page, require_perm
from inventory.models import Barcode
from orders.models import OrderLine, SalesOrder
from shipping import services
from shipping.forms import MOST_PARCELS, PackForm, PickForm
from shipping.models import PickList, Shipment
from shipping.scanstate import returns_of
from shipping.selectors import pick_lines

CANDIDATES = 100


def _pick_or_404(request: HttpRequest, number: str) -> PickList:
    lists = PickList.objects.visible_to(request.user)
    return get_or_404(lists.select_related("order__customer", "order__warehouse", "created_by"), number=number)


@require_http_methods(["GET", "POST"])
@perm_required("shipping.view_picklist", "shipping.pick_picklist")
def pick_open(request: HttpRequest) -> HttpResponse:
    """Open a pick list for what is reserved of an order that still waits for the rest."""
    orders = SalesOrder.objects.visible_to(request.user)
    if request.method == "POST":
        order = get_or_404(orders, number=request.POST.get("order", ""))
        pick_list = services.open_pick_list(order, by=request.user)
        assert pick_list is not None
        messages.success(request, _("Pick list %(number)s is open.") % {"number": pick_list.number})
        return go(request, pick_list)
    open_lists = PickList.objects.filter(order=OuterRef("pk"), status=PickList.Status.OPEN)
    partly = OrderLine.objects.filter(order=OuterRef("pk"), reserved__gt=F("picked") - F("shipped"))
    waiting = orders.filter(
        Exists(partly),
        ~Exists(open_lists),
        status__in=[SalesOrder.Status.APPROVED, SalesOrder.Status.IN_PRODUCTION],
        hold_reason="",
    )
    if number := request.GET.get("order"):
        waiting = waiting.filter(number=number)
    rows = waiting.select_related("customer").prefetch_related("lines__product__unit")
    context = {"orders": rows.order_by("-priority", "promised_date", "id")[:CANDIDATES]}
    return render_page(request, "shipping/open.html", context)


@require_http_methods(["GET", "POST"])
@perm_required("shipping.view_picklist")
def pick_page(request: HttpRequest, number: str) -> HttpResponse:
    """The way through the bins; POST confirms what was really there."""
    pick_list = _pick_or_404(request, number)
    lines = pick_lines(pick_list)
    if request.method == "GET":
        return _show_pick(request, pick_list, PickForm(lines=lines))
    require_perm(request.user, "shipping.pick_picklist")
    form = PickForm(request.POST, lines=lines)
    if not form.is_valid():
        return _show_pick(request, pick_list, form, status=422)
    try:
        services.confirm_pick(pick_list, picked=form.quantities(), by=request.user)
    except BusinessError as refusal:
        add_error(form, refusal)
        return _show_pick(request, _pick_or_404(request, number), form, status=422)
    if pick_list.status == PickList.Status.CANCELLED:
        messages.warning(request, _("Nothing was on the shelves; the order waits for stock again."))
    elif any(line.picked < line.wanted for line in pick_list.lines.all()):
        messages.warning(
            request, _("%(number)s is picked in part; the order waits for what was missing.") % {"number": pick_list}
        )
    else:
        messages.success(request, _("%(number)s is picked.") % {"number": pick_list})
    can_pack = pick_list.status == PickList.Status.PICKED and may(request.user, "shipping.pack_shipment")
    return go(request, "shipping:pack", pick_list.number) if can_pack else go(request, "shipping:list")


def _show_pick(request: HttpRequest, pick_list: PickList, form: PickForm, *, status: int = 200) -> HttpResponse:
    is_open = pick_list.status == PickList.Status.OPEN
    codes: dict[int, list[str]] = {}
    if is_open:
        products = [line.order_line.product_id for line in form.lines]
        for product_id, code in Barcode.objects.filter(product__in=products).values_list("product_id", "code"):
            codes.setdefault(product_id, []).append(code)
    context: dict[str, Any] = {
        "pick_list": pick_list,
        "order": pick_list.order,
        "form": form,
        "codes": codes,
        "can_pick": is_open and may(request.user, "shipping.pick_picklist"),
        "can_pack": pick_list.status == PickList.Status.PICKED and may(request.user, "shipping.pack_shipment"),
        "shipment": Shipment.objects.filter(pick_list=pick_list).first(),
        "returns": returns_of([pick_list.pk]),
        "may_pick": may(request.user, "shipping.pick_picklist"),
    }
    return render_page(request, "shipping/pick.html", context, status=status)


@require_http_methods(["GET", "POST"])
@perm_required("shipping.view_picklist", "shipping.pack_shipment")
def pack_page(request: HttpRequest, number: str) -> HttpResponse:
    """Put what was picked into parcels; `?parcels=` says into how many."""
    pick_list = _pick_or_404(request, number)
    shipment = Shipment.objects.filter(pick_list=pick_list).first()
    if shipment is not None:
        return go(request, shipment)
    if pick_list.status != PickList.Status.PICKED:
        return go(request, pick_list)
    wanted = (request.POST if request.method == "POST" else request.GET).get("parcels", "1")
    parcels = int(wanted) if wanted.isdigit() else 1
    lines = pick_lines(pick_list)
    if request.method == "GET":
        return _show_pack(request, pick_list, PackForm(lines=lines, parcels=parcels))
    form = PackForm(request.POST, lines=lines, parcels=parcels)
    if not form.is_valid():
        return _show_pack(request, pick_list, form, status=422)
    try:
        shipment = services.pack(pick_list, parcels=form.inputs(), by=request.user)
    except BusinessError as refusal:
        add_error(form, refusal)
        return _show_pack(request, _pick_or_404(request, number), form, status=422)
    messages.success(request, _("Packed as %(number)s.") % {"number": shipment.number})
    return go(request, shipment)


def _show_pack(request: HttpRequest, pick_list: PickList, form: PackForm, *, status: int = 200) -> HttpResponse:
    context = {
        "pick_list": pick_list,
        "order": pick_list.order,
        "form": form,
        "count": len(form.parcels),
        "most": MOST_PARCELS,
    }
    return render_page(request, "shipping/pack.html", context, status=status)


@require_GET
@perm_required("shipping.view_picklist")
def pick_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The pick list on paper."""
    pick_list = _pick_or_404(request, number)
    context = {
        "pick_list": pick_list,
        "order": pick_list.order,
        "number": pick_list.number,
        "lines": pick_lines(pick_list),
    }
    return pdf_response(f"{pick_list.number}.pdf", render_pdf("documents/pick_list.html", context))
