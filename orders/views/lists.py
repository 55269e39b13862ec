"""The order list, its board, its export, and acts on many orders at once."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp.documents.xlsx import xlsx_response
from erp.errors import BusinessError
from erp.web import (
    capped_counts,
    changed_query,
    is_partial,
    keyset_page,
    live_token,
    may,
    perm_required,
    render_page,
    sort_order,
    unchanged,
)
from orders import services
from orders.drafts import recent
from orders.filters import OrderFilter
from orders.models import SalesOrder, Tag
from orders.substatuses import label_of
from orders.waiting import waits_for

BOARD = (
    SalesOrder.Status.PENDING,
    SalesOrder.Status.APPROVED,
    SalesOrder.Status.IN_PRODUCTION,
    SalesOrder.Status.READY_TO_SHIP,
    SalesOrder.Status.SHIPPED,
)
BOARD_CARDS = 15
EXPORT_ROWS = 50_000
BULK_LIMIT = 200
FOLDED = ("salesperson", "since", "until", "due", "late", "held", "mine")  # filters behind “more filters”
CHIPS = (
    "q",
    "channel",
    "customer",
    "project",
    "salesperson",
    "since",
    "until",
    "shipped_since",
    "shipped_until",
    "due",
    "payment",
    "sub_status",
    "tag",
    "late",
    "held",
    "mine",
)


def _filtered(request: HttpRequest) -> OrderFilter:
    rows = SalesOrder.objects.visible_to(request.user).select_related(
        "customer", "channel", "salesperson", "sub_status"
    )
    found = OrderFilter(request.GET, queryset=rows, user=request.user)
    found.form.is_valid()
    return found


def _fingerprint(order: SalesOrder) -> tuple[Any, ...]:
    """What of an order the list shows and others may change."""
    return (
        order.pk,
        order.status,
        order.sub_status_id,
        order.version,
        order.payment_state,
        order.hold_reason,
        order.promised_date,
    )


def _tabs(request: HttpRequest, found: OrderFilter, counts: dict[str, str]) -> list[dict[str, Any]]:
    chosen = found.form.cleaned_data.get("status") or []
    tabs = [{"label": _("All"), "href": changed_query(request, status=None), "current": not chosen}]
    tabs += [
        {
            "label": str(SalesOrder.Status(status).label),
            "href": changed_query(request, status=status),
            "count": counts[status],
            "current": chosen == [status],
        }
        for status in SalesOrder.Status.values
    ]
    return tabs


def _chip_values(found: OrderFilter) -> dict[str, str]:
    """How the active filters read on their chips."""
    data = found.form.cleaned_data
    values = {name: str(data[name]) for name in ("channel", "salesperson") if data.get(name)}
    values |= {name: _("yes") for name in ("late", "held", "mine") if data.get(name)}
    if data.get("payment"):
        values["payment"] = str(SalesOrder.PaymentState(data["payment"]).label)
    if chosen := data.get("tag"):
        values["tag"] = dict(Tag.offered()).get(chosen, chosen)
    if chosen := data.get("sub_status"):
        values["sub_status"] = label_of(chosen)
    return values


def _context(request: HttpRequest, found: OrderFilter, counts: dict[str, str]) -> dict[str, Any]:
    return {
        "filter": found.form,
        "tabs": _tabs(request, found, counts),
        "chips": {name: str(found.form.fields[name].label) for name in CHIPS},
        "chip_values": _chip_values(found),
        "may_add": may(request.user, "orders.add_salesorder"),
        "may_approve": may(request.user, "orders.approve_salesorder"),
        "more_filters": sum(bool(request.GET.get(name)) for name in FOLDED),
        "chips_active": any(request.GET.get(name) for name in (*CHIPS, "status")),
        "today": timezone.localdate(),
    }


def _counts(found: OrderFilter) -> dict[str, str]:
    rows = found.without_status
    return capped_counts({status: rows.filter(status=status) for status in SalesOrder.Status.values})


@require_GET
@perm_required("orders.view_salesorder")
def order_list(request: HttpRequest) -> HttpResponse:
    """Orders by status with everything that narrows them, as a table or as a board."""
    found = _filtered(request)
    if request.GET.get("view") == "board":
        return _board(request, found)
    order = sort_order(request.GET.get("sort"), {"due": "promised_date"}, "-id")
    page = keyset_page(found.qs.prefetch_related("customer__tags"), order, request.GET.get("cursor"))
    if "cursor" in request.GET:
        return render_page(
            request,
            "orders/list.html",
            {"page": page, "waits": waits_for(page, request.user), **_context(request, found, _zero())},
            block="rows",
        )
    counts, waits = _counts(found), waits_for(page, request.user)
    token = live_token(*counts.values(), *map(_fingerprint, page), *(wait.text for wait in waits.values()))
    if same := unchanged(request, token):
        return same
    context = {**_context(request, found, counts), "page": page, "waits": waits, "token": token}
    if not is_partial(request):
        context["drafts"] = recent(request.user)
    return render_page(request, "orders/list.html", context, block="list")


def _zero() -> dict[str, str]:
    return dict.fromkeys(SalesOrder.Status.values, "")


def _board(request: HttpRequest, found: OrderFilter) -> HttpResponse:
    counts = _counts(found)
    rows = found.without_status
    columns = [(status, list(rows.filter(status=status).order_by("-id")[:BOARD_CARDS])) for status in BOARD]
    cards = [order for _status, column in columns for order in column]
    waits = waits_for(cards, request.user)
    token = live_token(*counts.values(), *map(_fingerprint, cards), *(wait.text for wait in waits.values()))
    if same := unchanged(request, token):
        return same
    context = {
        **_context(request, found, counts),
        "columns": [
            {"status": status, "label": str(status.label), "count": counts[status], "orders": column}
            for status, column in columns
        ],
        "waits": waits,
        "token": token,
    }
    return render_page(request, "orders/board.html", context, block="list")


@require_GET
@perm_required("orders.view_salesorder")
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as a workbook, newest first."""
    rows = _filtered(request).qs.prefetch_related("customer__tags").order_by("-id")
    newest = islice(rows.iterator(chunk_size=2000), EXPORT_ROWS)
    return xlsx_response(
        f"orders-{timezone.localdate():%Y%m%d}.xlsx", _headings(), map(_export_row, newest), title=_("Sales orders")
    )


