"""What a change of an order means for picking and shipping: lists replaced, parcels unpacked, what has left stays."""

from collections.abc import Iterator

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from erp.effects import Effect, Plan
from shipping.models import PickList, Shipment
from shipping.services.amending import beyond, lists_with

TEXTS: dict[str, str | Promise] = {
    "ship_list": _("%(document)s is withdrawn; a new pick list takes its place."),
    "ship_unpick": _("%(document)s: what was picked goes back to the shelf and is picked anew."),
    "ship_unpack": _("%(document)s is packed and is unpacked: the goods go back to the shelf and are picked anew."),
    "ship_label": _("%(document)s is packed: print its labels again with the new address."),
    "ship_left": _("%(documents)s have left; nothing of them changes."),
    "ship_same": _("Nothing changes for picking and packing."),
}


def explain(plan: Plan) -> Iterator[Effect]:
    """Lists and shipments of the order. Up to five queries."""
    order = plan.document
    shipments = list(order.shipments.exclude(status=Shipment.Status.CANCELLED).order_by("id"))
    left = [one.number for one in shipments if one.status != Shipment.Status.PACKED]
    moved = list(_moved(plan))
    yield from moved
    if "ship_to" in plan.changed:
        undone = {effect.values["document"] for effect in moved}
        for one in shipments:
            if one.status == Shipment.Status.PACKED and one.number not in undone:
                yield Effect("shipping", "ship_label", {"document": one.number}, "amber")
    if left:
        yield Effect("shipping", "ship_left", {"documents": "、".join(left)})
    elif not moved and "ship_to" not in plan.changed:
        yield Effect("shipping", "ship_same")


def _moved(plan: Plan) -> Iterator[Effect]:
    if not plan.moved:
        return
    order = plan.document
    quantities = {line.line.pk: line.after for line in plan.lines if line.line}
    if too_much := beyond(order, quantities):
        for one in lists_with(order, too_much):
            shipment = getattr(one, "shipment", None)
            packed = shipment is not None and shipment.status == Shipment.Status.PACKED
            number = shipment.number if shipment is not None and packed else one.number
            yield Effect("shipping", "ship_unpack" if packed else "ship_unpick", {"document": number}, "red")
    for one in order.pick_lists.filter(status=PickList.Status.OPEN):
        yield Effect("shipping", "ship_list", {"document": one.number}, "amber")
