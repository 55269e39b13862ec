"""What waits for warehouse and logistics: to pick, to pack, to hand over, and parcels in trouble."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp.web.formats import qty
from erp.workbench import Act, WorkGroup, WorkItem, group
from shipping.models import ParcelProblem, PickList, PickReturn, Shipment, Wave


def work_for(user: Any) -> Iterator[WorkGroup]:
    """Groups of pick lists and shipments. One query for each group."""
    picks = PickList.objects.visible_to(user).select_related("order__customer")
    picks = picks.filter(order__hold_reason="").order_by("-order__priority", "order__promised_date", "id")
    shipments = Shipment.objects.visible_to(user).select_related("order__customer")
    url = reverse("shipping:list")
    if user.has_perm("shipping.pick_picklist"):
        yield from _waves(user)
        # What goes with a wave, or what somebody else holds, is nobody else's work.
        open_lists = picks.filter(status=PickList.Status.OPEN, wave=None).filter(Q(picker=None) | Q(picker=user))
        yield from group("to-pick", _("To pick"), "clipboard-list", open_lists, _to_pick, url=url)
    if user.has_perm("shipping.pack_shipment"):
        picked = picks.filter(status=PickList.Status.PICKED)
        yield from group("to-pack", _("To pack"), "package", picked, _to_pack, url=url)
    if user.has_perm("shipping.hand_over_shipment"):
        packed = shipments.filter(status=Shipment.Status.PACKED, order__hold_reason="")
        packed = packed.order_by("-order__priority", "order__promised_date", "id")
        yield from group("to-hand-over", _("To hand over"), "truck-loading", packed, _to_hand_over, url=url)
    if user.has_perm("shipping.add_trackingevent"):
        yield from _troubles(user, shipments, url)


def _waves(user: Any) -> Iterator[WorkGroup]:
    waves = Wave.objects.visible_to(user).select_related("warehouse")
    waves = waves.filter(status__in=[Wave.Status.OPEN, Wave.Status.PICKING]).filter(Q(assignee=None) | Q(assignee=user))
    rows = waves.annotate(size=Count("pick_lists")).order_by("id")
    yield from group("my-waves", _("My waves"), "route", rows, _walks, url=reverse("shipping:waves"))
    lists = PickList.objects.visible_to(user)
    back = PickReturn.objects.filter(done_at=None, pick_list__in=lists).select_related(
        "item__place", "item__product__unit", "pick_list"
    )
    url = reverse("shipping:list")
    yield from group(
        "put-back", _("Put these back"), "arrow-back-up", back.order_by("id"), _returns, url=url, tone="red"
    )


def _walks(waves: list[Wave]) -> Iterable[WorkItem]:
    for one in waves:
        lists = ngettext("%(num)s pick list", "%(num)s pick lists", one.size) % {"num": one.size}  # type: ignore[attr-defined]
        yield WorkItem(
            title=one.number,
            url=one.get_absolute_url(),
            sub=f"{one.warehouse.name} · {lists}",
            status=one.status,
            status_label=one.get_status_display(),
            since=one.status_since,
            acts=[Act(_("Scan"), reverse("shipping:scan", args=[one.number]))],
        )


def _returns(entries: list[PickReturn]) -> Iterable[WorkItem]:
    for one in entries:
        product = one.item.product
        yield WorkItem(
            title=f"{one.item.place.code} · {product.name}",
            url=one.pick_list.get_absolute_url(),
            sub=qty(one.quantity, product.unit.name),
            note=one.pick_list.number,
            since=one.since,
            acts=[Act(_("Is back"), reverse("shipping:return_done", args=[one.pk]), post=True)],
        )


def _troubles(user: Any, shipments: Any, url: str) -> Iterator[WorkGroup]:
    if user.has_perm("shipping.change_parcelproblem"):
        problems = ParcelProblem.objects.visible_to(user).filter(status=ParcelProblem.Status.OPEN)
        mine = problems.filter(Q(owner=user) | Q(owner=None)).select_related("order__customer", "parcel")
        page = reverse("shipping:problems")
        yield from group(
            "parcel-problem",
            _("Parcel problems"),
            "alert-triangle",
            mine.order_by("deadline", "id"),
            _problems,
            url=page,
            tone="red",
        )
    unsettled = Exists(ParcelProblem.objects.filter(parcel__shipment=OuterRef("pk"), status=ParcelProblem.Status.OPEN))
    lost = shipments.filter(status=Shipment.Status.EXCEPTION).exclude(unsettled).order_by("status_since", "id")
    yield from group("parcel-exception", _("Parcels in trouble"), "alert-triangle", lost, _lost, url=url, tone="red")


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


def _problems(problems: list[ParcelProblem]) -> Iterable[WorkItem]:
    now = timezone.now()
    for one in problems:
        yield WorkItem(
            title=f"{one.number} {one.get_trouble_display()}",
            url=one.get_absolute_url(),
            sub=f"{one.order.number} {one.order.customer.name}",
            note=_(one.text) if one.text else "",
            status=one.status,
            status_label=one.get_status_display(),
            due=timezone.localdate(one.deadline),
            since=one.created_at,
            late=one.deadline < now,
            acts=[Act(_("Settle it"), one.get_absolute_url())],
        )
