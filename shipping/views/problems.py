"""Parcels in trouble: the queue by deadline, and one problem with what to do about it."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp.models import User
from erp.talk.kinds import holders
from erp.web import capped_counts, changed_query, get_or_404, go, keyset_page, may, perm_required, render_page
from erp.web.talk import talk_of
from erp.workflow import moves
from shipping import services
from shipping.carriage import PROPOSALS
from shipping.models import ParcelProblem, Trouble

CHANGE = "shipping.change_parcelproblem"
Status = ParcelProblem.Status


@require_GET
@perm_required("shipping.view_parcelproblem")
def problem_list(request: HttpRequest) -> HttpResponse:
    """Open problems, the nearest deadline on top; mine, late, settled."""
    rows = ParcelProblem.objects.visible_to(request.user)  # type: ignore[arg-type]
    waiting = rows.filter(status=Status.OPEN)
    views = {
        "": waiting,
        "mine": waiting.filter(owner=request.user),
        "late": waiting.filter(deadline__lt=timezone.now()),
        "settled": rows.filter(status=Status.RESOLVED),
    }
    labels = {"": _("Open"), "mine": _("Mine"), "late": _("Past the deadline"), "settled": _("Settled")}
    now = request.GET.get("view", "")
    now = now if now in views else ""
    found = _filtered(request, views[now])
    order: Any = "-id" if now == "settled" else ("deadline", "id")
    page = keyset_page(
        found.select_related("order__customer", "owner", "parcel__carrier", "parcel__shipment"),
        order,
        request.GET.get("cursor"),
    )
    counts = capped_counts({name: views[name] for name in ("", "mine", "late")})
    context = {
        "page": page,
        "now": timezone.now(),
        "tabs": [
            {
                "label": label,
                "href": changed_query(request, view=name or None),
                "count": counts.get(name),
                "current": name == now,
            }
            for name, label in labels.items()
        ],
        "troubles": [("", _("Every problem")), *Trouble.choices],
        "narrowed": bool(request.GET.get("q") or request.GET.get("trouble")),
    }
    block = "rows" if "cursor" in request.GET else "list"
    return render_page(request, "shipping/problems.html", context, block=block)


def _filtered(request: HttpRequest, rows: Any) -> Any:
    if request.GET.get("trouble") in Trouble.values:
        rows = rows.filter(trouble=request.GET["trouble"])
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(
            Q(number__icontains=words)
            | Q(order__number__icontains=words)
            | Q(order__customer__name__icontains=words)
            | Q(parcel__tracking_number__iexact=words)
        )
    return rows


def _or_404(request: HttpRequest, number: str) -> ParcelProblem:
    rows = ParcelProblem.objects.visible_to(request.user)  # type: ignore[arg-type]
    related = rows.select_related("order__customer", "owner", "parcel__carrier", "parcel__shipment", "created_by")
    return get_or_404(related, number=number)


@require_GET
@perm_required("shipping.view_parcelproblem")
def problem_page(request: HttpRequest, number: str) -> HttpResponse:
    """What is wrong, what to do, who does it until when."""
    problem = _or_404(request, number)
    is_open = problem.status == Status.OPEN
    acts = is_open and may(request.user, CHANGE)
    context = {
        "problem": problem,
        "proposal": PROPOSALS[problem.trouble],
        "events": list(problem.parcel.events.order_by("-at", "-id")[:20]),
        "moves": list(moves(problem, request.user)),  # type: ignore[arg-type]
        "people": [(one.pk, str(one)) for one in holders(CHANGE).order_by("name", "username")] if acts else [],
        "is_late": is_open and problem.deadline < timezone.now(),
        "may_take": acts and problem.owner_id != request.user.pk,
        "talk": talk_of(problem, request.user),
        "sees_shipment": may(request.user, "shipping.view_shipment"),
    }
    return render_page(request, "shipping/problem.html", context)


@require_POST
@perm_required("shipping.view_parcelproblem", CHANGE)
def problem_owner(request: HttpRequest, number: str) -> HttpResponse:
    """Give it to somebody; without a name to oneself."""
    problem = _or_404(request, number)
    chosen = request.POST.get("owner", "")
    owner = get_or_404(User.objects.filter(is_active=True), pk=int(chosen)) if chosen.isdecimal() else request.user
    services.take_problem(problem, owner=owner, by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("%(person)s looks after it now.") % {"person": owner})
    return go(request, problem)


@require_POST
@perm_required("shipping.view_parcelproblem")
def problem_transition(request: HttpRequest, number: str) -> HttpResponse:
    """Settle it, or open it again."""
    problem = _or_404(request, number)
    services.settle_problem(
        problem,
        request.POST.get("transition", ""),
        by=request.user,  # type: ignore[arg-type]
        note=request.POST.get("note", ""),
    )
    messages.success(
        request, _("%(problem)s: %(status)s.") % {"problem": problem, "status": problem.get_status_display()}
    )
    return go(request, problem)
