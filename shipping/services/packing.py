"""Packing: parcels out of what was picked, and taking them apart again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.money import ZERO, round_quantity
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance, record_creation
from orders.models import SalesOrder
from orders.services import record_picked
from shipping.models import Parcel, ParcelLine, PickLine, PickList, Shipment
from shipping.services.common import by_order_line, lock_with_order, require
from shipping.services.picking import open_pick_list

HEAVIEST = Decimal(9999)  # kg; more is a typing error


@dataclass(frozen=True, slots=True)
class ParcelInput:
    """One box: how much of each pick line is in it (stock units), and its weight in kg, if it was weighed."""

    lines: Mapping[int, Decimal]
    weight: Decimal | None = None


@verb
def pack(pick_list: PickList, *, parcels: Sequence[ParcelInput] | None, by: User | None) -> Shipment:
    """Put what was picked into parcels (None: one parcel with everything) and make the shipment.

    A list that is packed already returns its shipment. Raises BusinessError unless everything picked is in exactly one
    parcel; then nothing has changed.
    """
    order = lock_with_order(pick_list)
    packed = Shipment.objects.filter(pick_list=pick_list).first()
    if packed is not None and pick_list.status == PickList.Status.PACKED:
        return packed
    require(by, "shipping.pack_shipment", _("Your role does not include packing."))
    lines = {line.pk: line for line in pick_list.lines.select_related("order_line__product") if line.picked}
    wanted = (
        [ParcelInput({pk: line.picked or ZERO for pk, line in lines.items()})] if parcels is None else list(parcels)
    )
    if pick_list.status == PickList.Status.PICKED:
        _check(lines, wanted)
        shipment = Shipment.objects.create(number=next_number("SH"), order=order, pick_list=pick_list, created_by=by)
        _make_parcels(shipment, lines, wanted)
    advance(pick_list, "pack", by=by)
    record_creation(shipment, by=by)
    return shipment


def _check(lines: Mapping[int, PickLine], parcels: Sequence[ParcelInput]) -> None:
    inside: dict[int, Decimal] = defaultdict(Decimal)
    for at, parcel in enumerate(parcels, start=1):
        if any(quantity < 0 for quantity in parcel.lines.values()):
            raise BusinessError(_("Parcel %(number)s: a quantity cannot be negative.") % {"number": at})
        if not any(parcel.lines.values()):
            raise BusinessError(
                _("Parcel %(number)s is empty.") % {"number": at}, hint=_("Put something into it, or remove it.")
            )
        if parcel.weight is not None and not 0 < parcel.weight <= HEAVIEST:
            raise BusinessError(_("Parcel %(number)s: the weight cannot be right.") % {"number": at})
        for line_id, quantity in parcel.lines.items():
            inside[line_id] += round_quantity(quantity)
    if set(inside) - set(lines):
        raise BusinessError(_("The pick list has changed meanwhile."), hint=_("Load the page again."))
    for pk, line in lines.items():
        if inside[pk] != line.picked:
            raise BusinessError(
                _("%(product)s: %(picked)s picked, but %(packed)s in parcels.")
                % {
                    "product": line.order_line.product.name,
                    "picked": f"{(line.picked or ZERO).normalize():f}",
                    "packed": f"{inside[pk].normalize():f}",
                },
                hint=_("Everything that was picked must be in a parcel."),
            )


def _make_parcels(shipment: Shipment, lines: Mapping[int, PickLine], parcels: Sequence[ParcelInput]) -> None:
    boxes = Parcel.objects.bulk_create(
        Parcel(shipment=shipment, position=at, weight=parcel.weight) for at, parcel in enumerate(parcels, start=1)
    )
    ParcelLine.objects.bulk_create(
        ParcelLine(
            parcel=box,
            order_line_id=lines[pk].order_line_id,
            item_id=lines[pk].item_id,
            quantity=round_quantity(quantity),
        )
        for box, parcel in zip(boxes, parcels, strict=True)
        for pk, quantity in parcel.lines.items()
        if quantity
    )


@transaction.atomic
def put_back(document: Shipment, *, change: StatusChange | None, by: User | None) -> None:
    """A shipment was unpacked: the goods go back to the shelf and, while the order goes on, onto a new pick list.

    They stay reserved for the order (follower of the shipment's “cancel”).
    """
    pick_list = document.pick_list
    sums = by_order_line(ParcelLine.objects.filter(parcel__shipment=document).values_list("order_line_id", "quantity"))
    record_picked(document.order, {line: ZERO - quantity for line, quantity in sums.items()}, by=by)
    advance(pick_list, "cancel", by=None, note=document.number)
    order = SalesOrder.objects.get(pk=document.order_id)
    if order.status == SalesOrder.Status.READY_TO_SHIP and change is not None:
        open_pick_list(order, by=by, change=change)
