"""What a customer sees of an order."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from aftersales.models import Feedback, ReturnRequest, ServiceCase
from aftersales.services import returnable_of
from erp.models import Attachment, StatusChange
from orders.kinship import Kin, kin_of
from orders.models import OrderLine, SalesOrder
from portal.words import STEPS
from shipping.models import Parcel, Shipment, TrackingEvent

Status = SalesOrder.Status
PATH = (Status.PENDING, Status.APPROVED, Status.IN_PRODUCTION, Status.READY_TO_SHIP, Status.SHIPPED, Status.COMPLETED)
ON_THE_ROAD = (Shipment.Status.IN_TRANSIT, Shipment.Status.EXCEPTION)


@dataclass(frozen=True, slots=True)
class OrderView:
    """Everything that the order's page shows."""

    lines: list[OrderLine]
    shipments: list[Shipment]
    steps: list[dict[str, Any]]
    timeline: list[dict[str, Any]]
    returns: list[ReturnRequest]
    cases: list[ServiceCase]
    feedback: Feedback | None
    arrival: dt.date | None
    can_confirm: bool
    can_return: bool
    can_rate: bool
    kin: list[Kin]


def order_view(order: SalesOrder) -> OrderView:
    """Read the order's page; twelve queries whatever the order's size."""
    lines = list(order.lines.select_related("product"))
    shipments = shipments_of(order)
    changes = list(
        StatusChange.objects.filter(document_type=SalesOrder._meta.label, document_id=order.pk).order_by("id")
    )
    returns = list(
        ReturnRequest.objects.filter(order=order).prefetch_related("lines__order_line__product").order_by("-id")
    )
    sent = [shipment for shipment in shipments if shipment.handed_over_at is not None]
    left: dict[int, Decimal] = returnable_of(order) if sent else {}
    return OrderView(
        lines=lines,
        shipments=shipments,
        steps=steps(order, changes),
        timeline=timeline(changes, sent, returns),
        returns=returns,
        cases=list(ServiceCase.objects.filter(order=order).order_by("-id")),
        feedback=Feedback.objects.filter(order=order).first(),
        arrival=arrival(order, shipments),
        can_confirm=any(shipment.status in ON_THE_ROAD for shipment in shipments),
        can_return=any(quantity > 0 for quantity in left.values()),
        can_rate=bool(sent),
        kin=kin_of(order),
    )


def shipments_of(order: SalesOrder) -> list[Shipment]:
    """Shipments that exist for the customer, oldest first, with parcels, contents and scans; four queries."""
    scans = Prefetch("events", queryset=TrackingEvent.objects.order_by("-at", "-id"))
    contents = Prefetch("lines__order_line__product")
    parcels = Prefetch("parcels", queryset=Parcel.objects.prefetch_related(scans, contents).order_by("position"))
    return list(
        Shipment.objects.filter(order=order)
        .exclude(status=Shipment.Status.CANCELLED)
        .select_related("service__carrier")
        .prefetch_related(parcels)
        .order_by("id")
    )


def files_for_customer(order: SalesOrder) -> list[Attachment]:
    """Files of an order that somebody has laid out for the customer; one query."""
    return list(Attachment.objects.of(order).present().filter(for_customer=True).order_by("id"))


def steps(order: SalesOrder, changes: Iterable[StatusChange]) -> list[dict[str, Any]]:
    """The way of the order as a stepper: what is behind it, where it stands, what comes."""
    reached: dict[str, dt.datetime] = {}
    for change in changes:
        # An order that waited for stock again came to 已审核 twice: what is behind it counts from the first time.
        if change.target == order.status and change.source != change.target:
            reached[change.target] = change.at
        reached.setdefault(change.target, change.at)
    stopped = order.status in (Status.REJECTED, Status.CANCELLED)
    visited = [status for status in PATH if status in reached]
    if stopped:
        shown = [*visited, Status(order.status)]
    else:
        # Production is a step only of orders that something is made for.
        shown = [s for s in PATH if s != Status.IN_PRODUCTION or s in reached or order.status == s]
    here = shown.index(Status(order.status))
    return [
        {
            "label": status.label,
            "at": reached.get(status) if place <= here else None,
            "state": _step_state(order, place, here, stopped=stopped),
        }
        for place, status in enumerate(shown)
    ]


def _step_state(order: SalesOrder, place: int, here: int, *, stopped: bool) -> str:
    if place < here or order.status == Status.COMPLETED:
        return "done"
    if place > here:
        return "todo"
    return "failed" if stopped else "current"


def timeline(
    changes: Iterable[StatusChange], sent: Iterable[Shipment], returns: Iterable[ReturnRequest]
) -> list[dict[str, Any]]:
    """What happened, in the customer's words, newest first. Notes of staff are not for customers."""
    items: list[dict[str, Any]] = []
    sent = list(sent)
    for change in changes:
        if change.transition == "ship" and len(sent) == 1:
            continue  # the one handover says it already
        if change.transition in STEPS:
            title, icon, tone = STEPS[change.transition]
            items.append({"at": change.at, "title": str(title), "icon": icon, "tone": tone})
    for shipment in sent:
        title = _("Handed to %(carrier)s") % {"carrier": shipment.service or _("the carrier")}
        items.append({"at": shipment.handed_over_at, "title": title, "icon": "truck-delivery", "tone": "indigo"})
        if shipment.delivered_at:
            items.append(
                {"at": shipment.delivered_at, "title": _("Goods have arrived"), "icon": "package", "tone": "green"}
            )
    for request in returns:
        title = _("Return %(number)s asked for") % {"number": request.number}
        items.append({"at": request.created_at, "title": title, "icon": "truck-return", "tone": "amber"})
    # Of what happened in the same moment, the later step comes first.
    return [item for _place, item in sorted(enumerate(items), key=lambda pair: (pair[1]["at"], pair[0]), reverse=True)]


def arrival(order: SalesOrder, shipments: Iterable[Shipment]) -> dt.date | None:
    """When the last of what is on the road is expected; before that the promised date; None when all is over."""
    if order.delivered_at is not None or order.status in (Status.CANCELLED, Status.REJECTED, Status.COMPLETED):
        return None
    expected = [s.expected_on for s in shipments if s.status in ON_THE_ROAD and s.expected_on]
    return max(expected) if expected else order.promised_date


@dataclass(frozen=True, slots=True)
class Returnable:
    """A line of which so much may still be sent back."""

    line: OrderLine
    left: Decimal


def returnable_lines(order: SalesOrder) -> list[Returnable]:
    """Lines that can still be sent back, at least in part; three queries."""
    left = returnable_of(order)
    lines = order.lines.select_related("product")
    return [Returnable(line, left[line.pk]) for line in lines if left.get(line.pk, Decimal(0)) > 0]
