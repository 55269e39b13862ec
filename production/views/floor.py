"""One production order on the shop floor: start, report, components, job card."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp.documents.pdf import pdf_response, render_pdf
from erp.errors import BusinessError
from erp.web import add_error, get_or_404, go, may, perm_required, render_page
from erp.web.formats import qty
from erp.web.talk import talk_of
from erp.workflow import moves
from inventory.selectors import stock_figures
from production import services
from production.forms import ReportForm
from production.models import ProductionOrder
from production.selectors import made_for, planned_minutes


def _order_or_404(request: HttpRequest, number: str) -> ProductionOrder:
    orders = ProductionOrder.objects.visible_to(request.user)
    return get_or_404(orders.select_related("product__unit", "warehouse", "request", "created_by"), number=number)


@require_GET
@perm_required("production.view_productionorder")
def order_page(request: HttpRequest, number: str) -> HttpResponse:
    """Components, operations, the report form, what was reported and what happened."""
    order = _order_or_404(request, number)
    return _show(request, order, ReportForm(order=order))


def _show(request: HttpRequest, order: ProductionOrder, form: ReportForm, *, status: int = 200) -> HttpResponse:
    components = list(order.components.select_related("product__unit").order_by("product__sku"))
    figures = stock_figures([row.product_id for row in components], order.warehouse_id)
    can_run = may(request.user, "production.run_productionorder")
    context = {
        "order": order,
        "made_for": made_for([order], request.user).get(order.pk),
        "components": [(row, figures[row.product_id]) for row in components],
        "waits": any(row.lacking for row in components),
        "steps": _steps(order),
        "runs": list(order.runs.select_related("by").order_by("-id")),
        "moves": list(moves(order, request.user)),
        "talk": talk_of(order, request.user),
        "form": form,
        "can_report": can_run and order.status == ProductionOrder.Status.IN_PROGRESS,
        "can_replan": order.is_open and may(request.user, "production.change_productionorder"),
        "may_costs": can_run or may(request.user, "orders.view_margin"),
    }
    return render_page(request, "production/detail.html", context, status=status)


def _steps(order: ProductionOrder) -> list[dict[str, Any]]:
    """Each operation with how long it takes for the whole order."""
    return [{**step, "minutes": planned_minutes([step], order.quantity, setup=True)} for step in order.operations]


@require_POST
@perm_required("production.view_productionorder")
def order_transition(request: HttpRequest, number: str) -> HttpResponse:
    """Start or cancel the order."""
    order = _order_or_404(request, number)
    services.move(order, request.POST.get("transition", ""), by=request.user, note=request.POST.get("note", ""))
    messages.success(
        request, _("%(order)s is “%(status)s” now.") % {"order": order, "status": order.get_status_display()}
    )
    return go(request, order)


@require_POST
@perm_required("production.view_productionorder", "production.run_productionorder")
def order_report(request: HttpRequest, number: str) -> HttpResponse:
    """Book good and scrapped pieces and the minutes they took."""
    order = _order_or_404(request, number)
    form = ReportForm(request.POST, order=order)
    if not form.is_valid():
        return _show(request, order, form, status=422)
    data = form.cleaned_data
    try:
        services.report(order, **form.numbers(), by=request.user, key=data["key"], note=data["note"])
    except BusinessError as refusal:
        add_error(form, refusal)
        return _show(request, _order_or_404(request, number), form, status=422)
    order = _order_or_404(request, number)
    if order.status == ProductionOrder.Status.DONE:
        messages.success(request, _("%(order)s is finished.") % {"order": order})
    else:
        unit = order.product.unit
        messages.success(request, _("Reported. %(left)s still to be made.") % {"left": qty(order.remaining, unit)})
    return go(request, order)


@require_POST
@perm_required("production.view_productionorder", "production.change_productionorder")
def order_components(request: HttpRequest, number: str) -> HttpResponse:
    """Look again for components that have become free, and plan those that nobody makes."""
    order = _order_or_404(request, number)
    services.replan_components(order, by=request.user)
    missing = [row.product.name for row in order.components.select_related("product") if row.lacking]
    if missing:
        messages.warning(request, _("Still missing: %(components)s.") % {"components": ", ".join(missing)})
    else:
        messages.success(request, _("Every component is reserved."))
    return go(request, order)


@require_GET
@perm_required("production.view_productionorder")
def job_card(request: HttpRequest, number: str) -> HttpResponse:
    """The paper that goes along with the work."""
    order = _order_or_404(request, number)
    context = {
        "order": order,
        "number": order.number,
        "made_for": made_for([order], request.user).get(order.pk),
        "components": order.components.select_related("product__unit").order_by("product__sku"),
        "steps": _steps(order),
    }
    return pdf_response(f"{order.number}.pdf", render_pdf("documents/job_card.html", context))
