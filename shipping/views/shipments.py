"""One shipment: parcels, handover, what the carrier reports, and the delivery note."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp.documents.pdf import pdf_response, render_pdf
from erp.errors import BusinessError
from erp.privacy import address_for, address_line
from erp.web import add_error, get_or_404, go, may, perm_required, render_page
from erp.web.talk import talk_of
from erp.workflow import moves
from shipping import services
from shipping.choosing import words_of
from shipping.forms import EventForm, HandOverForm, TrackingNumberForm
from shipping.models import Parcel, ParcelProblem, Shipment
from shipping.selectors import events_of, lines_of
from shipping.services import proposals

Status = Shipment.Status


def _shipment_or_404(request: HttpRequest, number: str) -> Shipment:
    shipments = Shipment.objects.visible_to(request.user)
    return get_or_404(
        shipments.select_related("order__customer", "order__warehouse", "pick_list", "service__carrier", "created_by"),
        number=number,
    )


@require_GET
@perm_required("shipping.view_shipment")
def shipment_page(request: HttpRequest, number: str) -> HttpResponse:
    """Parcels and their way, with the forms for whoever may hand over or report."""
    return _show(request, _shipment_or_404(request, number))


def _show(
    request: HttpRequest,
    shipment: Shipment,
    *,
    hand_over: HandOverForm | None = None,
    event: EventForm | None = None,
    status: int = 200,
) -> HttpResponse:
    parcels = list(shipment.parcels.select_related("carrier").order_by("position"))
    contents, events = lines_of(parcels), events_of(parcels)
    can_hand_over = shipment.status == Status.PACKED and may(request.user, "shipping.hand_over_shipment")
    on_the_road = shipment.status in (Status.IN_TRANSIT, Status.EXCEPTION)
    can_report = on_the_road and may(request.user, "shipping.add_trackingevent")
    address = address_for(request.user, shipment.order.ship_to)
    context = {
        "shipment": shipment,
        "order": shipment.order,
        "parcels": [(parcel, contents.get(parcel.pk, []), events.get(parcel.pk, [])) for parcel in parcels],
        "address": address,
        "address_line": address_line(address),
        "moves": [move for move in moves(shipment, request.user) if move.name != "hand_over"],
        "talk": talk_of(shipment, request.user),
        "hand_over": (hand_over or _empty_hand_over(shipment)) if can_hand_over else None,
        "event": (event or EventForm(shipment=shipment)) if can_report else None,
        "can_correct": shipment.status == Status.IN_TRANSIT and may(request.user, "shipping.hand_over_shipment"),
        "may_costs": may(request.user, "orders.view_margin"),
        "handover": getattr(shipment, "handover", None),
        "proposal": _proposal(shipment) if can_hand_over else None,
        "choice": getattr(shipment, "choice", None),
        "problems": list(
            ParcelProblem.objects.visible_to(request.user)  # type: ignore[arg-type]
            .filter(parcel__in=parcels, status=ParcelProblem.Status.OPEN)
            .select_related("owner", "parcel")
        )
        if on_the_road
        else [],
        "words_of": words_of,
    }
    return render_page(request, "shipping/detail.html", context, status=status)


def _proposal(shipment: Shipment) -> dict[str, Any] | None:
    """What the rules say, and why; None where nothing is proposed."""
    proposal = proposals([shipment])[shipment.pk]
    return (
        {"service": proposal.service, "freight": proposal.freight, "why": words_of(proposal.why)}
        if proposal.service
        else None
    )


def _empty_hand_over(shipment: Shipment) -> HandOverForm:
    """Starts with what the rules propose, else with the carrier that served the customer last."""
    proposal = proposals([shipment])[shipment.pk]
    if proposal.service is not None:
        return HandOverForm(shipment=shipment, initial={"service": proposal.service.pk})
    last = Shipment.objects.filter(order__customer=shipment.order.customer_id, service__carrier__is_active=True)
    service = last.order_by("-id").values_list("service_id", flat=True).first()
    return HandOverForm(shipment=shipment, initial={"service": service})


@require_POST
@perm_required("shipping.view_shipment", "shipping.hand_over_shipment")
def shipment_hand_over(request: HttpRequest, number: str) -> HttpResponse:
    """Give the parcels to a carrier."""
    shipment = _shipment_or_404(request, number)
    form = HandOverForm(request.POST, shipment=shipment)
    if not form.is_valid():
        return _show(request, shipment, hand_over=form, status=422)
    data = form.cleaned_data
    try:
        services.hand_over(
            shipment,
            service=data["service"],
            tracking=form.tracking(),
            freight=data["freight"],
            courier=data["courier"],
            reason=data["reason"],
            by=request.user,
        )
    except BusinessError as refusal:
        add_error(form, refusal)
        return _show(request, _shipment_or_404(request, number), hand_over=form, status=422)
    messages.success(
        request, _("%(number)s is with %(carrier)s.") % {"number": shipment, "carrier": data["service"].carrier.name}
    )
    return go(request, shipment)


@require_POST
@perm_required("shipping.view_shipment", "shipping.add_trackingevent")
def shipment_event(request: HttpRequest, number: str) -> HttpResponse:
    """Record what happened to one parcel, or to all of them."""
    shipment = _shipment_or_404(request, number)
    form = EventForm(request.POST, shipment=shipment)
    if not form.is_valid():
        return _show(request, shipment, event=form, status=422)
    data = form.cleaned_data
    chosen = [data["parcel"]] if data["parcel"] else shipment.parcels.exclude(state=Parcel.State.DELIVERED)
    try:
        for parcel in chosen:
            services.record_event(
                parcel,
                state=data["state"],
                text=data["text"],
                place=data["place"],
                trouble=data["trouble"],
                at=data["at"],
                by=request.user,
                key=f"form:{data['key']}:{parcel.pk}",
            )
    except BusinessError as refusal:
        add_error(form, refusal)
        return _show(request, _shipment_or_404(request, number), event=form, status=422)
    messages.success(request, _("Recorded."))
    return go(request, shipment)


@require_POST
@perm_required("shipping.view_shipment")
def shipment_transition(request: HttpRequest, number: str) -> HttpResponse:
    """Unpack the shipment, or put it on its way again after a problem."""
    shipment = _shipment_or_404(request, number)
    services.move(shipment, request.POST.get("transition", ""), by=request.user, note=request.POST.get("note", ""))
    messages.success(
        request, _("%(order)s is “%(status)s” now.") % {"order": shipment, "status": shipment.get_status_display()}
    )
    return go(request, shipment)


@require_POST
@perm_required("shipping.view_shipment", "shipping.hand_over_shipment")
def parcel_tracking(request: HttpRequest, number: str) -> HttpResponse:
    """Correct a tracking number that was typed wrong."""
    shipment = _shipment_or_404(request, number)
    form = TrackingNumberForm(request.POST)
    if not form.is_valid():
        raise BusinessError(_("Scan or type the number on the carrier's label."), field="number")
    parcel = get_or_404(shipment.parcels, pk=form.cleaned_data["parcel"])
    services.correct_tracking(parcel, number=form.cleaned_data["number"], by=request.user)
    messages.success(request, _("The tracking number is corrected."))
    return go(request, shipment)


@require_GET
@perm_required("shipping.view_shipment")
def delivery_note(request: HttpRequest, number: str) -> HttpResponse:
    """The delivery note (送货单): A4, or `?form=241` for three-part continuous paper."""
    shipment = _shipment_or_404(request, number)
    parcels = list(shipment.parcels.order_by("position"))
    ships = may(request.user, "shipping.pack_shipment") or may(request.user, "shipping.hand_over_shipment")
    # Whoever packs or hands over needs the address on the paper, whatever the screen shows them.
    address = shipment.order.ship_to if ships else address_for(request.user, shipment.order.ship_to)
    lines = [row for rows in lines_of(parcels).values() for row in rows]
    context = {
        "shipment": shipment,
        "order": shipment.order,
        "number": shipment.number,
        "parcels": parcels,
        "positions": {parcel.pk: parcel.position for parcel in parcels},
        "lines": lines,
        "total": sum((row.quantity for row in lines), Decimal(0)),
        "address": address,
        "address_line": address_line(address),
        "paper": "continuous" if request.GET.get("form") == "241" else "a4",
    }
    return pdf_response(f"{shipment.number}.pdf", render_pdf("documents/delivery_note.html", context))
