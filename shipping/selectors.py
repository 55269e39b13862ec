"""Reads of shipping that more than one caller needs."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from erp.money import ZERO
from erp.timeline import TimelineEntry
from orders.models import SalesOrder
from shipping.models import Parcel, ParcelLine, PickLine, PickList, Shipment, TrackingEvent


def pick_lines(pick_list: PickList) -> list[PickLine]:
    """Lines of a pick list in the order of the way through the bins, services last. One query."""
    lines = pick_list.lines.select_related("order_line__product__unit", "item__place", "item__lot")
    return sorted(
        lines,
        key=lambda line: (line.item_id is None, *_place(line), line.order_line.position),
    )


def _place(line: PickLine) -> tuple[int, str]:
    return (line.item.place.pick_order, line.item.place.code) if line.item is not None else (0, "")


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """One order line in a shipment or parcel, its stock items added up."""

    line: ParcelLine
    quantity: Decimal


def lines_of(parcels: Collection[Parcel]) -> dict[int, list[ShippedLine]]:
    """What is in each parcel, by order line. One query."""
    rows = ParcelLine.objects.filter(parcel__in=parcels).select_related("order_line__product__unit")
    found: dict[int, dict[int, ShippedLine]] = defaultdict(dict)
    for row in rows.order_by("parcel_id", "order_line__position", "id"):
        known = found[row.parcel_id].get(row.order_line_id)
        quantity = row.quantity + (known.quantity if known else 0)
        found[row.parcel_id][row.order_line_id] = ShippedLine(known.line if known else row, quantity)
    return {parcel: list(lines.values()) for parcel, lines in found.items()}


def events_of(parcels: Collection[Parcel]) -> dict[int, list[TrackingEvent]]:
    """The scans of each parcel, newest first. One query."""
    found: dict[int, list[TrackingEvent]] = defaultdict(list)
    rows = TrackingEvent.objects.filter(parcel__in=parcels).select_related("by")
    for event in rows.order_by("-at", "-id"):
        found[event.parcel_id].append(event)
    return found


def timeline_of_order(document: SalesOrder) -> list[TimelineEntry]:
    """Parcel scans for the timeline of a sales order. One query."""
    return _entries(TrackingEvent.objects.filter(parcel__shipment__order=document))


def timeline_of_shipment(document: Shipment) -> list[TimelineEntry]:
    """Parcel scans for the timeline of a shipment. One query."""
    return _entries(TrackingEvent.objects.filter(parcel__shipment=document))


def _entries(events) -> list[TimelineEntry]:  # type: ignore[no-untyped-def]
    return [
        TimelineEntry(
            at=event.at,
            who=str(event.by) if event.by_id else None,
            title=f"{Parcel.State(event.state).label} · {event.parcel}",
            text=" ".join(filter(None, [event.place, _(event.text) if event.text else ""])),
            kind="scan",
            status=event.state,
        )
        for event in events.select_related("by", "parcel").order_by("at", "id")
    ]


def cost_of_orders(order_ids: Any) -> dict[str, Decimal]:
    """What the goods cost that left for orders, as the stock ledger has it, in CNY. One query."""
    cost = Shipment.objects.filter(order__in=order_ids).aggregate(sum=Sum("cost"))["sum"]
    return {"cost": cost or ZERO}
