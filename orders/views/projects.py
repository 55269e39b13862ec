"""Projects: the list, one project's page with its orders and figures, its form, and the choice for an order."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp.documents.xlsx import xlsx_response
from erp.errors import BusinessError
from erp.timeline import timeline
from erp.web import add_error, back_url, get_or_404, go, keyset_page, may, perm_required, render_page
from erp.workflow import advance, moves
from orders.models import Project, SalesOrder
from orders.project_forms import AssignForm, ProjectForm
from orders.projects import Figures, figures_of, matching_projects, orders_of, sums_of
from orders.services.projects import assign_project, create_project, update_project

EXPORT_ROWS = 50_000


@require_GET
@perm_required("orders.view_project")
def project_list(request: HttpRequest) -> HttpResponse:
    """Projects, newest first, with what their orders come to."""
    status = request.GET.get("status", Project.Status.ACTIVE)
    rows = matching_projects(Project.objects.visible_to(request.user), request.GET.get("q", ""))
    if status in Project.Status.values:
        rows = rows.filter(status=status)
    if request.GET.get("mine"):
        rows = rows.filter(owner=request.user)
    page = keyset_page(rows.select_related("customer", "owner"), "-id", request.GET.get("cursor"))
    context = {
        "page": page,
        "sums": sums_of(page.items, request.user),
        "statuses": [*Project.Status.choices, ("all", _("All"))],
        "status": status,
        "may_add": may(request.user, "orders.add_project"),
        "searched": any(request.GET.get(name) for name in ("q", "status", "mine")),
    }
    return render_page(request, "orders/projects.html", context, block="rows" if "cursor" in request.GET else "list")


@require_GET
@perm_required("orders.view_project")
def search(request: HttpRequest) -> JsonResponse:
    """Active projects for pickers: `?q=` is part of a number, a name or the customer's name."""
    rows = matching_projects(Project.objects.visible_to(request.user).active(), request.GET.get("q", "")[:100])
    found = rows.select_related("customer").order_by("-id")[:20]
    items = [
        {"id": one.pk, "code": one.number, "name": one.name, "sub": one.customer.name if one.customer else ""}
        for one in found
    ]
    return JsonResponse({"items": items})


def _project(request: HttpRequest, pk: int) -> Project:
    rows = Project.objects.visible_to(request.user).select_related("customer", "owner", "created_by")
    return get_or_404(rows, pk=pk)


@require_GET
@perm_required("orders.view_project")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One project: how far it has come, what it costs and earns, and its orders."""
    project = _project(request, pk)
    rows = orders_of(project, request.user).select_related("customer")
    context = {
        "project": project,
        "page": keyset_page(rows, "-id", request.GET.get("cursor")),
    }
    if "cursor" in request.GET:
        return render_page(request, "orders/project.html", context, block="rows")
    figures = figures_of(project, request.user)
    context |= {
        "figures": figures,
        "steps": _progress(figures),
        "may_see_margin": may(request.user, "orders.view_margin"),
        "may_change": may(request.user, "orders.change_project"),
        "may_order": may(request.user, "orders.add_salesorder") and project.status == Project.Status.ACTIVE,
        "moves": list(moves(project, request.user)),
        "timeline": [
            {"title": entry.title, "at": entry.at, "by": entry.who or _("System"), "body": entry.text}
            for entry in reversed(timeline(project))
        ],
    }
    return render_page(request, "orders/project.html", context)


def _progress(figures: Figures) -> list[tuple[str, Any]]:
    """What has been reached of what was ordered."""
    return [
        (_("Made"), figures.made),
        (_("Shipped"), figures.shipped),
        (_("Delivered"), figures.delivered),
        (_("Billed"), figures.billed),
        (_("Paid"), figures.paid),
    ]


@require_http_methods(["GET", "POST"])
@perm_required("orders.view_project", "orders.add_project")
def new(request: HttpRequest) -> HttpResponse:
    """Open a project; the person who opens it answers for it unless somebody else is chosen."""
    form = ProjectForm(request.POST or None, user=request.user, initial={"owner": request.user.pk})
    if request.method == "POST" and form.is_valid():
        try:
            project = create_project(by=request.user, **form.cleaned_data)
        except BusinessError as refusal:
            add_error(form, refusal)
        else:
            messages.success(request, _("Project %(project)s is open.") % {"project": project})
            return go(request, project if _sees(request, project) else "orders:projects")
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@perm_required("orders.view_project", "orders.change_project")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a project's facts."""
    project = _project(request, pk)
    form = ProjectForm(request.POST or None, instance=project, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            update_project(project, by=request.user, **form.cleaned_data)
        except BusinessError as refusal:
            add_error(form, refusal)
        else:
            messages.success(request, _("%(number)s saved.") % {"number": project.number})
            return go(request, project if _sees(request, project) else "orders:projects")
    return _form_page(request, form, _project(request, pk))


def _sees(request: HttpRequest, project: Project) -> bool:
    """Whoever gives a project to somebody else may not see it any more."""
    return Project.objects.visible_to(request.user).filter(pk=project.pk).exists()


def _form_page(request: HttpRequest, form: ProjectForm, project: Project | None) -> HttpResponse:
    context = {"form": form, "project": project}
    return render_page(request, "orders/project_form.html", context, status=422 if form.errors else 200)


@require_POST
@perm_required("orders.view_project")
def transition(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the project, or open it again."""
    project = _project(request, pk)
    advance(project, request.POST.get("transition", ""), by=request.user, note=request.POST.get("note", ""))
    messages.success(
        request, _("%(number)s: now “%(status)s”.") % {"number": project.number, "status": project.get_status_display()}
    )
    return go(request, project)


@require_GET
@perm_required("orders.view_project")
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The project's orders as a spreadsheet."""
    project = _project(request, pk)
    rows = orders_of(project, request.user).select_related("customer", "salesperson").order_by("-id")[:EXPORT_ROWS]
    headers = [
        _("Number"),
        _("Customer"),
        _("Status"),
        _("Ordered at"),
        _("Promised"),
        _("Salesperson"),
        _("Currency"),
        _("Amount without tax"),
        _("Total with tax"),
        _("Paid"),
    ]
    lines = (
        [
            order.number,
            order.customer.name,
            order.get_status_display(),
            order.ordered_at,
            order.promised_date,
            str(order.salesperson or ""),
            order.currency,
            order.untaxed,
            order.total,
            order.paid,
        ]
        for order in rows.iterator(chunk_size=2000)
    )
    return xlsx_response(f"{project.number}.xlsx", headers, lines, title=project.number)


@require_POST
@perm_required("orders.view_salesorder", "orders.view_project", "orders.change_salesorder")
def assign(request: HttpRequest, number: str) -> HttpResponse:
    """Let an order belong to a project, or (left empty) to none."""
    rows = SalesOrder.objects.visible_to(request.user).select_related("customer", "project")
    order = get_or_404(rows, number=number)
    form = AssignForm(request.POST, user=request.user)
    if not form.is_valid():
        raise BusinessError(" ".join(form.errors.get("project", [])), field="project")
    assign_project(order, form.cleaned_data["found"], by=request.user)
    messages.success(request, _("%(number)s saved.") % {"number": order.number})
    return go(request, back_url(request, order.get_absolute_url()))
