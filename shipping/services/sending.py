"""Handing parcels to a carrier: tracking numbers, and the goods and their value leave."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.money import ZERO
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance
from inventory.models import Place
from inventory.services import Issue, issue_reserved, virtual_place
from orders.services import HOLDER, record_shipped
from shipping.calls import follow_parcels
from shipping.models import CarrierService, Handover, Parcel, ParcelLine, Pickup, Shipment
from shipping.services.choosing import note_choice
from shipping.services.common import by_order_line, lock_with_order, require
from shipping.services.expecting import expect, province_of


@verb
def hand_over(
    shipment: Shipment,
    *,
    service: CarrierService,
    tracking: Mapping[int, str],
    by: User | None,
    freight: Decimal | None = None,
    courier: str = "",
    reason: str = "",
    pickup: Pickup | None = None,
) -> Shipment:
    """Give a packed shipment to a carrier: `tracking` is `{parcel id: number}`, `freight` in CNY (None: by the rates).

    Stock leaves at its cost and the order lines count as shipped. The same handover a second time changes nothing.
    What the rules proposed is kept beside what was chosen, with the `reason` of another choice.
    Raises BusinessError (tracking number missing or taken, order on hold); then nothing has changed.
    """
    lock_with_order(shipment)
    parcels = list(shipment.parcels.order_by("position"))
    numbers = _numbers(shipment, service, parcels, tracking)
    if shipment.handed_over_at is not None and _is_repeat(shipment, service, parcels, numbers):
        return shipment
    require(by, "shipping.hand_over_shipment", _("Your role does not include handing over to carriers."))
    if shipment.status == Shipment.Status.PACKED:
        if freight is not None and freight < 0:
            raise BusinessError(_("The freight cannot be negative."), field="freight")
        _check_numbers(service, parcels, numbers)
        for parcel in parcels:
            parcel.carrier_id, parcel.tracking_number = service.carrier_id, numbers[parcel.pk]
            parcel.state = Parcel.State.COLLECTED
        Parcel.objects.bulk_update(parcels, ["carrier", "tracking_number", "state"])
        choice = note_choice(shipment, parcels, service=service, freight=freight, reason=reason, by=by)
        shipment.service, shipment.freight = service, choice.chosen_freight
        expected = expect(service, province=province_of(shipment.order.ship_to), left=timezone.localdate())
        shipment.expected_on, shipment.expected_by, shipment.expected_from = expected.on, expected.by, expected.source
        shipment.save(update_fields=["service", "freight", "expected_on", "expected_by", "expected_from"])
    advance(shipment, "hand_over", by=by)
    Handover.objects.create(
        number=next_number("HO"),
        shipment=shipment,
        carrier_id=service.carrier_id,
        pickup=pickup,
        parcels=len(parcels),
        courier=courier.strip()[:60],
        by=by,
        at=shipment.handed_over_at or timezone.now(),
    )
    follow_parcels(service.carrier, parcels)
    return shipment


def _numbers(
    shipment: Shipment, service: CarrierService, parcels: list[Parcel], tracking: Mapping[int, str]
) -> dict[int, str]:
    """The number of each parcel as it will be kept: without spaces; our own where the carrier has none."""
    found = {parcel.pk: "".join(tracking.get(parcel.pk, "").split()).upper() for parcel in parcels}
    if service.carrier.own_numbers:
        return {p.pk: found[p.pk] or f"{shipment.number}-{p.position}" for p in parcels}
    return found


def _is_repeat(shipment: Shipment, service: CarrierService, parcels: list[Parcel], numbers: Mapping[int, str]) -> bool:
    return shipment.service_id == service.pk and all(numbers[p.pk] == p.tracking_number for p in parcels)


def _check_numbers(service: CarrierService, parcels: list[Parcel], numbers: Mapping[int, str]) -> None:
    if not service.carrier.is_active:
        raise BusinessError(_("%(carrier)s is no longer active.") % {"carrier": service.carrier}, field="service")
    seen: set[str] = set()
    for parcel in parcels:
        number, field = numbers[parcel.pk], f"tracking_{parcel.pk}"
        if not number:
            raise BusinessError(
                _("Parcel %(number)s has no tracking number.") % {"number": parcel.position},
                hint=_("Scan or type the number on the carrier's label."),
                field=field,
            )
        if len(number) > 60 or not number.isascii() or not number.replace("-", "").isalnum():
            raise BusinessError(
                _("“%(number)s” is not a tracking number: letters, digits and hyphens only.") % {"number": number},
                field=field,
            )
        if number in seen:
            raise BusinessError(_("Two parcels have the number %(number)s.") % {"number": number}, field=field)
        seen.add(number)
    taken = (
        Parcel.objects.filter(carrier_id=service.carrier_id, tracking_number__in=seen)
        .exclude(pk__in=[parcel.pk for parcel in parcels])
        .select_related("shipment")
        .first()
    )
    if taken is not None:
        at = next(pk for pk, number in numbers.items() if number == taken.tracking_number)
        raise BusinessError(
            _("%(number)s is already the number of a parcel of %(shipment)s.")
            % {"number": taken.tracking_number, "shipment": taken.shipment},
            hint=_("Check the label; every parcel has a number of its own."),
            field=f"tracking_{at}",
            code="tracking_number_taken",
        )


@transaction.atomic
def issue_goods(document: Shipment, *, change: StatusChange | None, by: User | None) -> None:
    """The goods of a shipment leave the house (follower of “hand_over”): stock, cost, and what the order counts."""
    rows = list(
        ParcelLine.objects.filter(parcel__shipment=document).values_list("order_line_id", "item_id", "quantity")
    )
    goods: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for line_id, item_id, quantity in rows:
        if item_id is not None:
            goods[line_id, item_id] += quantity
    moves = issue_reserved(
        [
            Issue(line_id, item_id, quantity, key=f"ship:{document.pk}:{line_id}:{item_id}", line_id=line_id)
            for (line_id, item_id), quantity in goods.items()
        ],
        holder_type=HOLDER,
        target=virtual_place(Place.Kind.CUSTOMER),
        document=document,
        by=by,
    )
    document.cost = sum((move.value for move in moves), ZERO)
    document.save(update_fields=["cost"])
    record_shipped(document.order, by_order_line((line_id, quantity) for line_id, _item, quantity in rows), by=by)


@transaction.atomic
def correct_tracking(parcel: Parcel, *, number: str, by: User | None) -> Parcel:
    """Correct a tracking number that was typed wrong; only while the carrier has reported nothing on it."""
    shipment = Shipment.objects.get(pk=parcel.shipment_id)
    lock_with_order(shipment)
    parcel.refresh_from_db()
    require(by, "shipping.hand_over_shipment", _("Your role does not include handing over to carriers."))
    if shipment.service is None or shipment.status != Shipment.Status.IN_TRANSIT or parcel.events.exists():
        raise BusinessError(
            _("The number can be corrected only after handover and before the first report of the carrier."),
            field="number",
        )
    numbers = {parcel.pk: "".join(number.split()).upper()}
    _check_numbers(shipment.service, [parcel], numbers)
    parcel.tracking_number = numbers[parcel.pk]
    parcel.save(update_fields=["tracking_number"])
    follow_parcels(shipment.service.carrier, [parcel])
    return parcel
