"""The order list, its board, and its export."""

from itertools import chain, islice
from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from erp.admin import role_name
from erp.documents.xlsx import xlsx_response
from erp.jobs import under_way
from erp.saved_views import may_manage, tidy_query
from erp.web import (
    capped_counts,
    changed_query,
    go,
    is_partial,
    keyset_page,
    live_token,
    may,
    perm_required,
    render_page,
    sort_order,
    unchanged,
)
from erp.web.lists import total_order
from erp.web.saved_views import view_url
from orders.bulk import ACTS, MOST_EXPORTED, cells, chunks
from orders.columns import SORTS, Column, bring, offered
from orders.drafts import recent
from orders.filters import OrderFilter
from orders.models import SalesOrder, Tag
from orders.substatuses import label_of
from orders.views.layout import Layout, layout_of, person
from orders.waiting import Wait, waits_for

BOARD = (
    SalesOrder.Status.PENDING,
    SalesOrder.Status.APPROVED,
    SalesOrder.Status.IN_PRODUCTION,
    SalesOrder.Status.READY_TO_SHIP,
    SalesOrder.Status.SHIPPED,
)
BOARD_CARDS = 15
BULK_JOBS = ("orders.bulk", "orders.print", "orders.export")
FOLDED = ("salesperson", "since", "until", "due", "archived", "late", "held", "mine")  # filters behind “more filters”
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
    "archived",
    "late",
    "held",
    "mine",
)


def filtered(request: HttpRequest, columns: list[Column], query: Any = None) -> OrderFilter:
    """What the person sees, narrowed by the address (or by `query`)."""
    rows = bring(SalesOrder.objects.visible_to(person(request)), columns)
    found = OrderFilter(request.GET if query is None else query, queryset=rows, user=person(request))
    found.form.is_valid()
    return found


def order_of(request: HttpRequest, query: Any = None) -> str:
    """The column that the address sorts by; the newest first when it names none."""
    said = request.GET if query is None else query
    # Old orders are found by their day, not by going back to them from the newest.
    return sort_order(said.get("sort"), SORTS, "-ordered_at" if said.get("until") else "-id")


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
        order.archived_at,
    )


def _shown(orders: Any, columns: list[Column], waits: dict[int, Wait]) -> list[Any]:
    """What stands in the cells; the token of a list that follows others' changes covers it."""
    return [column.value(order, waits.get(order.pk)) for order in orders for column in columns]


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


def _context(request: HttpRequest, found: OrderFilter, counts: dict[str, str], layout: Layout) -> dict[str, Any]:
    user = person(request)
    return {
        "layout": layout,
        "columns": layout.columns,
        "view_links": [(view, view_url(view)) for view in layout.views.named],
        "view_query": tidy_query(request.GET.urlencode()),
        "manages": layout.opened is not None and may_manage(layout.opened, user),
        "may_share": may(user, "erp.share_savedview"),
        "acts": [act for act in ACTS.values() if act.may(user)],
        "filter": found.form,
        "tabs": _tabs(request, found, counts),
        "chips": {name: str(found.form.fields[name].label) for name in CHIPS},
        "chip_values": _chip_values(found),
        "may_add": may(request.user, "orders.add_salesorder"),
        "may_merge": may(request.user, "orders.merge_salesorder"),
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
    """Orders by status with everything that narrows them, as a table or as a board.

    The bare address opens the person's or their role's first view; `v=0` is the list without any.
    """
    layout = layout_of(request)
    if (first := layout.views.first) and "v" not in request.GET:
        if not request.META.get("QUERY_STRING") and not is_partial(request):
            return go(request, view_url(first))
        request.GET = request.GET.copy()  # type: ignore[assignment]
        request.GET["v"] = "0"  # so that taking the last filter away does not lead to the first view
    if request.GET.get("view") == "board":
        return _board(request, filtered(request, []), layout)
    found = filtered(request, layout.columns)
    page = keyset_page(found.qs, order_of(request), request.GET.get("cursor"))
    waits = waits_for(page, request.user) if any(column.code == "waits" for column in layout.columns) else {}
    if "cursor" in request.GET:
        context = {"page": page, "waits": waits, **_context(request, found, _zero(), layout)}
        return render_page(request, "orders/list.html", context, block="rows")
    counts = _counts(found)
    token = live_token(
        *counts.values(),
        *map(_fingerprint, page),
        *_shown(page, layout.columns, waits),
        layout.codes,
        *((view.pk, view.name, view.changed_at) for view in layout.views.named),
    )
    if same := unchanged(request, token):
        return same
    context = {**_context(request, found, counts, layout), "page": page, "waits": waits, "token": token}
    if not is_partial(request):
        context |= _around(request, layout)
    return render_page(request, "orders/list.html", context, block="list")


def _around(request: HttpRequest, layout: Layout) -> dict[str, Any]:
    """What stands around the list: drafts, work under way, the dialogs of columns and views."""
    user, codes = person(request), [column.code for column in layout.columns]
    others = [column for code, column in offered(user).items() if code not in codes]
    roles: list[dict[str, Any]] = []
    if layout.opened and layout.opened.shared and may(user, "erp.share_savedview"):
        chosen_roles = set(layout.opened.defaults.filter(role__isnull=False).values_list("role_id", flat=True))
        roles = [
            {"name": group.name, "label": role_name(group.name), "chosen": group.pk in chosen_roles}
            for group in Group.objects.order_by("id")
        ]
    return {
        "drafts": recent(user),
        "jobs": under_way(user, BULK_JOBS),
        "column_choice": [(column, True) for column in layout.columns] + [(column, False) for column in others],
        "view_roles": roles,
    }


def _zero() -> dict[str, str]:
    return dict.fromkeys(SalesOrder.Status.values, "")


def _board(request: HttpRequest, found: OrderFilter, layout: Layout) -> HttpResponse:
    counts = _counts(found)
    rows = found.without_status
    board = [(status, list(rows.filter(status=status).order_by("-id")[:BOARD_CARDS])) for status in BOARD]
    cards = [order for _status, column in board for order in column]
    waits = waits_for(cards, request.user)
    token = live_token(*counts.values(), *map(_fingerprint, cards), *(wait.text for wait in waits.values()))
    if same := unchanged(request, token):
        return same
    context = {
        **_context(request, found, counts, layout),
        "board": [
            {"status": status, "label": str(status.label), "count": counts[status], "orders": column}
            for status, column in board
        ],
        "waits": waits,
        "token": token,
    }
    if not is_partial(request):
        context |= _around(request, layout)
    return render_page(request, "orders/board.html", context, block="list")


@require_GET
@perm_required("orders.view_salesorder")
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as a workbook with the columns of the page, in its order."""
    layout = layout_of(request)
    rows = filtered(request, layout.columns).qs.order_by(*total_order(order_of(request)))
    newest = islice(rows.iterator(chunk_size=2000), MOST_EXPORTED)
    lines = chain.from_iterable(cells(chunk, layout.columns, person(request)) for chunk in chunks(newest))
    return xlsx_response(
        f"orders-{timezone.localdate():%Y%m%d}.xlsx",
        [str(column.label) for column in layout.columns],
        lines,
        title=_("Sales orders"),
    )
