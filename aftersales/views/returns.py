"""Returns: the list, asking for one, taking goods in, crediting."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from aftersales import services
from aftersales.filters import ReturnFilter
from aftersales.forms import Quantities, ReturnForm
from aftersales.models import ReturnRequest
from aftersales.views.common import order_or_404
from erp.documents.xlsx import xlsx_response
from erp.errors import BusinessError
from erp.models import StatusChange
from erp.money import ZERO
from erp.web import add_error, changed_query, get_or_404, go, keyset_page, may, perm_required, render_page, require_perm
from erp.web.talk import talk_of
from erp.workflow import advance, moves
from finance.models import Invoice
from orders.models import OrderLine

Status = ReturnRequest.Status
LINE = "line_"
RECEIVED = "received_"


def _found(request: HttpRequest) -> Any:
    rows = ReturnRequest.objects.visible_to(request.user).select_related("order__customer", "created_by")  # type: ignore[arg-type]
    found = ReturnFilter(request.GET, queryset=rows, user=request.user)
    return found, found.qs if request.GET.get("status") else found.qs.filter(status__in=ReturnRequest.OPEN)


@require_GET
@perm_required("aftersales.view_returnrequest")
def return_list(request: HttpRequest) -> HttpResponse:
    """Returns, the newest first; those that still need somebody unless asked otherwise."""
    found, rows = _found(request)
    page = keyset_page(rows.prefetch_related("lines__order_line__product"), "-id", request.GET.get("cursor"))
    now = request.GET.get("status", "")
    states = [("", _("Unfinished")), *Status.choices, ("all", _("All"))]
    context = {
        "page": page,
        "filter": found,
        "tabs": [
            {"label": label, "href": changed_query(request, status=name), "current": name == now}
            for name, label in states
        ],
        "may_see_cases": may(request.user, "aftersales.view_servicecase"),
        "narrowed": any(request.GET.get(name) for name in ("q", "status", "reason")),
    }
    block = "rows" if "cursor" in request.GET else "list"
    return render_page(request, "aftersales/returns.html", context, block=block)


@require_GET
@perm_required("aftersales.view_returnrequest")
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows, as a spreadsheet: one row for each line."""
    _filter, rows = _found(request)

    def cells() -> Iterator[list[Any]]:
        lines = rows.order_by("-id").prefetch_related("lines__order_line__product")
        for row in lines.iterator(chunk_size=500):
            for line in row.lines.all():
                yield [
                    row.number,
                    row.order.number,
                    row.order.customer.name,
                    row.get_reason_display(),
                    line.order_line.product.sku,
                    line.order_line.product.name,
                    line.quantity,
                    line.received,
                    row.get_status_display(),
                    row.created_at,
                ]

    heads = [
        _("Number"),
        _("Sales order"),
        _("Customer"),
        _("Reason"),
        _("SKU"),
        _("Product"),
        _("Quantity"),
        _("Received"),
        _("Status"),
        _("Asked at"),
    ]
    return xlsx_response(f"returns-{timezone.localdate():%Y%m%d}.xlsx", heads, cells(), title=_("Returns"))


@perm_required("aftersales.add_returnrequest")
def new(request: HttpRequest) -> HttpResponse:
    """Ask for goods of an order to come back: `?order=SO-…`."""
    order = order_or_404(request)
    lines: list[OrderLine] = list(order.lines.filter(shipped__gt=0).select_related("product"))
    quantities = Quantities(lines, services.returnable_of(order), request.POST, prefix=LINE)
    form = ReturnForm(request.POST or None)
    if request.method == "POST" and form.is_valid() & quantities.is_valid():
        try:
            found = services.request_return(
                order,
                lines=quantities.values,
                by=request.user,  # type: ignore[arg-type]
                **form.cleaned_data,
            )
        except BusinessError as error:
            if not quantities.refuse(error.field, f"{error.message} {error.hint}"):
                add_error(form, error)
        else:
            messages.success(request, _("Return %(number)s was opened.") % {"number": found.number})
            return go(request, found)
    context = {"order": order, "form": form, "quantities": quantities}
    return render_page(request, "aftersales/return_new.html", context, status=422 if request.method == "POST" else 200)


def _or_404(request: HttpRequest, number: str) -> ReturnRequest:
    rows = ReturnRequest.objects.visible_to(request.user)  # type: ignore[arg-type]
    return get_or_404(rows.select_related("order__customer", "order__warehouse", "created_by"), number=number)


