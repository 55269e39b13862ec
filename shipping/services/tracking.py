"""What became of parcels: scans of carriers, words of people, and the customer's receipt."""

import datetime as dt
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.transactions import verb
from erp.workflow import advance
from orders.models import SalesOrder
from orders.services import record_delivered
from shipping.models import Parcel, ParcelLine, Shipment, TrackingEvent
from shipping.services.common import by_order_line, lock_with_order, require

RECEIVED = gettext_noop("Receipt confirmed by the customer")
AHEAD = dt.timedelta(hours=24)  # a carrier's clock or time zone may be wrong; more than that is a typing error
ON_THE_ROAD = (Shipment.Status.IN_TRANSIT, Shipment.Status.EXCEPTION)


@verb
def record_event(
    parcel: Parcel,
    *,
    state: str,
    text: str,
    at: dt.datetime,
    by: User | None = None,
    place: str = "",
    key: str | None = None,
) -> TrackingEvent:
    """Record one scan of a parcel. Scans may come late, twice and in any order; the latest by `at` tells the state.

    A parcel that is delivered stays so. All parcels delivered → the shipment is delivered; a problem makes it an
    exception, and the scan that ends it puts it on its way again. A repeat (same `key`) returns the first event.
    """
    shipment = Shipment.objects.get(pk=parcel.shipment_id)
    lock_with_order(shipment)
    key = key or uuid.uuid4().hex
    if (known := TrackingEvent.objects.filter(key=key).first()) is not None:
        return known
    require(by, "shipping.add_trackingevent", _("Your role does not include reports on parcels."))
    _check(shipment, state=state, text=text, at=at)
    event = TrackingEvent.objects.create(
        parcel=parcel, state=state, text=text.strip()[:300], at=at, by=by, place=place.strip()[:100], key=key
    )
    _follow(shipment, parcel, event)
    return event


def _check(shipment: Shipment, *, state: str, text: str, at: dt.datetime) -> None:
    if state not in Parcel.State.values or state == Parcel.State.PACKED:
        raise BusinessError(_("“%(state)s” is not a state of a parcel.") % {"state": state}, field="state")
    if not text.strip():
        raise BusinessError(_("Please say what happened to the parcel."), field="text")
    if at > timezone.now() + AHEAD:
        raise BusinessError(_("The time lies in the future."), field="at")
    if shipment.handed_over_at is None:
        raise BusinessError(
            _("%(shipment)s has not been handed over to a carrier yet.") % {"shipment": shipment},
            hint=_("Record the handover first."),
            code="not_handed_over",
        )


def _follow(shipment: Shipment, parcel: Parcel, event: TrackingEvent) -> None:
    """Let the parcel's and the shipment's state follow the events."""
    parcel.refresh_from_db()
    if parcel.state == Parcel.State.DELIVERED:
        return
    newest = parcel.events.order_by("-at", "-id").first()
    delivered = parcel.events.filter(state=Parcel.State.DELIVERED).exists()
    parcel.state = Parcel.State.DELIVERED if delivered or newest is None else newest.state
    parcel.save(update_fields=["state"])
    if shipment.status not in ON_THE_ROAD:
        return
    states = set(shipment.parcels.values_list("state", flat=True))
    if states == {Parcel.State.DELIVERED}:
        advance(shipment, "deliver", by=None)
    elif shipment.status == Shipment.Status.IN_TRANSIT and newest == event and event.state == Parcel.State.EXCEPTION:
        advance(shipment, "report_exception", by=None, note=event.text)
    elif shipment.status == Shipment.Status.EXCEPTION and Parcel.State.EXCEPTION not in states:
        advance(shipment, "resume", by=None, note=event.text)


@transaction.atomic
def count_delivered(document: Shipment, *, change: StatusChange | None, by: User | None) -> None:
    """Tell the order what arrived (follower of the shipment's “deliver”)."""
    arrived = (
        TrackingEvent.objects.filter(parcel__shipment=document, state=Parcel.State.DELIVERED)
        .order_by("-at")
        .values_list("at", flat=True)
        .first()
    )
    document.delivered_at = arrived or document.delivered_at
    document.save(update_fields=["delivered_at"])
    rows = ParcelLine.objects.filter(parcel__shipment=document).values_list("order_line_id", "quantity")
    record_delivered(document.order, by_order_line(rows), at=document.delivered_at or timezone.now(), by=by)


@verb
def confirm_receipt(order: SalesOrder, *, by: User | None) -> list[Shipment]:
    """The customer says that everything sent has arrived. Returns the shipments that are delivered by it.

    Repeating it is harmless. Raises BusinessError when nothing has been sent yet.
    """
    order = SalesOrder.objects.select_for_update().get(pk=order.pk)
    sent = list(order.shipments.filter(handed_over_at__isnull=False).order_by("id"))
    if not sent:
        raise BusinessError(_("Nothing of %(order)s has been sent yet.") % {"order": order})
    arrived = []
    now = timezone.now()
    for shipment in sent:
        if shipment.status not in ON_THE_ROAD:
            continue
        for parcel in shipment.parcels.exclude(state=Parcel.State.DELIVERED).order_by("position"):
            event, _made = TrackingEvent.objects.get_or_create(
                key=f"receipt:{parcel.pk}",
                defaults={"parcel": parcel, "state": Parcel.State.DELIVERED, "text": RECEIVED, "at": now, "by": by},
            )
            lock_with_order(shipment)
            _follow(shipment, parcel, event)
        arrived.append(shipment)
    return arrived
