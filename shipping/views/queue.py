"""The queue: what waits for whom between the shelf and the customer's door."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from erp.web import capped_count, changed_query, keyset_page, live_token, may, render_page, require_perm, unchanged
from erp.web.access import staff_required
from shipping.models import Carrier, PickList, Shipment


@dataclass(frozen=True, slots=True)
class Tab:
    """One step of the way: which documents wait there, and in which order they are shown."""

    key: str
    label: str | Promise
    model: type[PickList] | type[Shipment]
    status: str
    order: tuple[str, ...]


URGENT = ("-order__priority", "order__promised_date", "id")
TABS = [
    Tab("pick", _("To pick"), PickList, PickList.Status.OPEN, URGENT),
    Tab("pack", _("To pack"), PickList, PickList.Status.PICKED, URGENT),
    Tab("hand_over", _("To hand over"), Shipment, Shipment.Status.PACKED, URGENT),
    Tab("transit", _("On the way"), Shipment, Shipment.Status.IN_TRANSIT, ("expected_on", "id")),
    Tab("exception", _("Problems"), Shipment, Shipment.Status.EXCEPTION, ("expected_on", "id")),
    Tab("delivered", _("Delivered"), Shipment, Shipment.Status.DELIVERED, ("-id",)),
]
# Whose work a step is.
ACTS = {
    "pick": "shipping.pick_picklist",
    "pack": "shipping.pack_shipment",
    "hand_over": "shipping.hand_over_shipment",
}


@require_GET
@staff_required
def queue(request: HttpRequest) -> HttpResponse:
    """One tab of the queue; without `?tab=` the first step that is this person's."""
    if not may(request.user, "shipping.view_picklist"):
        require_perm(request.user, "shipping.view_shipment")
    tab = next((one for one in TABS if one.key == request.GET.get("tab")), None) or _own_tab(request.user)
    rows = _filtered(request, _rows(request, tab), tab)
    page = keyset_page(rows, tab.order, request.GET.get("cursor"))
    counts = {one.key: capped_count(_rows(request, one), 1000) for one in TABS if one.key != "delivered"}
    token = live_token(tab.key, *[(row.pk, row.status) for row in page], *counts.values())
    if same := unchanged(request, token):
        return same
    context = {
        "tab": tab,
        "page": page,
        "is_picks": tab.model is PickList,
        "today": timezone.localdate(),
        "token": token,
        "tabs": [
            {
                "label": one.label,
                "href": changed_query(request, tab=one.key),
                "count": counts.get(one.key),
                "current": one is tab,
            }
            for one in TABS
        ],
        "carriers": [("", _("Every carrier")), *Carrier.objects.values_list("code", "name")],
        "acts": tab.key in ACTS and may(request.user, ACTS[tab.key]),
        "may_open": may(request.user, "shipping.pick_picklist"),
    }
    blocks = "rows" if "cursor" in request.GET else "list"
    return render_page(request, "shipping/list.html", context, block=blocks)


def _own_tab(user: Any) -> Tab:
    if may(user, "shipping.pick_picklist"):
        return TABS[0]
    return TABS[2] if may(user, "shipping.hand_over_shipment") else TABS[3]


def _rows(request: HttpRequest, tab: Tab) -> QuerySet[Any]:
    return tab.model.objects.visible_to(request.user).filter(status=tab.status)


def _filtered(request: HttpRequest, rows: QuerySet[Any], tab: Tab) -> QuerySet[Any]:
    if words := request.GET.get("q", "").strip():
        found = (
            Q(number__icontains=words)
            | Q(order__number__icontains=words)
            | Q(order__customer__name__icontains=words)
            | Q(order__customer__initials__istartswith=words)
        )
        if tab.model is Shipment:
            found |= Q(parcels__tracking_number__iexact=words)
        rows = rows.filter(pk__in=rows.filter(found).values("pk"))
    if tab.model is PickList:
        return rows.select_related("order__customer").annotate(stops=Count("lines", distinct=True))
    if carrier := request.GET.get("carrier"):
        rows = rows.filter(service__carrier__code=carrier)
    return rows.select_related("order__customer", "service__carrier").prefetch_related("parcels")
