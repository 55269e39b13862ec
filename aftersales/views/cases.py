"""Service cases: the list by deadline, opening one, and working on it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from aftersales import services
from aftersales.filters import CaseFilter
from aftersales.forms import ActionForm, CaseForm
from aftersales.models import ReturnRequest, ServiceCase
from aftersales.views.common import order_or_404
from erp.errors import BusinessError
from erp.web import (
    add_error,
    capped_counts,
    changed_query,
    get_or_404,
    go,
    keyset_page,
    may,
    perm_required,
    render_page,
)
from erp.web.talk import talk_of
from erp.workflow import advance, moves

Status = ServiceCase.Status


@require_GET
@perm_required("aftersales.view_servicecase")
def case_list(request: HttpRequest) -> HttpResponse:
    """Cases; those without an answer first, the nearest deadline on top."""
    visible = ServiceCase.objects.visible_to(request.user).select_related("order__customer", "owner")  # type: ignore[arg-type]
    found = CaseFilter(request.GET, queryset=visible, user=request.user)
    now = request.GET.get("status", "")
    rows = found.qs if now else found.qs.exclude(status=Status.RESOLVED)
    order: Any = "-id" if now in (Status.RESOLVED, "all") else ("deadline", "id")
    page = keyset_page(
        rows if order == "-id" else rows.filter(deadline__isnull=False), order, request.GET.get("cursor")
    )
    waiting = visible.exclude(status=Status.RESOLVED)
    counts = capped_counts({"": waiting, "late": waiting.filter(deadline__lt=timezone.now())})
    states = [("", _("Unanswered")), ("late", _("Past the deadline")), *Status.choices, ("all", _("All"))]
    context = {
        "page": page,
        "filter": found,
        "now": timezone.now(),
        "tabs": [
            {
                "label": label,
                "href": changed_query(request, status=name),
                "current": name == now,
                "count": counts.get(name),
            }
            for name, label in states
        ],
        "may_see_returns": may(request.user, "aftersales.view_returnrequest"),
        "narrowed": any(request.GET.get(name) for name in ("q", "status", "kind", "severity", "mine")),
    }
    block = "rows" if "cursor" in request.GET else "list"
    return render_page(request, "aftersales/cases.html", context, block=block)


@perm_required("aftersales.add_servicecase")
def new(request: HttpRequest) -> HttpResponse:
    """Open a case on an order: `?order=SO-…`."""
    order = order_or_404(request)
    form = CaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            case = services.open_case(order, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except BusinessError as error:
            add_error(form, error)
        else:
            messages.success(request, _("Case %(number)s was opened.") % {"number": case.number})
            return go(request, case)
    context = {"order": order, "form": form, "hours": services.HOURS_TO_ANSWER}
    return render_page(request, "aftersales/case_new.html", context, status=422 if request.method == "POST" else 200)


def _or_404(request: HttpRequest, number: str) -> ServiceCase:
    rows = ServiceCase.objects.visible_to(request.user)  # type: ignore[arg-type]
    return get_or_404(rows.select_related("order__customer", "owner", "created_by"), number=number)


def _context(request: HttpRequest, case: ServiceCase, form: ActionForm | None = None) -> dict[str, Any]:
    returns = ReturnRequest.objects.visible_to(request.user).filter(order=case.order_id)  # type: ignore[arg-type]
    is_open = case.status != Status.RESOLVED
    return {
        "case": case,
        "moves": list(moves(case, request.user)),  # type: ignore[arg-type]
        "talk": talk_of(case, request.user),
        "returns": list(returns.order_by("id")),
        "is_late": is_open and case.deadline is not None and case.deadline < timezone.now(),
        "may_act": is_open and may(request.user, "aftersales.change_servicecase"),
        "may_return": may(request.user, "aftersales.add_returnrequest"),
        "form": form or ActionForm(),
    }


@require_GET
@perm_required("aftersales.view_servicecase")
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """A case: what happened, what was done, who handles it until when."""
    return render_page(request, "aftersales/case.html", _context(request, _or_404(request, number)))


@require_POST
@perm_required("aftersales.view_servicecase")
def transition(request: HttpRequest, number: str, name: str = "") -> HttpResponse:
    """Take over, resolve, open again."""
    case = _or_404(request, number)
    name, note = name or request.POST.get("transition", ""), request.POST.get("note", "")
    advance(case, name, by=request.user, note=note)  # type: ignore[arg-type]
    return go(request, case)


@require_POST
@perm_required("aftersales.view_servicecase", "aftersales.change_servicecase")
def act(request: HttpRequest, number: str) -> HttpResponse:
    """Write down what was done."""
    case, form = _or_404(request, number), ActionForm(request.POST)
    if form.is_valid():
        try:
            services.add_action(case, text=form.cleaned_data["text"], by=request.user)  # type: ignore[arg-type]
        except BusinessError as error:
            case.refresh_from_db()
            add_error(form, error)
        else:
            return go(request, case)
    return render_page(request, "aftersales/case.html", _context(request, case, form), status=422)
