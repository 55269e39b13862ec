"""What waits for people who keep the stock true: counts to make and differences to decide on."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from erp.workbench import Act, WorkGroup, WorkItem, group
from inventory.models import StockCount


def work_for(user: Any) -> Iterator[WorkGroup]:
    """Groups of work around stock counts. Two queries for the warehouse, one for who approves."""
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
