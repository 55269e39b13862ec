"""Acts on many orders: first a look at what would run and what not, then the work itself."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from erp import jobs
from erp.errors import BusinessError
from erp.models import Job, User
from erp.once import new_token
from erp.saved_views import tidy_query
from erp.web import go, perm_required, render_page, require_perm
from erp.web.lists import total_order
from orders.bulk import ACTS, MOST, MOST_EXPORTED, MOST_PRINTED, Act
from orders.bulk_substatus import offered_to
from orders.models import SalesOrder
from orders.services.assigning import salespeople
from orders.views.layout import person
from orders.views.lists import filtered, order_of

MERGE_RIGHT = "orders.merge_salesorder"
MOST_MERGED = 30  # orders that become one
FILES = {"print": MOST_PRINTED, "export": MOST_EXPORTED}
NAMED = 200  # orders that the look ahead lists one by one
LONGEST_REASON = {"hold": 200, "reject": 2000}


@require_POST
@perm_required("orders.view_salesorder")
def look(request: HttpRequest) -> HttpResponse:
    """Say how many of the chosen orders will run, and which will not and why. Writes nothing, but makes files at once."""
    name = request.POST.get("act", "")
    if name in FILES:
        return _make_file(request, name)
    if name == "merge":
        return _to_merge(request)
    act = _act(request, name)
    orders, more = _chosen(request, MOST)
    return _show(request, act, orders, more=more)


def _act(request: HttpRequest, name: str) -> Act:
    if name not in ACTS:
        raise Http404(_("Nothing was found at this address."))
    act = ACTS[name]
    if not act.may(person(request)):
        raise PermissionDenied(_("Your role does not include this action. Ask an administrator for the right."))
    return act


def _to_merge(request: HttpRequest) -> HttpResponse:
    """The page on which the ticked orders become one: the oldest stays, the others are proposed as its parts."""
    require_perm(request.user, MERGE_RIGHT)
    numbers = request.POST.getlist("selected")[: MOST_MERGED + 1]
    orders = list(SalesOrder.objects.visible_to(person(request)).filter(number__in=numbers).order_by("id"))
    if len(orders) < 2 or "everything" in request.POST:
        raise BusinessError(_("Tick two orders or more that shall become one."))
    if len(orders) > MOST_MERGED:
        raise BusinessError(_("At most %(most)s orders can be merged at once.") % {"most": MOST_MERGED})
    first, *others = orders
    if strangers := [one.number for one in others if one.customer_id != first.customer_id]:
        raise BusinessError(
            _("Only orders of one customer can be merged; %(numbers)s are another customer's.")
            % {"numbers": "、".join(strangers[:5])},
            hint=_("Tick orders of one customer."),
        )
    query = QueryDict(mutable=True)
    query.setlist("with", [one.number for one in others])
    return go(request, f"{reverse('orders:merge', args=[first.number])}?{query.urlencode()}")


def _seen(request: HttpRequest) -> Any:
    rows = SalesOrder.objects.visible_to(person(request))
    return rows.select_related("customer", "channel", "salesperson", "sub_status")


def _chosen(request: HttpRequest, most: int) -> tuple[list[SalesOrder], bool]:
    """The ticked orders, or all that the filter shows, in the order of the list; and whether there are more."""
    if "everything" in request.POST:
        query = QueryDict(request.POST.get("query", "")[:4000])
        rows = filtered(request, [], query).qs.order_by(*total_order(order_of(request, query)))
    else:
        numbers = request.POST.getlist("selected")
        rows = _seen(request).filter(number__in=numbers[: most + 1]).order_by("-id")
    orders = list(rows[: most + 1])
    return orders[:most], len(orders) > most


def _make_file(request: HttpRequest, name: str) -> HttpResponse:
    """Start making a file; a small one is there at once."""
    most = FILES[name]
    pks, more = _chosen_keys(request, most)
    if not pks:
        return _nothing(request)
    if more:
        text = _("At most %(most)s orders fit into one file.") % {"most": most}
        raise BusinessError(text, hint=_("Narrow the list with a filter, or tick fewer orders."))
    title = _("Order confirmations") if name == "print" else _("Export of orders")
    job = jobs.start(
        f"orders.{name}",
        title=f"{title} ({len(pks)})",
        by=person(request),
        total=len(pks),
        arguments={
            "orders": pks,
            "columns": [code for code in request.POST.get("columns", "").split(",") if code],
            "back": _back(request),
        },
    )
    jobs.carry_out(job)
    job = Job.objects.get(pk=job.pk)
    return go(request, "job_file" if job.file else "job", job.pk)


def _chosen_keys(request: HttpRequest, most: int) -> tuple[list[int], bool]:
    if "everything" in request.POST:
        query = QueryDict(request.POST.get("query", "")[:4000])
        rows: Any = filtered(request, [], query).qs.order_by(*total_order(order_of(request, query)))
    else:
        numbers = request.POST.getlist("selected")[: most + 1]
        rows = SalesOrder.objects.visible_to(person(request)).filter(number__in=numbers).order_by("-id")
    pks = list(rows.values_list("pk", flat=True)[: most + 1])
    return pks[:most], len(pks) > most


def _back(request: HttpRequest) -> str:
    """The list as it was, without its columns, which the view knows."""
    query = QueryDict(request.POST.get("query", "")[:4000])
    return f"/orders/?v={query.get('v') or '0'}&{tidy_query(query.urlencode())}"


def _nothing(request: HttpRequest) -> HttpResponse:
    raise BusinessError(_("No order was chosen."), hint=_("Tick the orders in the list first."))


def _show(
    request: HttpRequest,
    act: Act,
    orders: list[SalesOrder],
    *,
    more: bool = False,
    error: BusinessError | None = None,
) -> HttpResponse:
    if not orders:
        return _nothing(request)
    refusals = act.look(orders, person(request), _arguments(request, act))
    willing = [order for order in orders if order.pk not in refusals]
    left_out = [(order, refusals[order.pk]) for order in orders if order.pk in refusals]
    context = {
        "act": act,
        "willing": willing[:NAMED],
        "willing_count": len(willing),
        "left_out": left_out[:NAMED],
        "left_out_count": len(left_out),
        "keys": ",".join(str(order.pk) for order in orders),
        "more": more,
        "most": MOST,
        "people": [(str(one.pk), str(one)) for one in salespeople()] if act.asks == "person" else [],
        "words": offered_to(person(request)) if act.asks == "sub_status" else [],
        "typed": request.POST,
        "longest": LONGEST_REASON.get(act.code, 200),
        "error": error,
        "token": request.POST.get("token") or new_token(),
        "back": request.POST.get("back") or _back(request),
    }
    return render_page(request, "orders/bulk.html", context, status=422 if error else 200)


def _arguments(request: HttpRequest, act: Act) -> dict[str, Any]:
    person_id = request.POST.get("person", "")
    return {
        "act": act.code,
        "reason": request.POST.get("reason", "").strip(),
        "person": int(person_id) if person_id.isdecimal() else None,
        "sub_status": request.POST.get("sub_status", "")[:20],
    }


def _listed(request: HttpRequest) -> list[SalesOrder]:
    """The orders that the look ahead was about; nothing runs that was not shown."""
    keys = [int(key) for key in request.POST.get("orders", "").split(",") if key.isdecimal()][:MOST]
    rows = _seen(request)
    found = {order.pk: order for order in rows.filter(pk__in=keys)}
    return [found[key] for key in keys if key in found]


@require_POST
@perm_required("orders.view_salesorder")
def begin(request: HttpRequest) -> HttpResponse:
    """Do it: a few orders at once, many in the worker. The form sent twice is the same work."""
    act = _act(request, request.POST.get("act", ""))
    orders, arguments = _listed(request), _arguments(request, act)
    if error := _missing(act, arguments, person(request)):
        return _show(request, act, orders, error=error)
    if not orders:
        return _nothing(request)
    refusals = act.look(orders, person(request), arguments)
    job = jobs.start(
        "orders.bulk",
        title=_title(act, orders),
        by=person(request),
        things=list(_things(orders, refusals)),
        arguments=arguments | {"back": _safe_back(request)},
        token=request.POST.get("token", "")[:40],
    )
    jobs.carry_out(job)
    return go(request, job)


def _safe_back(request: HttpRequest) -> str:
    back = request.POST.get("back", "")
    return back if back.startswith("/orders/?") else "/orders/"


def _missing(act: Act, arguments: dict[str, Any], user: User) -> BusinessError | None:
    if act.asks == "reason":
        if not arguments["reason"]:
            return BusinessError(_("Please give a reason."), field="reason")
        if len(arguments["reason"]) > LONGEST_REASON[act.code]:
            most = {"most": LONGEST_REASON[act.code]}
            return BusinessError(_("The reason is too long: at most %(most)s characters.") % most, field="reason")
    if act.asks == "person" and not salespeople().filter(pk=arguments["person"]).exists():
        return BusinessError(_("Please choose a salesperson."), field="person")
    if act.asks == "sub_status" and arguments["sub_status"] not in dict(offered_to(user)):
        return BusinessError(_("Please choose a sub-status."), field="sub_status")
    return None


def _title(act: Act, orders: list[SalesOrder]) -> str:
    count = ngettext("%(num)s order", "%(num)s orders", len(orders)) % {"num": len(orders)}
    return f"{act.label}: {count}"


def _things(orders: Iterable[SalesOrder], refusals: dict[int, str]) -> Iterable[jobs.Thing]:
    for order in orders:
        yield jobs.Thing(
            order.pk,
            f"{order.number} {order.customer.short_name or order.customer.name}",
            order.get_absolute_url(),
            refusal=refusals.get(order.pk, ""),
        )
