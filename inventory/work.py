"""What waits for people who buy and receive: shortages, drafts to place, deliveries that are due."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp.workbench import ROWS, Act, WorkGroup, WorkItem, group
from inventory.models import PurchaseOrder
from inventory.needs import SupplierNeeds, buying_needs


def work_for(user: Any) -> Iterator[WorkGroup]:
    """Groups of work in buying and receiving. About ten queries for a buyer, none for others."""
    if user.has_perm("inventory.add_purchaseorder"):
        yield from _to_buy()
    orders = PurchaseOrder.objects.visible_to(user).select_related("supplier")
    if user.has_perm("inventory.change_purchaseorder"):
        drafts = orders.filter(status=PurchaseOrder.Status.DRAFT).order_by("id")
        url = f"{reverse('inventory:purchases')}?status=draft"
        yield from group("purchase-drafts", _("Purchase orders to place"), "shopping-bag", drafts, _drafts, url=url)
    if user.has_perm("inventory.receive_goods"):
        today = timezone.localdate()
        due = orders.filter(status=PurchaseOrder.Status.PLACED, expected_on__lte=today).order_by("expected_on", "id")
        url = f"{reverse('inventory:purchases')}?status=placed"
        yield from group("purchase-due", _("Goods expected"), "truck-loading", due, _due, url=url)


def _to_buy() -> Iterator[WorkGroup]:
    lists = buying_needs()
    if lists:
        yield WorkGroup(
            key="to-buy",
            title=_("To buy"),
            icon="shopping-cart",
            count=str(sum(len(one.needs) for one in lists)),
            items=[_list_item(one) for one in lists[:ROWS]],
            url=reverse("inventory:purchase_new"),
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
        url=reverse("inventory:purchase_new"),
        sub=ngettext("%(num)s product for %(warehouse)s", "%(num)s products for %(warehouse)s", products)
        % {"num": products, "warehouse": one.warehouse.name},
        amount=one.total,
        due=min(needed, default=None),
        late=bool(needed) and min(needed) < timezone.localdate(),
        acts=acts,
    )


def _drafts(orders: list[PurchaseOrder]) -> Iterable[WorkItem]:
    for order in orders:
        place = Act(
            label=_("Place order"),
            url=reverse("inventory:purchase_transition", args=[order.number]),
            post=True,
            fields={"transition": "place"},
        )
        yield _item(order, place)


def _due(orders: list[PurchaseOrder]) -> Iterable[WorkItem]:
    for order in orders:
        yield _item(order, Act(label=_("Receive goods"), url=reverse("inventory:receive", args=[order.number])))


def _item(order: PurchaseOrder, act: Act) -> WorkItem:
    late = (
        order.status == PurchaseOrder.Status.PLACED
        and order.expected_on is not None
        and order.expected_on < timezone.localdate()
    )
    return WorkItem(
        title=order.number,
        url=order.get_absolute_url(),
        sub=order.supplier.name,
        status=order.status,
        status_label=order.get_status_display(),
        amount=order.total,
        due=order.expected_on,
        since=order.status_since,
        late=late,
        acts=[act],
    )
