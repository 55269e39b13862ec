"""What an order's page shows of shipping: pick lists, shipments, and their parcels with the last scan."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from erp.related import RelatedGroup, RelatedItem, Step
from erp.web.formats import date, dt
from shipping.models import Parcel, PickList, Shipment, TrackingEvent


def of_order(order: Any, user: Any) -> Iterator[RelatedGroup]:
    """Pick lists and shipments of a sales order. Four queries."""
    picks = list(PickList.objects.visible_to(user).filter(order=order).order_by("id"))
    # The newest scan of each parcel, by the index on (parcel, -at).
    newest = TrackingEvent.objects.order_by("parcel_id", "-at", "-id").distinct("parcel_id")
    parcels = Parcel.objects.select_related("carrier").prefetch_related(Prefetch("events", newest, to_attr="newest"))
    shipments = list(
        Shipment.objects.visible_to(user)
        .filter(order=order)
        .select_related("service__carrier")
        .prefetch_related(Prefetch("parcels", parcels))
        .order_by("id")
    )
    if shipments:
        step = _shipment_step(shipments, user)
        yield RelatedGroup(_("Shipments"), "truck-delivery", [_shipment(one) for one in shipments], step)
    if picks:
        yield RelatedGroup(_("Pick lists"), "clipboard-list", [_pick(one) for one in picks], _pick_step(picks, user))


def _shipment(one: Shipment) -> RelatedItem:
    words = [str(one.service)] if one.service else []
    if one.expected_on and one.status == Shipment.Status.IN_TRANSIT:
        if one.expected_by and one.expected_by > one.expected_on:
            days = {"day": date(one.expected_on), "latest": date(one.expected_by)}
            words.append(_("expected on %(day)s, at the latest on %(latest)s") % days)
        else:
            words.append(_("expected on %(day)s") % {"day": date(one.expected_on)})
    return RelatedItem(
        number=one.number,
        url=one.get_absolute_url(),
        status=one.status,
        status_label=one.get_status_display(),
        text=" · ".join(words),
        at=one.delivered_at or one.handed_over_at or one.created_at,
        details=[_parcel(parcel) for parcel in one.parcels.all()],
    )


def _parcel(parcel: Parcel) -> str:
    number = parcel.tracking_number or _("no tracking number yet")
    carrier = parcel.carrier.name if parcel.carrier else ""
    words = " ".join(filter(None, [_("Parcel %(place)s") % {"place": parcel.position}, carrier, number]))
    scans = parcel.newest  # type: ignore[attr-defined]
    last = f"{dt(scans[0].at)} {scans[0].place} {scans[0].text}" if scans else parcel.get_state_display()
    return f"{words} · {last}"


def _pick(one: PickList) -> RelatedItem:
    return RelatedItem(
        number=one.number,
        url=one.get_absolute_url(),
        status=one.status,
        status_label=one.get_status_display(),
        at=one.status_since,
    )


def _pick_step(picks: list[PickList], user: Any) -> Step | None:
    for one in picks:
        if one.status == PickList.Status.OPEN and user.has_perm("shipping.pick_picklist"):
            return Step(_("Pick"), one.get_absolute_url(), "clipboard-list")
        if one.status == PickList.Status.PICKED and user.has_perm("shipping.pack_shipment"):
            return Step(_("Pack"), reverse("shipping:pack", args=[one.number]), "package")
    return None


def _shipment_step(shipments: list[Shipment], user: Any) -> Step | None:
    for one in shipments:
        if one.status == Shipment.Status.PACKED and user.has_perm("shipping.hand_over_shipment"):
            return Step(_("Hand over to carrier"), one.get_absolute_url(), "truck-delivery")
        if one.status == Shipment.Status.EXCEPTION and user.has_perm("shipping.add_trackingevent"):
            return Step(_("Look after the parcel"), one.get_absolute_url(), "alert-triangle")
    return None
