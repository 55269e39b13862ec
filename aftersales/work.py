"""What waits after the sale: returns to decide, to receive and to credit, and customers' cases."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersales.models import ReturnRequest, ServiceCase
from erp.workbench import Act, WorkGroup, WorkItem, group

Status = ReturnRequest.Status


def work_for(user: Any) -> Iterator[WorkGroup]:
    """Groups of returns and cases. One query for each group."""
    url = reverse("aftersales:list")
    returns = ReturnRequest.objects.visible_to(user).select_related("order__customer").order_by("id")
    stages = (
        ("aftersales.decide_returnrequest", Status.REQUESTED, _("Returns to decide"), _("Decide")),
        ("aftersales.receive_returnrequest", Status.APPROVED, _("Returned goods expected"), _("Receive")),
        ("aftersales.refund_returnrequest", Status.RECEIVED, _("Returns to credit"), _("Credit it")),
    )
    for permission, status, title, label in stages:
        if user.has_perm(permission):
            rows = returns.filter(status=status)
            yield from group(f"return-{status}", title, "truck-return", rows, _returns(label), url=url)
    if user.has_perm("aftersales.change_servicecase"):
        open_cases = ServiceCase.objects.visible_to(user).exclude(status=ServiceCase.Status.RESOLVED)
        open_cases = open_cases.select_related("order__customer", "owner").order_by("deadline", "id")
        late = open_cases.filter(deadline__lt=timezone.now())
        yield from group("cases-late", _("Cases past their deadline"), "headset", late, _cases, url=url, tone="red")
        rest = open_cases.exclude(deadline__lt=timezone.now())
        yield from group("cases", _("Open cases"), "headset", rest, _cases, url=url)


def _returns(label: str) -> Any:
    def make(requests: list[ReturnRequest]) -> Iterable[WorkItem]:
        for one in requests:
            yield WorkItem(
                title=one.number,
                url=one.get_absolute_url(),
                sub=f"{one.order.number} {one.order.customer.name}",
                note=f"{one.get_reason_display()} {one.text[:80]}".strip(),
                status=one.status,
                status_label=one.get_status_display(),
                since=one.status_since,
                acts=[Act(label, one.get_absolute_url())],
            )

    return make


def _cases(cases: list[ServiceCase]) -> Iterable[WorkItem]:
    now = timezone.now()
    for case in cases:
        yield WorkItem(
            title=case.number,
            url=case.get_absolute_url(),
            sub=f"{case.subject} · {case.order.customer.name}",
            note=_("handled by %(name)s") % {"name": case.owner} if case.owner else _("nobody handles it yet"),
            status=case.status,
            status_label=case.get_status_display(),
            due=timezone.localdate(case.deadline) if case.deadline else None,
            since=case.status_since,
            late=bool(case.deadline and case.deadline < now),
            acts=[Act(_("Answer"), case.get_absolute_url())],
        )
