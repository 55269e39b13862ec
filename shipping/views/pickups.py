"""A carrier's visit: what leaves with it, the signature, and the list of visits."""

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from erp.errors import BusinessError
from erp.web import add_error, get_or_404, go, keyset_page, may, perm_required, render_page
from shipping import services
from shipping.carriage_forms import PickupForm
from shipping.choosing import Proposal, words_of
from shipping.models import Carrier, Handover, Parcel, Pickup, Shipment

MOST = 60  # shipments on one page; the most urgent ones


@require_GET
@perm_required("shipping.view_pickup")
def pickup_list(request: HttpRequest) -> HttpResponse:
    """Visits, the newest first."""
    rows = Pickup.objects.visible_to(request.user).select_related("carrier", "by")  # type: ignore[arg-type]
    if code := request.GET.get("carrier"):
        rows = rows.filter(carrier__code=code)
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(number__icontains=words)
    context = {
        "page": keyset_page(rows, "-id", request.GET.get("cursor")),
        "carriers": [("", _("Every carrier")), *Carrier.objects.values_list("code", "name")],
        "narrowed": bool(request.GET.get("carrier") or request.GET.get("q")),
        "may_hand_over": may(request.user, "shipping.hand_over_shipment"),
    }
    block = "rows" if "cursor" in request.GET else "list"
    return render_page(request, "shipping/pickups.html", context, block=block)


@perm_required("shipping.view_shipment", "shipping.view_pickup", "shipping.hand_over_shipment")
def pickup_new(request: HttpRequest) -> HttpResponse:
    """What is packed, by carrier as the rules propose; ticked, numbered, signed for, gone."""
    shipments = _waiting(request)
    proposals = services.proposals(shipments)
    tabs = _tabs(request, shipments, proposals)
    carrier = next((tab["carrier"] for tab in tabs if tab["current"]), None)
    if carrier is None:
        return render_page(request, "shipping/pickup_new.html", {"tabs": [], "form": None})
    shipments.sort(key=lambda one: _rank(proposals[one.pk], carrier))
    form = PickupForm(
        request.POST or None, carrier=carrier, shipments=shipments, parcels=_parcels(shipments), proposals=proposals
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            pickup = services.hand_over_many(
                form.leaving(),
                carrier=carrier,
                courier=data["courier"],
                signature=data["signature"],
                by=request.user,  # type: ignore[arg-type]
                key=data["key"],
            )
        except BusinessError as refusal:
            add_error(form, refusal)
        else:
            messages.success(
                request,
                _("%(count)s shipments are with %(carrier)s.") % {"count": pickup.shipments, "carrier": carrier.name},
            )
            return go(request, pickup)
    context = {"tabs": tabs, "form": form, "carrier": carrier, "reasons": _reasons(proposals)}
    return render_page(request, "shipping/pickup_new.html", context, status=422 if form.errors else 200)


def _waiting(request: HttpRequest) -> list[Shipment]:
    rows = Shipment.objects.visible_to(request.user).filter(  # type: ignore[arg-type]
        status=Shipment.Status.PACKED, order__hold_reason=""
    )
    rows = rows.select_related("order__customer", "order__warehouse")
    return list(rows.order_by("-order__priority", "order__promised_date", "id")[:MOST])


def _tabs(request: HttpRequest, shipments: list[Shipment], proposals: dict[int, Proposal]) -> list[dict[str, Any]]:
    """One for each active carrier, with how many shipments the rules give it."""
    counts: dict[int, int] = defaultdict(int)
    for proposal in proposals.values():
        if proposal.service is not None:
            counts[proposal.service.carrier_id] += 1
    carriers = list(Carrier.objects.filter(is_active=True, services__isnull=False).distinct())
    if not shipments or not carriers:
        return []
    wanted = request.GET.get("carrier") or request.POST.get("carrier")
    chosen = next((one for one in carriers if one.code == wanted), None)
    chosen = chosen or max(carriers, key=lambda one: counts[one.pk])
    return [
        {
            "label": one.name,
            "href": f"?carrier={one.code}",
            "count": counts[one.pk] or None,
            "current": one == chosen,
            "carrier": one,
        }
        for one in carriers
    ]


def _rank(proposal: Proposal, carrier: Carrier) -> int:
    """What is proposed for this carrier first, then what nothing is proposed for, then what others should take."""
    if proposal.service is None:
        return 1
    return 0 if proposal.service.carrier_id == carrier.pk else 2


def _parcels(shipments: list[Shipment]) -> dict[int, list[Parcel]]:
    found: dict[int, list[Parcel]] = defaultdict(list)
    for parcel in Parcel.objects.filter(shipment__in=shipments).order_by("position"):
        found[parcel.shipment_id].append(parcel)
    return found


def _reasons(proposals: dict[int, Proposal]) -> dict[int, list[str]]:
    return {pk: words_of(proposal.why) for pk, proposal in proposals.items()}


def _or_404(request: HttpRequest, number: str) -> Pickup:
    return get_or_404(Pickup.objects.visible_to(request.user).select_related("carrier", "by"), number=number)  # type: ignore[arg-type]


@require_GET
@perm_required("shipping.view_pickup")
def pickup_page(request: HttpRequest, number: str) -> HttpResponse:
    """One visit: what left, who gave it, who signed. Of the shipments those that the reader may see."""
    pickup = _or_404(request, number)
    mine = Shipment.objects.visible_to(request.user).filter(handover__pickup=pickup)  # type: ignore[arg-type]
    rows = Handover.objects.filter(pickup=pickup, shipment__in=mine).select_related(
        "shipment__order__customer", "shipment__service__carrier", "shipment__choice__proposed__carrier"
    )
    handovers = list(rows.prefetch_related("shipment__parcels").order_by("id"))
    return render_page(request, "shipping/pickup.html", {"pickup": pickup, "handovers": handovers})


@require_GET
@perm_required("shipping.view_pickup")
def pickup_signature(request: HttpRequest, number: str) -> FileResponse:
    """The signature, to whoever may see the visit."""
    pickup = _or_404(request, number)
    if not pickup.signature:
        raise Http404
    try:
        answer = FileResponse(pickup.signature.open("rb"), content_type="image/png")
    except FileNotFoundError as missing:
        raise Http404 from missing
    answer["Cache-Control"] = "private, max-age=3600"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
