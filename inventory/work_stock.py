"""What waits for people who keep the stock true: counts to make, differences to decide on, transfers."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.workbench import Act, WorkGroup, WorkItem, group
from inventory.models import Adjustment, StockCount, Transfer


def work_for(user: Any) -> Iterator[WorkGroup]:
    """Groups of work around counts and transfers. Four queries for the warehouse, one for who approves."""
    yield from _transfers(user)
    if user.has_perm("inventory.approve_adjustment"):
        asked = Adjustment.objects.visible_to(user).filter(status=Adjustment.Status.WAITING).exclude(created_by=user)
        rows = asked.select_related("product").order_by("id")
        page = f"{reverse('inventory:adjustments')}?status=waiting"
        title = _("Adjustments to approve")
        yield from group("adjustments", title, "adjustments", rows, _adjustments, url=page)
    counts = StockCount.objects.visible_to(user).select_related("warehouse")
    page = reverse("inventory:counts")
    if user.has_perm("inventory.enter_stockcount"):
        running = counts.filter(status=StockCount.Status.COUNTING).order_by("id")
        url = f"{page}?status=counting"
        yield from group("stock-counting", _("Bins to count"), "clipboard-list", running, _running, url=url)
    url = f"{page}?status=review"
    if user.has_perm("inventory.change_stockcount"):
        reviewed = counts.filter(status=StockCount.Status.REVIEW).order_by("id")
        yield from group(
            "stock-review", _("Counted differences to post"), "clipboard-check", reviewed, _decide, url=url
        )
    elif user.has_perm("inventory.approve_stockcount"):
        dear = counts.filter(status=StockCount.Status.REVIEW).order_by("id")
        yield from group(
            "stock-approval", _("Counted differences to approve"), "clipboard-check", dear, _decide, url=url
        )


def _adjustments(rows: list[Adjustment]) -> Iterable[WorkItem]:
    for one in rows:
        yield WorkItem(
            title=one.number,
            url=one.get_absolute_url(),
            sub=f"{one.product} · {one.reason}",
            status=one.status,
            status_label=one.get_status_display(),
            amount=one.value,
            since=one.status_since,
            acts=[Act(label=_("Decide"), url=one.get_absolute_url())],
        )


def _transfers(user: Any) -> Iterator[WorkGroup]:
    transfers = Transfer.objects.visible_to(user).select_related("source", "target")
    page = reverse("inventory:transfers")
    if user.has_perm("inventory.send_transfer"):
        drafts = transfers.filter(status=Transfer.Status.DRAFT).order_by("id")
        url = f"{page}?status=draft"
        yield from group("transfers-to-send", _("Transfers to send"), "truck-delivery", drafts, _to_send, url=url)
    if user.has_perm("inventory.receive_transfer"):
        coming = transfers.filter(status__in=Transfer.UNDER_WAY).order_by("expected_on", "id")
        url = f"{page}?status=sent"
        yield from group(
            "transfers-to-receive", _("Transfers to take in"), "truck-loading", coming, _to_receive, url=url
        )


def _to_send(transfers: list[Transfer]) -> Iterable[WorkItem]:
    for one in transfers:
        step, label = ("move", _("Move")) if one.is_internal else ("send", _("Send"))
        url = reverse("inventory:transfer_transition", args=[one.number])
        yield _transfer_item(one, Act(label=label, url=url, post=True, fields={"transition": step}))


def _to_receive(transfers: list[Transfer]) -> Iterable[WorkItem]:
    for one in transfers:
        yield _transfer_item(one, Act(label=_("Take in"), url=reverse("inventory:transfer_receive", args=[one.number])))


def _transfer_item(one: Transfer, act: Act) -> WorkItem:
    return WorkItem(
        title=one.number,
        url=one.get_absolute_url(),
        sub=one.source.name if one.is_internal else f"{one.source.name} → {one.target.name}",
        status=one.status,
        status_label=one.get_status_display(),
        due=one.expected_on,
        since=one.status_since,
        late=one.expected_on is not None and one.expected_on < timezone.localdate(),
        acts=[act],
    )


def _running(counts: list[StockCount]) -> Iterable[WorkItem]:
    for one in counts:
        yield _item(one, Act(label=_("Count"), url=reverse("inventory:count_next", args=[one.number])))


def _decide(counts: list[StockCount]) -> Iterable[WorkItem]:
    for one in counts:
        yield _item(one, Act(label=_("Decide"), url=one.get_absolute_url()))


def _item(one: StockCount, act: Act) -> WorkItem:
    return WorkItem(
        title=one.number,
        url=one.get_absolute_url(),
        sub=f"{one.warehouse.name} · {one.get_scope_display()}",
        status=one.status,
        status_label=one.get_status_display(),
        amount=one.gain + one.loss or None,
        since=one.status_since,
        acts=[act],
    )
