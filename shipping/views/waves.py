"""Waves: what goes into one walk, who walks, and how far it is."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp.errors import BusinessError
from erp.models import User
from erp.web import capped_counts, changed_query, get_or_404, go, keyset_page, may, perm_required, render_page
from inventory.models import Warehouse
from orders.models import SalesOrder
from shipping import services
from shipping.models import PickList, PickReturn, Wave
from shipping.scanstate import lists_of, progress_of, returns_of, scan_state

MOST = 120  # lists offered at once
Status = Wave.Status
TABS = {
    "running": (Status.OPEN, Status.PICKING),
    "picked": (Status.PICKED,),
    "done": (Status.CLOSED, Status.CANCELLED),
}


def pickers() -> QuerySet[User]:
    """People who may pick."""
    right = Q(groups__permissions__codename="pick_picklist") | Q(user_permissions__codename="pick_picklist")
    people = User.objects.filter(right, is_active=True, is_portal=False)
    return people.distinct().order_by("name", "username")


def wave_or_404(request: HttpRequest, number: str) -> Wave:
    """A wave that the person may see."""
    waves = Wave.objects.visible_to(request.user)
    return get_or_404(waves.select_related("warehouse", "assignee", "created_by"), number=number)


@require_GET
@perm_required("shipping.view_picklist", "orders.view_all_orders")
def wave_list(request: HttpRequest) -> HttpResponse:
    """Waves by state, newest first."""
    tab = request.GET.get("tab", "running")
    tab = tab if tab in TABS else "running"
    waves = Wave.objects.visible_to(request.user)
    rows = waves.filter(status__in=TABS[tab]).select_related("warehouse", "assignee")
    page = keyset_page(rows.annotate(size=Count("pick_lists")), "-id", request.GET.get("cursor"))
    counts = capped_counts({key: waves.filter(status__in=states) for key, states in TABS.items() if key != "done"})
    labels = {"running": _("To pick"), "picked": _("picked"), "done": _("Closed")}
    context = {
        "page": page,
        "tabs": [
            {
                "label": labels[key],
                "href": changed_query(request, tab=key),
                "count": counts.get(key),
                "current": key == tab,
            }
            for key in TABS
        ],
        "may_pick": may(request.user, "shipping.pick_picklist"),
    }
    return render_page(request, "shipping/waves.html", context, block="rows" if "cursor" in request.GET else "list")


def candidates(request: HttpRequest) -> QuerySet[PickList]:
    """Open lists that no wave and nobody has, by the filters of the address."""
    lists = PickList.objects.visible_to(request.user).filter(
        status=PickList.Status.OPEN, wave=None, picker=None, order__hold_reason=""
    )
    query = request.GET
    if code := query.get("warehouse"):
        lists = lists.filter(order__warehouse__code=code)
    if until := _day(query.get("until", "")):
        lists = lists.filter(order__promised_date__lte=until)
    if (priority := query.get("priority", "")).isdigit():
        lists = lists.filter(order__priority__gte=int(priority))
    lists = lists.annotate(stops=Count("lines"))
    if zone := query.get("zone", "").strip():
        inside = Count("lines", filter=Q(lines__item__place__code__istartswith=zone))
        lists = lists.annotate(inside=inside).filter(inside__gt=0)
    if query.get("single"):
        lists = lists.filter(stops=1)
    return lists.select_related("order__customer", "order__warehouse").order_by(
        "-order__priority", "order__promised_date", "id"
    )


def _day(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
@perm_required("shipping.view_picklist", "orders.view_all_orders", "shipping.pick_picklist")
def wave_new(request: HttpRequest) -> HttpResponse:
    """Choose open lists by filter and by hand, and make a wave of them."""
    error, status = None, 200
    chosen = request.POST.getlist("lists")
    if request.method == "POST":
        try:
            return _open(request, chosen)
        except BusinessError as refusal:
            error, status = refusal, 422
    warehouses = [("", _("Every warehouse")), *Warehouse.objects.filter(is_active=True).values_list("code", "name")]
    context = {
        "lists": list(candidates(request)[:MOST]),
        "most": MOST,
        "chosen": set(chosen),
        "error": error,
        "warehouses": warehouses,
        "priorities": [("", _("Every priority")), *SalesOrder.Priority.choices],
        "pickers": [("", _("Whoever comes first")), *((one.pk, str(one)) for one in pickers())],
        "assignee": request.POST.get("assignee", ""),
        "today": timezone.localdate(),
    }
    return render_page(request, "shipping/wave_new.html", context, block="list", status=status)


def _open(request: HttpRequest, numbers: list[str]) -> HttpResponse:
    lists = {one.number: one for one in PickList.objects.visible_to(request.user).filter(number__in=numbers)}
    wave = services.open_wave(
        [lists[number] for number in numbers if number in lists],
        assignee=_person(request.POST.get("assignee", "")),
        by=request.user,
    )
    messages.success(request, _("%(wave)s is open.") % {"wave": wave})
    return go(request, wave)


def _person(value: str) -> User | None:
    if not value:
        return None
    person = pickers().filter(pk=int(value)).first() if value.isdigit() else None
    if person is None:
        raise BusinessError(_("Choose somebody of the warehouse."), field="assignee")
    return person


@require_GET
@perm_required("shipping.view_picklist", "orders.view_all_orders")
def wave_page(request: HttpRequest, number: str) -> HttpResponse:
    """The lists with their totes, the walk, and who picks."""
    wave = wave_or_404(request, number)
    lists = lists_of(wave)
    progress = progress_of(lists)
    picks, running = may(request.user, "shipping.pick_picklist"), wave.status in (Status.OPEN, Status.PICKING)
    context: dict[str, Any] = {
        "wave": wave,
        "rows": [(one, *progress.get(one.pk, (0, 0))) for one in lists],
        "stops": scan_state(wave)["stops"],
        "returns": returns_of([one.pk for one in lists]),
        "can_pick": picks and running,
        "can_assign": picks and wave.status == Status.OPEN,
        "may_pick": picks,
        "pickers": [("", _("Whoever comes first")), *((one.pk, str(one)) for one in pickers())],
    }
    return render_page(request, "shipping/wave.html", context)


@require_POST
@perm_required("shipping.view_picklist", "shipping.pick_picklist")
def wave_assign(request: HttpRequest, number: str) -> HttpResponse:
    """Say who picks."""
    wave = wave_or_404(request, number)
    services.assign_wave(wave, assignee=_person(request.POST.get("assignee", "")), by=request.user)
    messages.success(request, _("Saved."))
    return go(request, wave)


@require_POST
@perm_required("shipping.view_picklist", "shipping.pick_picklist")
def wave_dissolve(request: HttpRequest, number: str) -> HttpResponse:
    """Take the wave apart."""
    wave = wave_or_404(request, number)
    services.dissolve_wave(wave, by=request.user, note=request.POST.get("note", ""))
    messages.success(request, _("%(wave)s is dissolved; its lists are picked one by one.") % {"wave": wave})
    return go(request, "shipping:waves")


@require_POST
@perm_required("shipping.view_picklist", "shipping.pick_picklist")
def wave_take_out(request: HttpRequest, number: str) -> HttpResponse:
    """Take one list out of the wave."""
    wave = wave_or_404(request, number)
    pick_list = get_or_404(wave.pick_lists, number=request.POST.get("list", ""))
    services.take_out(pick_list, by=request.user)
    messages.success(request, _("%(list)s is picked on its own now.") % {"list": pick_list})
    return go(request, wave)


@require_POST
@perm_required("shipping.view_picklist", "shipping.pick_picklist")
def return_done(request: HttpRequest, pk: int) -> HttpResponse:
    """Goods that were wanted no more are back in their bin."""
    lists = PickList.objects.visible_to(request.user)
    entry = get_or_404(PickReturn.objects.filter(pick_list__in=lists), pk=pk)
    services.confirm_return(entry, by=request.user)
    left = PickReturn.objects.filter(pick_list=entry.pick_list_id, done_at=None).count()
    words = ngettext("Put back; %(num)s more to go.", "Put back; %(num)s more to go.", left) if left else _("Put back.")
    messages.success(request, words % {"num": left} if left else words)
    target = entry.pick_list.wave or entry.pick_list
    return go(request, "shipping:scan", target.number)
