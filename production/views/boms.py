"""Bills of materials: to look at; they are edited in the administration."""

from decimal import Decimal

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from erp.web import get_or_404, keyset_page, may, perm_required, render_page
from inventory.selectors import stock_figures
from production.models import BillOfMaterials


@require_GET
@perm_required("production.view_billofmaterials")
def bom_list(request: HttpRequest) -> HttpResponse:
    """Every bill of materials, the newest first."""
    boms = BillOfMaterials.objects.select_related("product__unit").annotate(
        components=Count("lines", distinct=True), steps=Count("operations", distinct=True)
    )
    if words := request.GET.get("q", "").strip():
        boms = boms.filter(
            Q(product__sku__icontains=words)
            | Q(product__name__icontains=words)
            | Q(product__initials__istartswith=words)
            | Q(lines__component__sku__iexact=words)
        )
    page = keyset_page(boms, "-id", request.GET.get("cursor"))
    context = {"page": page, "may_change": _may_change(request)}
    return render_page(request, "production/boms.html", context, block="rows" if "cursor" in request.GET else "list")


@require_GET
@perm_required("production.view_billofmaterials")
def bom_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One bill of materials: components with their stock and cost, operations, cost of one piece."""
    bom = get_or_404(BillOfMaterials.objects.select_related("product__unit"), pk=pk)
    lines = list(bom.lines.select_related("component__unit").order_by("component__sku"))
    operations = list(bom.operations.select_related("work_center"))
    material = sum((line.quantity * line.component.standard_cost for line in lines), Decimal(0))
    labour = sum((step.unit_minutes * step.work_center.minute_cost for step in operations), Decimal(0))
    figures = stock_figures([line.component_id for line in lines])
    context = {
        "bom": bom,
        "lines": [(line, figures[line.component_id]) for line in lines],
        "operations": operations,
        "material": material,
        "labour": labour,
        "versions": BillOfMaterials.objects.filter(product=bom.product).order_by("-version"),
        "may_change": _may_change(request),
    }
    return render_page(request, "production/bom.html", context)


def _may_change(request: HttpRequest) -> bool:
    return request.user.is_staff and may(request.user, "production.change_billofmaterials")
