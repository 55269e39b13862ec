"""What shipping does about a change of an order: goods put back, lists brought up to date."""

from collections import defaultdict
from decimal import Decimal

from django.db import transaction

from erp.models import StatusChange, User
from erp.money import ZERO
from erp.workflow import advance
from orders.models import Amendment, OrderLine, SalesOrder
from orders.services import record_picked
from shipping.models import ParcelLine, PickLine, PickList, Shipment
from shipping.services.picking import open_pick_list, to_pick
from shipping.services.waves import note_returns

PICKED_NOT_LEFT = (PickList.Status.PICKED, PickList.Status.PACKED)


def beyond(order: SalesOrder, quantities: dict[int, Decimal]) -> list[int]:
    """Lines of which more is picked than is to be ordered: `{line id: new quantity}`; one query."""
    rows = OrderLine.objects.filter(order=order).values_list("pk", "picked")
    return [pk for pk, picked in rows if picked > quantities.get(pk, ZERO)]


def lists_with(order: SalesOrder, line_ids: list[int]) -> list[PickList]:
    """Pick lists whose goods are off the shelf and have not left, with any of these lines on them. One query."""
    rows = PickList.objects.filter(order=order, status__in=PICKED_NOT_LEFT, lines__order_line__in=line_ids)
    waiting = rows.exclude(shipment__status__in=[Shipment.Status.IN_TRANSIT, Shipment.Status.EXCEPTION])
    waiting = waiting.exclude(shipment__status=Shipment.Status.DELIVERED)
    return list(waiting.select_related("shipment").order_by("id").distinct())


def quantities_after(amendment: Amendment) -> dict[int, Decimal]:
    """The new quantity of each present line that stays."""
    return {row["line"]: Decimal(row["quantity"]) for row in amendment.after["lines"] if row["line"]}


@transaction.atomic
def make_room_for_amendment(document: Amendment, *, change: StatusChange, by: User | None) -> None:
    """Put back what is picked beyond the new quantities, before they are written (first follower of “apply”).

    Lines that go are taken off lists that came to nothing; the amendment itself keeps what they were.
    """
    order, quantities = document.order, quantities_after(document)
    back: dict[int, Decimal] = defaultdict(Decimal)
    for pick_list in lists_with(order, beyond(order, quantities)):
        shipment = getattr(pick_list, "shipment", None)
        if shipment is not None and shipment.status == Shipment.Status.PACKED:
            advance(shipment, "cancel", by=None, note=document.number)  # withdraws its list as well
            continue
        for line_id, quantity in pick_list.lines.values_list("order_line_id", "picked"):
            back[line_id] -= quantity or ZERO
        advance(pick_list, "cancel", by=None, note=document.number)
    if back:
        record_picked(order, back, by=by)
    gone = set(order.lines.values_list("pk", flat=True)) - set(quantities)
    if gone:
        lines = PickLine.objects.filter(order_line__in=gone)
        for line in lines.filter(pick_list__status=PickList.Status.OPEN, scanned__gt=0).select_related("pick_list"):
            note_returns(line.pick_list, {line: line.scanned})
        lines.delete()
        ParcelLine.objects.filter(order_line__in=gone, parcel__shipment__status=Shipment.Status.CANCELLED).delete()


@transaction.atomic
def follow_amendment(document: Amendment, *, change: StatusChange, by: User | None) -> None:
    """Let what is to be picked be what the order is now (follower of “apply”).

    A list that says something else is withdrawn, paper in hand and all, and one with a new number takes its place.
    """
    order = SalesOrder.objects.select_for_update().get(pk=document.order_id)
    pick_list = order.pick_lists.filter(status=PickList.Status.OPEN).first()
    if pick_list is not None:
        rows = pick_list.lines.values_list("order_line_id", "item_id", "wanted")
        if {(line, item): wanted for line, item, wanted in rows} == to_pick(order):
            return
        advance(pick_list, "cancel", by=None, note=document.number)
    if pick_list is not None or order.status == SalesOrder.Status.READY_TO_SHIP:
        open_pick_list(order, by=by, change=change)
