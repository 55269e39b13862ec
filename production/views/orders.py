"""The board and the list of production orders, planning what nobody makes yet, and orders made by hand."""

from typing import Any

from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp.errors import BusinessError
from erp.once import once
from erp.web import (
    add_error,
    capped_count,
    changed_query,
    get_or_404,
    go,
    keyset_page,
    live_token,
    may,
    perm_required,
    render_page,
    unchanged,
)
from inventory.models import SupplyRequest
from inventory.services import default_warehouse
from orders.models import SalesOrder
from production import services
from production.forms import ProductionOrderForm
from production.models import ProductionOrder
from production.selectors import made_for, missing_components, unplanned_needs, with_readiness

Status = ProductionOrder.Status
ON_BOARD = 40  # cards in a column; the rest is one click away
DONE_ON_BOARD = 12
NEEDS = 20
MATCHES = 200  # sales orders that a search may match


@require_GET
@perm_required("production.view_productionorder")
def order_list(request: HttpRequest) -> HttpResponse:
    """The board of what is planned, in progress and just done; `?status=` lists one state whole."""
    orders = _filtered(request, with_readiness(ProductionOrder.objects.visible_to(request.user)))
    status = request.GET.get("status", "")
    if status in Status.values:
        return _list(request, orders.filter(status=status), status)
    return _board(request, orders)


def _filtered(request: HttpRequest, orders: QuerySet[ProductionOrder]) -> QuerySet[ProductionOrder]:
    if words := request.GET.get("q", "").strip():
        sales = SalesOrder.objects.visible_to(request.user).filter(
            Q(number__iexact=words) | Q(customer__name__icontains=words) | Q(external_number__iexact=words)
        )
        found = list(sales.order_by("-id").values_list("pk", flat=True)[:MATCHES])
        orders = orders.filter(
            Q(number__icontains=words)
            | Q(product__sku__icontains=words)
            | Q(product__name__icontains=words)
            | Q(product__initials__istartswith=words)
            | Q(request__document_type=SalesOrder._meta.label, request__document_id__in=found)
        )
    if request.GET.get("ready") == "yes":
        orders = orders.filter(waits=False)
    elif request.GET.get("ready") == "no":
        orders = orders.filter(waits=True)
    if request.GET.get("due") == "late":
        orders = orders.filter(status__in=ProductionOrder.OPEN, due__lt=timezone.localdate())
    return orders


def _board(request: HttpRequest, orders: QuerySet[ProductionOrder]) -> HttpResponse:
    urgent = ("-priority", F("due").asc(nulls_last=True), "id")
    columns = []
    for status, limit, order in (
        (Status.PLANNED, ON_BOARD, urgent),
        (Status.IN_PROGRESS, ON_BOARD, urgent),
        (Status.DONE, DONE_ON_BOARD, ("-id",)),
    ):
        rows = orders.filter(status=status)
        shown = list(rows.order_by(*order)[:limit])
        count = capped_count(rows) if len(shown) == limit else str(len(shown))
        columns.append({"status": status, "label": status.label, "orders": shown, "count": count})
    shown = [order for column in columns for order in column["orders"]]
    may_plan = may(request.user, "production.add_productionorder")
    needs = list(unplanned_needs()[:NEEDS]) if may_plan else []
    return _render(request, "list", shown, {"columns": columns, "needs": needs})


def _list(request: HttpRequest, orders: QuerySet[ProductionOrder], status: str) -> HttpResponse:
    page = keyset_page(orders, "-id", request.GET.get("cursor"))
    context = {"page": page, "status": status}
    return _render(request, "rows" if "cursor" in request.GET else "list", page.items, context)


def _render(request: HttpRequest, block: str, orders: list[ProductionOrder], context: dict[str, Any]) -> HttpResponse:
    token = live_token(
        *[(o.pk, o.status, o.good, o.waits, o.priority, o.due) for o in orders],
        *[need.pk for need in context.get("needs", ())],
    )
    if same := unchanged(request, token):
        return same
    now = context.get("status", "")
    context |= {
        "token": token,
        "made_for": made_for(orders, request.user),
        "missing": missing_components([o.pk for o in orders if o.is_open and o.waits]),
        "tabs": [
            {"label": label, "href": changed_query(request, status=status), "current": status == now}
            for status, label in [("", _("Board")), *Status.choices]
        ],
        "may_add": may(request.user, "production.add_productionorder"),
        "may_boms": may(request.user, "production.view_billofmaterials"),
    }
    return render_page(request, "production/list.html", context, block=block)


@require_POST
@perm_required("production.view_productionorder", "production.add_productionorder")
def plan_need(request: HttpRequest) -> HttpResponse:
    """Make a production order for a need that nobody makes enough for."""
    pk = request.POST.get("need", "")
    need = get_or_404(SupplyRequest.objects.select_related("product", "warehouse"), pk=pk)
    order = services.plan_need(need, by=request.user)
    if order is None:
        messages.info(request, _("Enough of it is being made already."))
        return go(request, "production:list")
    messages.success(request, _("Production order %(number)s is planned.") % {"number": order.number})
    return go(request, order)


@require_http_methods(["GET", "POST"])
@perm_required("production.view_productionorder", "production.add_productionorder")
def order_new(request: HttpRequest) -> HttpResponse:
    """A production order for stock, made by hand."""
    if request.method == "POST":
        form = ProductionOrderForm(request.POST)
        if form.is_valid() and (number := _created(request, form)):
            return go(request, "production:detail", number)
        return render_page(request, "production/new.html", {"form": form}, status=422)
    form = ProductionOrderForm(initial={"warehouse": default_warehouse(), "text": request.GET.get("product", "")})
    return render_page(request, "production/new.html", {"form": form})


def _created(request: HttpRequest, form: ProductionOrderForm) -> str:
    data = form.cleaned_data

    def make() -> dict[str, str]:
        order = services.create_production_order(
            product=data["product"],
            quantity=data["quantity"],
            warehouse=data["warehouse"],
            by=request.user,
            due=data["due"],
            priority=data["priority"],
            wish=data["wish"],
        )
        return {"number": order.number}

    try:
        answer, _is_new = once(data["token"], by=request.user, make=make)
    except BusinessError as refusal:
        refusal.field = "text" if refusal.field == "product" else refusal.field
        add_error(form, refusal)
        return ""
    messages.success(request, _("Production order %(number)s is planned.") % answer)
    return str(answer["number"])
