"""The order's page: where it stands, what it waits for, what can be done, and everything that belongs to it."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp.documents.pdf import pdf_response, render_pdf
from erp.models import StatusChange
from erp.privacy import may_see_personal_data
from erp.related import RelatedGroup, Step, related_to
from erp.web import back_url, get_or_404, go, live_token, may, perm_required, render_page, unchanged
from erp.web.formats import dt
from erp.web.talk import talk_mark, talk_of
from erp.workflow import advance
from inventory.selectors import stock_figures
from orders import services
from orders.amendments import amendments_of
from orders.approvals import chain, order_moves, present_level
from orders.models import OrderCheck, OrderLine, SalesOrder
from orders.papers import CONFIRMATION, confirmation_context, ship_to_shown
from orders.substatuses import choices_for
from orders.views.amendments import why_not as why_not_amendable
from orders.views.splitting import splitting_of
from orders.waiting import waits_for

Status = SalesOrder.Status
PATH = (
    Status.PENDING,
    Status.APPROVED,
    Status.IN_PRODUCTION,
    Status.READY_TO_SHIP,
    Status.SHIPPED,
    Status.COMPLETED,
)
SEVERITY_ORDER = {OrderCheck.Severity.BLOCK: 0, OrderCheck.Severity.WARN: 1, OrderCheck.Severity.PASS: 2}


def _order(request: HttpRequest, number: str) -> SalesOrder:
    rows = SalesOrder.objects.visible_to(request.user)
    return get_or_404(
        rows.select_related(
            "customer", "channel", "salesperson", "warehouse", "hold_by", "created_by", "project", "sub_status"
        ),
        number=number,
    )


def _changes(order: SalesOrder) -> list[StatusChange]:
    rows = StatusChange.objects.filter(document_type=order._meta.label, document_id=order.pk)
    return list(rows.select_related("by").order_by("id"))


def stepper(order: SalesOrder, changes: Iterable[StatusChange]) -> list[dict[str, Any]]:
    """The order's way with the time each state was first entered, the present one last; production where there is any."""
    entered: dict[str, Any] = {}
    for change in changes:
        # An order that waited for stock again came to 已审核 twice: what is behind it counts from the first time.
        if change.target == order.status and change.source != change.target:
            entered[change.target] = change.at
        entered.setdefault(change.target, change.at)
    broken = order.status in (Status.REJECTED, Status.CANCELLED)
    path = [status for status in PATH if status != Status.IN_PRODUCTION or status in entered or order.status == status]
    reached = path.index(Status(order.status)) if not broken else _furthest(path, entered)
    steps = [
        {
            "label": str(status.label),
            "at": entered.get(status) if place <= reached else None,
            "state": _state(place, reached, broken=broken, last=len(path) - 1),
        }
        for place, status in enumerate(path)
    ]
    if broken:
        stop = {"label": order.get_status_display(), "at": entered.get(order.status), "state": "failed"}
        return [*steps[: reached + 1], stop]
    return steps


def _furthest(path: list[Any], entered: dict[str, Any]) -> int:
    return max((place for place, status in enumerate(path) if status in entered), default=0)


def _state(place: int, reached: int, *, broken: bool, last: int) -> str:
    if place < reached or broken or place == reached == last:
        return "done"
    return "current" if place == reached else "todo"


def _bar(line: OrderLine) -> list[tuple[str, Decimal, str]]:
    """How far the line is, as parts that lie side by side."""
    kept = line.shipped - line.returned
    packed = line.picked - line.shipped
    waiting = max(line.reserved - packed, Decimal(0))
    return [
        ("returned", line.returned, _("returned")),
        ("green", min(line.delivered, kept), _("delivered")),
        ("blue", max(kept - line.delivered, Decimal(0)), _("shipped")),
        ("picked", packed, _("picked")),
        ("reserved", waiting, _("reserved")),
    ]


def _lines(order: SalesOrder) -> list[dict[str, Any]]:
    lines = list(order.lines.all())
    open_states = (Status.PENDING, Status.REJECTED, *SalesOrder.FULFILLING)
    short = [line for line in lines if order.status in open_states and line.short > 0 and line.product.is_stocked]
    stock = stock_figures({line.product_id for line in short}, order.warehouse_id) if short else {}
    if order.status in SalesOrder.EDITABLE:  # nothing is reserved yet: only what stock does not cover is worth a word
        short = [line for line in short if stock[line.product_id].available < line.quantity]
    return [
        {"line": line, "bar": _bar(line), "stock": stock.get(line.product_id), "short": line in short} for line in lines
    ]


def _times(order: SalesOrder) -> list[tuple[str, str]]:
    """What has been reached, with its time."""
    reached = [
        (_("Approved at"), order.approved_at),
        (_("Shipped at"), order.shipped_at),
        (_("Delivered at"), order.delivered_at),
        (_("Settled at"), order.settled_at),
    ]
    return [(label, dt(at)) for label, at in reached if at]


def _next_step(groups: list[RelatedGroup]) -> Step | None:
    """What the person would do next in another app: pick, hand over, record the payment."""
    return next((group.step for group in groups if group.step), None)


