"""Why reserved goods have not arrived: to be picked, packed, handed over, or with the carrier."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg, BoolAnd
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.waiting import (
    GATHERING,
    LEAVING,
    LOGISTICS,
    PACKING,
    TRAVELLING,
    WAREHOUSE,
    Action,
    Cause,
    ForCustomer,
    Inquiry,
    Listed,
    Rank,
    Words,
)
from erp.web.formats import qty
from orders.models import SalesOrder
from shipping.models import PickList, Shipment, Trouble

Status = Shipment.Status
PICK, PACK, HAND_OVER, SCAN = (
    "shipping.pick_picklist",
    "shipping.pack_shipment",
    "shipping.hand_over_shipment",
    "shipping.add_trackingevent",
)
SILENT = dt.timedelta(hours=24)  # without a scan for longer, somebody asks the carrier
SERVICE = ForCustomer("service", Words(_("Your order is confirmed. We carry the service out as agreed.")))
DELAYED = ForCustomer("delayed", Words(_("Something delays your parcel. We are in touch with the carrier.")))


def explain(inquiry: Inquiry) -> Iterator[Cause]:
    """Approved orders that are not delivered. Two queries."""
    moving = [
        order
        for order in inquiry.in_state(*SalesOrder.FULFILLING, SalesOrder.Status.SHIPPED)
        if order.delivered_at is None
    ]
    if not moving:
        return
    by_id = {order.pk: order for order in moving}
    picks = _picks(by_id)
    for pick in picks:
        yield _pick(pick)
    for shipment in _shipments(by_id):
        yield from _shipment(shipment, by_id[shipment.order_id])
    listed = {line for pick in picks for line in pick.line_ids}
    for order in moving:
        yield from _rest(order, inquiry.lines.get(order.pk, []), listed)


def _picks(order_ids: Any) -> list[Any]:
    rows = PickList.objects.filter(
        order_id__in=list(order_ids), status__in=(PickList.Status.OPEN, PickList.Status.PICKED)
    )
    services = BoolAnd(Q(lines__item__isnull=True))
    return list(
        rows.annotate(line_ids=ArrayAgg("lines__order_line_id", distinct=True), services=services).order_by("id")
    )


def _shipments(order_ids: Any) -> list[Any]:
    states = (Status.PACKED, Status.IN_TRANSIT, Status.EXCEPTION)
    rows = Shipment.objects.filter(order_id__in=list(order_ids), status__in=states).select_related("service__carrier")
    return list(
        rows.annotate(
            line_ids=ArrayAgg("parcels__lines__order_line_id", distinct=True),
            tracking=ArrayAgg("parcels__tracking_number", distinct=True),
            scan=Max("parcels__events__at"),
            troubles=ArrayAgg(
                "parcels__problems__trouble", filter=Q(parcels__problems__status="open"), distinct=True, default=[]
            ),
        ).order_by("id")
    )


def _pick(pick: Any) -> Cause:
    values = {"document": pick.number}
    lines = tuple(pick.line_ids)
    if pick.status == PickList.Status.PICKED:
        return Cause(
            order=pick.order_id,
            code="to_pack",
            rank=Rank.PACK,
            short=Words(_("To pack")),
            text=Words(_("Picked on %(document)s; waits to be packed."), values),
            tone="cyan",
            lines=lines,
            document=pick.number,
            url=pick.get_absolute_url(),
            desk=WAREHOUSE,
            action=Action(_("Pack"), reverse("shipping:pack", args=[pick.number]), PACK),
            customer=PACKING,
        )
    if pick.services:
        return Cause(
            order=pick.order_id,
            code="service",
            rank=Rank.PICK,
            short=Words(_("Service")),
            text=Words(
                _("Only services, nothing to take from stock: confirm %(document)s when they are done."), values
            ),
            tone="cyan",
            lines=lines,
            document=pick.number,
            url=pick.get_absolute_url(),
            desk=WAREHOUSE,
            action=Action(_("Confirm"), pick.get_absolute_url(), PICK),
            customer=SERVICE,
        )
    return Cause(
        order=pick.order_id,
        code="to_pick",
        rank=Rank.PICK,
        short=Words(_("To pick")),
        text=Words(_("Everything on %(document)s is reserved; waits to be picked."), values),
        tone="cyan",
        lines=lines,
        document=pick.number,
        url=pick.get_absolute_url(),
        desk=WAREHOUSE,
        action=Action(_("Pick"), pick.get_absolute_url(), PICK),
        customer=PACKING,
    )


def _shipment(shipment: Any, order: SalesOrder) -> Iterator[Cause]:
    tracking = ", ".join(number for number in shipment.tracking if number)
    values = {
        "document": shipment.number,
        "carrier": str(shipment.service) if shipment.service else "",
        "tracking": tracking,
        "day": shipment.expected_on,
    }
    if shipment.status == Status.PACKED:
        yield _packed(shipment, values)
    elif shipment.status == Status.EXCEPTION:
        text = _("%(carrier)s reports a problem with %(tracking)s of %(document)s; somebody must settle it.")
        if troubles := [Trouble(name).label for name in shipment.troubles if name]:
            values["trouble"] = Listed(tuple(troubles))
            text = _("%(tracking)s of %(document)s: %(trouble)s. Somebody must settle it with %(carrier)s.")
        yield _on_road(shipment, "parcel_trouble", Rank.TROUBLE, _("Parcel in trouble"), text, values, customer=DELAYED)
    else:
        yield _in_transit(shipment, order, values)


def _packed(shipment: Any, values: dict[str, Any]) -> Cause:
    if shipment.service is None:
        code, text = "no_carrier", _("%(document)s is packed; no carrier is chosen yet.")
    elif not all(shipment.tracking):
        code, text = "no_tracking", _("%(document)s is packed for %(carrier)s; the tracking number is missing.")
    else:
        code, text = "hand_over", _("%(document)s is packed and waits to be handed over to %(carrier)s.")
    return Cause(
        order=shipment.order_id,
        code=code,
        rank=Rank.HAND_OVER,
        short=Words(_("No carrier chosen") if code == "no_carrier" else _("To hand over")),
        text=Words(text, values),
        tone="cyan",
        lines=_lines(shipment),
        document=shipment.number,
        url=shipment.get_absolute_url(),
        desk=LOGISTICS,
        action=Action(_("Hand over to carrier"), shipment.get_absolute_url(), HAND_OVER),
        customer=LEAVING,
    )


def _in_transit(shipment: Any, order: SalesOrder, values: dict[str, Any]) -> Cause:
    last = shipment.scan or shipment.handed_over_at
    now = timezone.now()
    if last is not None and now - last > SILENT:
        values["days"], values["hours"] = (now - last).days, int((now - last).total_seconds() // 3600)
        text = _("%(carrier)s %(tracking)s has not been scanned for %(days)s days; ask the carrier.")
        if values["days"] < 2:
            text = _("%(carrier)s %(tracking)s has not been scanned for %(hours)s hours; ask the carrier.")
        return _on_road(shipment, "no_scan", Rank.SILENT, _("No scan"), text, values, customer=TRAVELLING)
    if order.settled_at is not None:
        text = _("Paid in full; only the delivery of %(document)s (%(carrier)s %(tracking)s) is not confirmed yet.")
        return _on_road(
            shipment, "delivery_unconfirmed", Rank.TRANSIT, _("Delivery unconfirmed"), text, values, tone="indigo"
        )
    text = _("On its way with %(carrier)s %(tracking)s.")
    if shipment.expected_on:
        text = _("On its way with %(carrier)s %(tracking)s, expected on %(day)s.")
    return _on_road(shipment, "in_transit", Rank.TRANSIT, _("In transit"), text, values, tone="indigo")


def _on_road(
    shipment: Any,
    code: str,
    rank: Rank,
    short: Any,
    text: Any,
    values: dict[str, Any],
    *,
    tone: str = "red",
    customer: ForCustomer | None = None,
) -> Cause:
    return Cause(
        order=shipment.order_id,
        code=code,
        rank=rank,
        short=Words(short),
        text=Words(text, values),
        tone=tone,
        lines=_lines(shipment),
        document=shipment.number,
        url=shipment.get_absolute_url(),
        expected=shipment.expected_on,
        desk=LOGISTICS,
        action=Action(_("Record a scan"), shipment.get_absolute_url(), SCAN),
        customer=customer or _travelling(values),
    )


def _travelling(values: dict[str, Any]) -> ForCustomer:
    """The customer may know the parcel: carrier, number, day."""
    if values["day"]:
        words = _("Your goods are on their way with %(carrier)s, number %(tracking)s, expected on %(day)s.")
    else:
        words = _("Your goods are on their way with %(carrier)s, number %(tracking)s.")
    return ForCustomer("travelling", Words(words, values))


def _lines(shipment: Any) -> tuple[int, ...]:
    return tuple(pk for pk in shipment.line_ids if pk is not None)


def _rest(order: SalesOrder, lines: list[Any], listed: set[int]) -> Iterator[Cause]:
    """Lines that have their goods and wait for the rest of the order, and orders of which a part has left."""
    if order.status not in (SalesOrder.Status.APPROVED, SalesOrder.Status.IN_PRODUCTION):
        return
    ready = tuple(line.pk for line in lines if line.reserved and line.short <= 0 and line.pk not in listed)
    if ready:
        goods = any(line.product.is_stocked for line in lines if line.pk in ready)
        text = _("Reserved; waits for the rest of the order.") if goods else _("A service; it goes with the goods.")
        yield Cause(
            order=order.pk,
            code="rest" if goods else "service_with_goods",
            rank=Rank.REST,
            short=Words(_("Waits for the rest")),
            text=Words(text),
            tone="grey",
            lines=ready,
            desk=WAREHOUSE,
            action=Action(_("Ship a part now"), reverse("shipping:open"), PICK) if goods else None,
            customer=GATHERING,
        )
    if any(line.shipped for line in lines):
        sent = sum(line.shipped for line in lines)
        values = {"sent": qty(sent), "all": qty(sum(line.quantity for line in lines))}
        yield Cause(
            order=order.pk,
            code="partly_shipped",
            rank=Rank.PARTLY,
            short=Words(_("Partly shipped")),
            text=Words(_("Partly shipped (%(sent)s of %(all)s); the rest follows."), values),
            tone="indigo",
            lines=tuple(line.pk for line in lines if line.to_ship > 0),
            desk=WAREHOUSE,
            customer=GATHERING,
        )