def _context(request: HttpRequest, found: ReturnRequest, quantities: Quantities | None = None) -> dict[str, Any]:
    lines = list(found.lines.select_related("order_line__product").order_by("order_line__position"))
    may_receive = found.status == Status.APPROVED and may(request.user, "aftersales.receive_returnrequest")
    if may_receive and quantities is None:
        agreed = {f"{RECEIVED}{line.pk}": f"{line.quantity.normalize():f}" for line in lines}
        quantities = Quantities(lines, {line.pk: line.quantity for line in lines}, agreed, prefix=RECEIVED)
    credits = Invoice.objects.visible_to(request.user).filter(source_key=f"return:{found.pk}")  # type: ignore[arg-type]
    return {
        "found": found,
        "lines": lines,
        "moves": [move for move in moves(found, request.user) if move.name != "receive"],  # type: ignore[arg-type]
        "quantities": quantities if may_receive else None,
        "error": None,
        "sellable": set(request.POST.getlist("sellable")),
        "credit": credits.first(),
        "worth": sum((_worth(line) for line in lines), ZERO) if _may_see_prices(request.user) else None,
        "steps": _steps(found),
        "talk": talk_of(found, request.user),
    }


def _may_see_prices(user: Any) -> bool:
    return may(user, "finance.view_invoice") or may(user, "aftersales.decide_returnrequest")


def _steps(found: ReturnRequest) -> list[dict[str, Any]]:
    """Where the return stands, for the stepper. One query."""
    changes = StatusChange.objects.filter(document_type=found._meta.label, document_id=found.pk)
    reached = dict(changes.order_by("id").values_list("target", "at"))
    way = [Status.REQUESTED, Status.APPROVED, Status.RECEIVED, Status.CLOSED]
    if found.status == Status.REFUSED:
        way = [Status.REQUESTED, Status.REFUSED]
    at = way.index(Status(found.status))
    last = {Status.CLOSED: "done", Status.REFUSED: "failed"}.get(Status(found.status), "current")
    return [
        {
            "label": status.label,
            "at": reached.get(status),
            "state": "done" if place < at else last if place == at else "todo",
        }
        for place, status in enumerate(way)
    ]


def _worth(line: Any) -> Any:
    """What the goods were sold for, with tax, about: the credit note says it exactly."""
    sold = line.order_line
    return sold.total * (line.received or line.quantity) / sold.quantity


@require_GET
@perm_required("aftersales.view_returnrequest")
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """A return: what is to come back, what came, and the next step."""
    return render_page(request, "aftersales/return.html", _context(request, _or_404(request, number)))


@require_POST
@perm_required("aftersales.view_returnrequest")
def transition(request: HttpRequest, number: str, name: str = "") -> HttpResponse:
    """Accept, refuse, or credit and close."""
    found = _or_404(request, number)
    name, note = name or request.POST.get("transition", ""), request.POST.get("note", "")
    if name == "close":
        services.close_return(found, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("%(number)s is credited and closed.") % {"number": found.number})
    else:
        advance(found, name, by=request.user, note=note)  # type: ignore[arg-type]
    return go(request, found)


@require_POST
@perm_required("aftersales.view_returnrequest")
def receive(request: HttpRequest, number: str) -> HttpResponse:
    """The warehouse enters what came back, and what of it can be sold again."""
    require_perm(request.user, "aftersales.receive_returnrequest")
    found = _or_404(request, number)
    lines = list(found.lines.select_related("order_line__product").order_by("order_line__position"))
    quantities = Quantities(lines, {line.pk: line.quantity for line in lines}, request.POST, prefix=RECEIVED)
    error: BusinessError | None = None
    if quantities.is_valid():
        sellable = {int(pk) for pk in request.POST.getlist("sellable") if pk.isdigit()}
        try:
            services.receive_return(
                found,
                received=quantities.values,
                sellable=sellable,
                by=request.user,  # type: ignore[arg-type]
            )
        except BusinessError as refusal:
            found.refresh_from_db()
            error = None if quantities.refuse(refusal.field, refusal.message) else refusal
        else:
            messages.success(request, _("The goods of %(number)s are in stock.") % {"number": found.number})
            return go(request, found)
    context = {**_context(request, found, quantities), "error": error}
    return render_page(request, "aftersales/return.html", context, status=422)