@require_GET
@perm_required("orders.view_salesorder")
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """Everything about one order that this person may see."""
    order = _order(request, number)
    checks = list(order.checks.all())
    if services.is_stale(order, checks) and services.freshen(order.pk):
        checks = list(order.checks.all())
    changes = _changes(order)
    changed = amendments_of(order)
    prefetch_related_objects([order], Prefetch("lines", OrderLine.objects.select_related("product")))
    wait = waits_for([order], request.user)[order.pk]
    facts = (
        order.status,
        order.sub_status_id,
        order.version,
        order.payment_state,
        order.hold_reason,
        len(changes),
        order.paid,
        order.archived_at,
    )
    facts += tuple((one.serial, one.status, one.revision) for one in changed)  # type: ignore[assignment]
    said = talk_mark(order)
    token = live_token(*facts, wait.text, *(cause.text for cause in wait.also), *said)
    if same := unchanged(request, token):
        return same
    user = request.user
    groups = related_to(order, user)
    next_moves = order_moves(order, user)
    approvals = chain(order)
    checks.sort(key=lambda check: SEVERITY_ORDER.get(check.severity, 3))
    context = {
        "order": order,
        "token": token,
        "wait": wait,
        "steps": stepper(order, changes),
        "moves": next_moves,
        "sub_choices": choices_for(order, user),
        "step": None if any(move.allowed and move.kind == "primary" for move in next_moves) else _next_step(groups),
        "lines": _lines(order),
        "times": _times(order),
        "checks": checks,
        "approvals": approvals,
        "approval_level": present_level(approvals),
        "decides": next((move for move in next_moves if move.name == "approve" and move.allowed), None),
        "checks_open": order.status in (Status.PENDING, Status.REJECTED),
        "ship_to": ship_to_shown(order, user),
        "masked": not may_see_personal_data(user),
        "groups": groups,
        "talk": talk_of(order, user, changes=changes, quiet=not any(said)),
        "may_restore": bool(order.archived_at) and may(user, "orders.restore_salesorder"),
        "amendments": changed,
        "not_amendable": why_not_amendable(order),
        "may_edit": order.status in SalesOrder.EDITABLE and may(user, "orders.change_salesorder"),
        "may_bill": may(user, "finance.view_invoice"),
        "may_copy": may(user, "orders.add_salesorder"),
        "may_hold": may(user, "orders.hold_salesorder") and order.status in (Status.PENDING, *SalesOrder.FULFILLING),
        "splitting": splitting_of(order, user),
        "may_see_project": may(user, "orders.view_project"),
        "may_assign_project": may(user, "orders.view_project") and may(user, "orders.change_salesorder"),
        "not_editable": not may(user, "orders.change_salesorder"),
    }
    return render_page(request, "orders/detail.html", context)


@require_POST
@perm_required("orders.view_salesorder")
def transition(request: HttpRequest, number: str, name: str = "") -> HttpResponse:
    """Move the order by the step named in the address, or in the field `transition`."""
    order = _order(request, number)
    name, note = name or request.POST.get("transition", ""), request.POST.get("note", "")
    if name in ("approve", "reject"):
        services.decide(order, name == "approve", by=request.user, note=note)
    else:
        advance(order, name, by=request.user, note=note)
    order.refresh_from_db()
    if name == "approve" and order.status == Status.PENDING:
        messages.success(request, _("%(number)s: your decision is recorded.") % {"number": order.number})
        return go(request, back_url(request, order.get_absolute_url()))
    messages.success(
        request, _("%(number)s: now “%(status)s”.") % {"number": order.number, "status": order.get_status_display()}
    )
    return go(request, back_url(request, order.get_absolute_url()))


@require_POST
@perm_required("orders.view_salesorder")
def hold(request: HttpRequest, number: str) -> HttpResponse:
    """Put the order on hold with a reason, or (`act=release`) let it go on."""
    order = _order(request, number)
    if request.POST.get("act") == "release":
        services.release_hold(order, by=request.user)
        messages.success(request, _("%(number)s is not on hold any more.") % {"number": order.number})
    else:
        services.hold(order, by=request.user, reason=request.POST.get("reason", ""))
        messages.success(request, _("%(number)s is on hold.") % {"number": order.number})
    return go(request, back_url(request, order.get_absolute_url()))


@require_POST
@perm_required("orders.view_salesorder")
def recheck(request: HttpRequest, number: str) -> HttpResponse:
    """Run the automatic checks again, after something outside the order was mended."""
    order = _order(request, number)
    found = services.recheck(order, by=request.user)
    left = sum(check.severity != OrderCheck.Severity.PASS for check in found)
    if left:
        messages.warning(request, _("Checked again: %(count)s findings remain.") % {"count": left})
    else:
        messages.success(request, _("Checked again: everything passes."))
    return go(request, order)


@require_POST
@perm_required("orders.view_salesorder", "orders.change_salesorder")
def reserve(request: HttpRequest, number: str) -> HttpResponse:
    """Reserve what lies free in stock for an order that waits for it."""
    order = _order(request, number)
    services.reallocate(order, by=request.user)
    messages.success(request, _("%(number)s: what is free in stock is reserved for it.") % {"number": order.number})
    return go(request, order)


@require_GET
@perm_required("orders.view_salesorder")
def confirmation(request: HttpRequest, number: str) -> HttpResponse:
    """The order confirmation (销售订单确认) as PDF, for the customer to sign."""
    order = _order(request, number)
    content = render_pdf(CONFIRMATION, confirmation_context(order, request.user))
    return pdf_response(f"{order.number}.pdf", content)
