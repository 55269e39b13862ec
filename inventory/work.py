"""What waits for people who buy and receive: shortages, approvals, drafts, deliveries that are due or late, inspections."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp.workbench import ROWS, Act, WorkGroup, WorkItem, group
from inventory.models import PurchaseLine, PurchaseOrder
from inventory.needs import SupplierNeeds, buying_needs


def work_for(user: Any) -> Iterator[WorkGroup]:
    """Groups of work in buying and receiving. About fifteen queries for a buyer, none for others."""
    if user.has_perm("inventory.add_purchaseorder"):
        yield from _to_buy()
    orders = PurchaseOrder.objects.visible_to(user).select_related("supplier")
    pages = reverse("inventory:purchases")
    if user.has_perm("inventory.approve_purchaseorder"):
        asked = orders.filter(status=PurchaseOrder.Status.SUBMITTED).exclude(Q(created_by=user) | Q(submitted_by=user))
        url = f"{pages}?status=submitted"
        title = _("Purchase orders to approve")
        yield from group("purchase-approvals", title, "clipboard-check", asked.order_by("id"), _asked, url=url)
    if user.has_perm("inventory.change_purchaseorder"):
        drafts = orders.filter(status=PurchaseOrder.Status.DRAFT).order_by("id")
        url = f"{pages}?status=draft"
        yield from group("purchase-drafts", _("Purchase orders to place"), "shopping-bag", drafts, _drafts, url=url)
        yield from _late(orders, pages)
    if user.has_perm("inventory.receive_goods"):
        due = orders.filter(status__in=PurchaseOrder.OPEN, expected_on__lte=timezone.localdate())
        url = f"{pages}?status=placed"
        title = _("Goods expected")
        yield from group("purchase-due", title, "truck-loading", due.order_by("expected_on", "id"), _due, url=url)
    if user.has_perm("inventory.inspect_goods"):
        held = PurchaseLine.objects.filter(order=OuterRef("pk"), received__gt=F("accepted") + F("rejected"))
        waiting = orders.filter(Exists(held)).order_by("id")
        yield from group("purchase-inspections", _("Goods to inspect"), "clipboard-check", waiting, _held, url=pages)


def _late(orders: QuerySet[PurchaseOrder], pages: str) -> Iterator[WorkGroup]:
    """Deliveries that should be here: somebody calls the supplier."""
    today = timezone.localdate()
    late = orders.filter(status__in=PurchaseOrder.OPEN, expected_on__lt=today).order_by("expected_on", "id")
    title, url = _("Overdue deliveries"), f"{pages}?late=1"
    yield from group("purchase-late", title, "clock", late, _chased, url=url, tone="red")


def _to_buy() -> Iterator[WorkGroup]:
    lists = buying_needs()
    if lists:
        yield WorkGroup(
            key="to-buy",
            title=_("To buy"),
            icon="shopping-cart",
            count=str(sum(len(one.needs) for one in lists)),
            items=[_list_item(one) for one in lists[:ROWS]],
            url=reverse("inventory:proposals"),
        )


def _list_item(one: SupplierNeeds) -> WorkItem:
    products = len(one.needs)
    acts = []
    if one.supplier is not None:
        acts.append(
            Act(
                label=_("Make purchase order"),
                url=reverse("inventory:order_needs"),
                post=True,
                fields={"supplier": one.supplier.code, "warehouse": one.warehouse.code},
            )
        )
    needed = [need.needed_by for need in one.needs if need.needed_by]
    return WorkItem(
        title=one.supplier.name if one.supplier else _("No supplier known"),
        url=reverse("inventory:proposals"),
        sub=ngettext("%(num)s product for %(warehouse)s", "%(num)s products for %(warehouse)s", products)
        % {"num": products, "warehouse": one.warehouse.name},
        amount=one.total,
        due=min(needed, default=None),
        late=bool(needed) and min(needed) < timezone.localdate(),
        acts=acts,
    )


def _drafts(orders: list[PurchaseOrder]) -> Iterable[WorkItem]:
    for order in orders:
        step, label = ("submit", _("Submit for approval")) if order.needs_approval else ("place", _("Place order"))
        url = reverse("inventory:purchase_transition", args=[order.number])
        yield _item(order, Act(label=label, url=url, post=True, fields={"transition": step}))


def _asked(orders: list[PurchaseOrder]) -> Iterable[WorkItem]:
    for order in orders:
        url = reverse("inventory:purchase_transition", args=[order.number])
        yield _item(order, Act(label=_("Approve and order"), url=url, post=True, fields={"transition": "approve"}))


def _held(orders: list[PurchaseOrder]) -> Iterable[WorkItem]:
    for order in orders:
        yield _item(order, Act(label=_("Inspect"), url=reverse("inventory:inspect", args=[order.number])))


def _chased(orders: list[PurchaseOrder]) -> Iterable[WorkItem]:
    for order in orders:
        yield _item(order, Act(label=_("Enter another day"), url=f"{order.get_absolute_url()}#day"))


def _due(orders: list[PurchaseOrder]) -> Iterable[WorkItem]:
    for order in orders:
        yield _item(order, Act(label=_("Receive goods"), url=reverse("inventory:receive", args=[order.number])))


def _item(order: PurchaseOrder, act: Act) -> WorkItem:
    late = order.is_open and order.expected_on is not None and order.expected_on < timezone.localdate()
    return WorkItem(
        title=order.number,
        url=order.get_absolute_url(),
        sub=order.supplier.name,
        status=order.status,
        status_label=order.get_status_display(),
        amount=order.value,
        due=order.expected_on,
        since=order.status_since,
        late=late,
        acts=[act],
    )