def _headings() -> list[str]:
    return [
        _("Number"),
        _("Status"),
        _("Customer code"),
        _("Customer"),
        _("Channel"),
        _("External number"),
        _("Salesperson"),
        _("Ordered at"),
        _("Promised date"),
        _("Currency"),
        _("Amount without tax"),
        _("Tax"),
        _("Total with tax"),
        _("Paid"),
        _("Payment"),
        _("Special wishes"),
        _("Sub-status"),
        _("Customer tags"),
    ]


def _export_row(order: SalesOrder) -> list[Any]:
    return [
        order.number,
        order.get_status_display(),
        order.customer.code,
        order.customer.name,
        str(order.channel),
        order.external_number,
        str(order.salesperson or ""),
        order.ordered_at,
        order.promised_date,
        order.currency,
        order.untaxed,
        order.tax,
        order.total,
        order.paid,
        order.get_payment_state_display(),
        order.customer_note,
        str(order.sub_status or ""),
        "、".join(tag.name for tag in order.customer.tags.all()),
    ]


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of one order of a bulk act: done, or why not."""

    order: SalesOrder
    done: bool
    reason: str = ""


@require_POST
@perm_required("orders.view_salesorder")
def bulk(request: HttpRequest) -> HttpResponse:
    """Approve the ticked orders one by one; the sheet says what ran, what did not and why."""
    if not may(request.user, "orders.approve_salesorder"):
        raise PermissionDenied(_("Your role does not include approving orders."))
    numbers = list(dict.fromkeys(request.POST.getlist("selected")))
    rows = SalesOrder.objects.visible_to(request.user).select_related("customer")
    orders = sorted(rows.filter(number__in=numbers[:BULK_LIMIT]), key=lambda order: numbers.index(order.number))
    results = [_approve(order, request.user) for order in orders]
    context = {
        "results": results,
        "done": sum(result.done for result in results),
        "left_out": max(0, len(numbers) - BULK_LIMIT),
        "limit": BULK_LIMIT,
    }
    return render_page(request, "orders/bulk.html", context)


def _approve(order: SalesOrder, user: Any) -> BulkResult:
    try:
        services.decide(order, True, by=user)
    except BusinessError as refusal:
        return BulkResult(order, False, f"{refusal.message} {refusal.hint}".strip())
    order.refresh_from_db()
    return BulkResult(order, True)
