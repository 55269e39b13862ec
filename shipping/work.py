"""What waits for warehouse and logistics: to pick, to pack, to hand over, and parcels in trouble."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp.workbench import Act, WorkGroup, WorkItem, group
from shipping.models import PickList, Shipment, TrackingEvent

SILENT = dt.timedelta(hours=24)  # a parcel on its way without a scan for longer is asked about


def work_for(user: Any) -> Iterator[WorkGroup]:
    """Groups of pick lists and shipments. One query for each group."""
    picks = PickList.objects.visible_to(user).select_related("order__customer")
    picks = picks.filter(order__hold_reason="").order_by("-order__priority", "order__promised_date", "id")
    shipments = Shipment.objects.visible_to(user).select_related("order__customer")
    url = reverse("shipping:list")
    if user.has_perm("shipping.pick_picklist"):
        open_lists = picks.filter(status=PickList.Status.OPEN)
        yield from group("to-pick", _("To pick"), "clipboard-list", open_lists, _to_pick, url=url)
    if user.has_perm("shipping.pack_shipment"):
        picked = picks.filter(status=PickList.Status.PICKED)
        yield from group("to-pack", _("To pack"), "package", picked, _to_pack, url=url)
    if user.has_perm("shipping.hand_over_shipment"):
        packed = shipments.filter(status=Shipment.Status.PACKED, order__hold_reason="")
        packed = packed.order_by("-order__priority", "order__promised_date", "id")
        yield from group("to-hand-over", _("To hand over"), "truck-loading", packed, _to_hand_over, url=url)
    if user.has_perm("shipping.add_trackingevent"):
        yield from _troubles(shipments, url)


def _troubles(shipments: Any, url: str) -> Iterator[WorkGroup]:
    lost = shipments.filter(status=Shipment.Status.EXCEPTION).order_by("status_since", "id")
    yield from group("parcel-exception", _("Parcels in trouble"), "alert-triangle", lost, _lost, url=url, tone="red")
    since = timezone.now() - SILENT
    scans = TrackingEvent.objects.filter(parcel__shipment=OuterRef("pk")).order_by("-at").values("at")[:1]
    travelling = shipments.filter(status=Shipment.Status.IN_TRANSIT).annotate(scan=Subquery(scans))
    silent = travelling.filter(Q(scan__lt=since) | Q(scan=None, handed_over_at__lt=since)).order_by("id")
    yield from group("parcel-silent", _("No scan for 24 hours"), "clock", silent, _silent, url=url)


def _item(document: Any, note: str, act: Act) -> WorkItem:
    order = document.order
    return WorkItem(
        title=document.number,
        url=document.get_absolute_url(),
        sub=f"{order.number} {order.customer.name}",
        note=note,
        status=document.status,
        status_label=document.get_status_display(),
        due=order.promised_date,
        since=document.status_since,
        late=document.status in ("open", "picked", "packed") and order.promised_date < timezone.localdate(),
        acts=[act],
    )


def _to_pick(lists: list[PickList]) -> Iterable[WorkItem]:
    for one in lists:
        yield _item(one, "", Act(_("Pick"), one.get_absolute_url()))


def _to_pack(lists: list[PickList]) -> Iterable[WorkItem]:
    for one in lists:
        yield _item(one, "", Act(_("Pack"), reverse("shipping:pack", args=[one.number])))


def _to_hand_over(shipments: list[Shipment]) -> Iterable[WorkItem]:
    for one in shipments:
        yield _item(one, "", Act(_("Hand over"), one.get_absolute_url()))


def _lost(shipments: list[Shipment]) -> Iterable[WorkItem]:
    for one in shipments:
        yield _item(one, _("Lost, damaged or refused: somebody must act."), Act(_("Show"), one.get_absolute_url()))


def _silent(shipments: list[Shipment]) -> Iterable[WorkItem]:
    now = timezone.now()
    for one in shipments:
        hours = int((now - (one.scan or one.handed_over_at or now)).total_seconds() // 3600)  # type: ignore[attr-defined]
        note = ngettext("last heard of %(num)s hour ago", "last heard of %(num)s hours ago", hours) % {"num": hours}
        yield _item(one, note, Act(_("Add a scan"), one.get_absolute_url()))
