"""What became of parcels: scans of carriers, words of people, and the customer's receipt."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.transactions import verb
from erp.workflow import advance
from orders.models import SalesOrder
from orders.services import record_delivered
from shipping.models import Parcel, ParcelLine, Shipment, TrackingEvent, Trouble
from shipping.services.common import by_order_line, lock_with_order, require
from shipping.services.expecting import keep_expectation
from shipping.services.problems import follow_problems, report_silence

RECEIVED = gettext_noop("Receipt confirmed by the customer")
ON_ITS_WAY = gettext_noop("On its way again")
# Two scans of the same second: the text decides, never the order in which they reached us.
NEWEST_FIRST = ("-at", "-state", "-text", "-key")
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
    trouble: str = "",
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
    event = _write(
        shipment,
        parcel,
        {"state": state, "text": text, "at": at, "place": place, "trouble": trouble, "key": key},
        by=by,
    )
    _follow(shipment, parcel, [event])
    return event


@verb
def record_report(
    parcel: Parcel, *, scans: Sequence[Mapping[str, Any]], expected_on: dt.date | None = None, silence: str = ""
) -> TrackingEvent | None:
    """Record a carrier's whole report at once: scans as `record_event` takes them, its day of arrival, its silence.

    Returns the newest of the report's scans, or of the parcel's when it has none; None when there is none at all.
    """
    shipment = Shipment.objects.get(pk=parcel.shipment_id)
    lock_with_order(shipment)
    known = set(TrackingEvent.objects.filter(key__in=[scan["key"] for scan in scans]).values_list("key", flat=True))
    new = {scan["key"]: scan for scan in scans if scan["key"] not in known}
    events = [_write(shipment, parcel, scan, by=None) for scan in new.values()]
    if events:
        _follow(shipment, parcel, events)
    if expected_on is not None:
        keep_expectation(shipment, expected_on)
    if silence:
        report_silence(shipment, parcel, text=silence)
    said = parcel.events.filter(key__in=[scan["key"] for scan in scans]) if scans else parcel.events
    return said.select_related("parcel").order_by(*NEWEST_FIRST).first()


def _write(shipment: Shipment, parcel: Parcel, scan: Mapping[str, Any], *, by: User | None) -> TrackingEvent:
    trouble = scan.get("trouble", "") if scan["state"] == Parcel.State.EXCEPTION else ""
    _check(shipment, state=scan["state"], text=scan["text"], at=scan["at"])
    return TrackingEvent.objects.create(
        parcel=parcel,
        state=scan["state"],
        trouble=trouble or (Trouble.OTHER if scan["state"] == Parcel.State.EXCEPTION else ""),
        text=scan["text"].strip()[:300],
        at=scan["at"],
        by=by,
        place=scan["place"].strip()[:100],
        key=scan["key"],
    )


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


def _follow(shipment: Shipment, parcel: Parcel, events: Sequence[TrackingEvent]) -> None:
    """Let the parcel's and the shipment's state follow from all events there are, whatever came first."""
    parcel.refresh_from_db()
    newest = parcel.events.order_by(*NEWEST_FIRST).first()
    assert newest is not None
    delivered = parcel.events.filter(state=Parcel.State.DELIVERED).exists()
    parcel.state = Parcel.State.DELIVERED if delivered else newest.state
    parcel.save(update_fields=["state"])
    if shipment.status == Shipment.Status.DELIVERED:
        _keep_arrival(shipment)
    elif shipment.status in ON_THE_ROAD:
        _move(shipment, newest)
    follow_problems(shipment, parcel, newest=newest, events=events)


def _move(shipment: Shipment, newest: TrackingEvent) -> None:
    states = set(shipment.parcels.values_list("state", flat=True))
    if states == {Parcel.State.DELIVERED}:
        advance(shipment, "deliver", by=None)
    elif shipment.status == Shipment.Status.IN_TRANSIT and Parcel.State.EXCEPTION in states:
        advance(shipment, "report_exception", by=None, note=newest.text)
    elif shipment.status == Shipment.Status.EXCEPTION and Parcel.State.EXCEPTION not in states:
        advance(shipment, "resume", by=None, note=newest.text)


@transaction.atomic
def note_resumed(document: Shipment, *, change: StatusChange | None, by: User | None) -> None:
    """Somebody says that a shipment is on its way again: so are its parcels (follower of “resume”)."""
    note = (change.note if change else "").strip() or ON_ITS_WAY
    stuck = list(document.parcels.filter(state=Parcel.State.EXCEPTION).order_by("position"))
    events = []
    for parcel in stuck:
        newest = parcel.events.order_by(*NEWEST_FIRST).first()
        at = max(timezone.now(), newest.at + dt.timedelta(microseconds=1)) if newest else timezone.now()
        scan = {"state": Parcel.State.IN_TRANSIT, "text": note, "place": "", "at": at, "key": uuid.uuid4().hex}
        events.append(_write(document, parcel, scan, by=by))
        parcel.state = Parcel.State.IN_TRANSIT
        parcel.save(update_fields=["state"])
    for parcel, event in zip(stuck, events, strict=True):
        follow_problems(document, parcel, newest=event, events=[event])


def _arrived(shipment: Shipment) -> dt.datetime | None:
    """When the last parcel was signed for: each by its first such scan."""
    firsts = shipment.parcels.annotate(first=Min("events__at", filter=Q(events__state=Parcel.State.DELIVERED)))
    return max((parcel.first for parcel in firsts if parcel.first is not None), default=None)


def _keep_arrival(shipment: Shipment) -> None:
    """A scan that came late may tell of an earlier receipt."""
    arrived = _arrived(shipment)
    if arrived is not None and arrived != shipment.delivered_at:
        shipment.delivered_at = arrived
        shipment.save(update_fields=["delivered_at"])


@transaction.atomic
def count_delivered(document: Shipment, *, change: StatusChange | None, by: User | None) -> None:
    """Tell the order what arrived (follower of the shipment's “deliver”)."""
    document.delivered_at = _arrived(document) or document.delivered_at
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
            _follow(shipment, parcel, [event])
        arrived.append(shipment)
    return arrived
