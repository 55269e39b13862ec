"""What waits for people about changes of confirmed orders: to be decided, and written but not submitted."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from erp.workbench import Act, WorkGroup, WorkItem, group
from orders.models import Amendment, ApprovalStep
from orders.models.approval import MAY_APPROVE


def work_for(user: Any) -> Iterator[WorkGroup]:
    """Changes that this person decides on, and their own drafts. One query for each group."""
    rows = Amendment.objects.visible_to(user).select_related("order__customer", "created_by")
    steps = ApprovalStep.objects.filter(amendment__isnull=False)
    mine = Q(pk__in=ApprovalStep.objects.asked_of(user).values("amendment"))
    if user.has_perm(MAY_APPROVE):
        mine |= ~Q(pk__in=steps.open().values("amendment"))  # type: ignore[attr-defined]
    waiting = rows.filter(mine, status=Amendment.Status.SUBMITTED).order_by("status_since", "id")
    title = _("Changes of orders to decide")
    yield from group("changes", title, "versions", waiting, lambda found: _items(found, _("Decide")))
    if user.has_perm("orders.change_salesorder"):
        begun = rows.filter(created_by=user, status=Amendment.Status.DRAFT).order_by("id")
        title = _("Changes of orders begun and not submitted")
        yield from group("change-drafts", title, "edit", begun, lambda found: _items(found, _("Continue")), tone="grey")


def _items(found: list[Amendment], label: str) -> Iterable[WorkItem]:
    for one in found:
        url = one.get_absolute_url()
        yield WorkItem(
            title=one.number,
            url=url,
            sub=one.order.customer.name,
            note=one.reason,
            status=one.status,
            status_label=one.get_status_display(),
            amount=one.order.total,
            since=one.status_since,
            acts=[Act(label, url)],
        )
