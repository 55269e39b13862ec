"""What waits for people who sell and approve: approvals, corrections, holds, what is late and what is short."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from erp.models import Draft
from erp.workbench import Act, WorkGroup, WorkItem, group
from orders.approvals import for_decision
from orders.drafts import FORM, row_of
from orders.filters import late
from orders.models import ChannelOrder, SalesOrder
from orders.models.customer import looked_after_by
from orders.waiting import Wait, waits_for

Status = SalesOrder.Status
Acts = Callable[[SalesOrder], list[Act]]


def work_for(user: Any) -> Iterator[WorkGroup]:
    """Groups of orders that wait for this person. About two queries for each group that has rows."""
    rows = SalesOrder.objects.visible_to(user).select_related("customer")
    yield from _to_approve(rows, user)
    if user.has_perm("orders.approve_salesorder"):
        yield from _held(rows, user)
    if user.has_perm("orders.resubmit_salesorder"):
        yield from _rejected(_own(rows, user), user)
    if user.has_perm("orders.add_salesorder"):
        yield from _drafts(user)
    if user.has_perm("orders.change_salesorder"):
        mine = _own(rows, user)
        yield from _late(mine, user)
        yield from _waiting(mine, user)
        if not user.has_perm("orders.approve_salesorder"):
            yield from _pending(mine, user)
        yield from _failed_deliveries(user)


def _drafts(user: Any) -> Iterator[WorkGroup]:
    def items(found: list[Draft]) -> Iterable[WorkItem]:
        for row in map(row_of, found):
            kind = _("Correction of %(number)s") % {"number": row.subject} if row.subject else _("New order")
            yield WorkItem(title=row.title, url=row.url, sub=kind, since=row.at, acts=[Act(_("Continue"), row.url)])

    begun = Draft.objects.visible_to(user).filter(form=FORM)
    title = _("Drafts: orders begun and not saved")
    yield from group("drafts", title, "pencil", begun, items, url=reverse("orders:drafts"), tone="grey")


def _own(rows: QuerySet[SalesOrder], user: Any) -> QuerySet[SalesOrder]:
    """The orders a salesperson looks after; for those who approve, everybody's."""
    if user.has_perm("orders.approve_salesorder"):
        return rows
    return rows.filter(looked_after_by(user))


def _list(**query: str) -> str:
    return f"{reverse('orders:list')}?{'&'.join(f'{name}={value}' for name, value in query.items())}"


def _items(orders: list[SalesOrder], acts: Acts | None, user: Any) -> Iterable[WorkItem]:
    waits = waits_for(orders, user)
    for order in orders:
        yield WorkItem(
            title=order.number,
            url=order.get_absolute_url(),
            sub=order.customer.name,
            note=_note(waits[order.pk]),
            status=order.status,
            status_label=order.get_status_display(),
            amount=order.total,
            due=order.promised_date,
            since=order.status_since,
            late=order.is_late,
            acts=_clearing(waits[order.pk]) if acts is None else acts(order),
        )


def _note(wait: Wait) -> str:
    """The sentence, and who acts next where the reader cannot."""
    said = wait.main
    if said is None:
        return ""
    return said.text if said.action or not said.who else f"{said.text} ({said.who})"


def _clearing(wait: Wait) -> list[Act]:
    """The button that clears what the order waits for, where this person may press it."""
    button = wait.main.action if wait.main else None
    return [Act(button.label, button.url, post=button.post, fields=dict(button.fields))] if button else []


def _to_approve(rows: QuerySet[SalesOrder], user: Any) -> Iterator[WorkGroup]:
    waiting = rows.filter(for_decision(user), status=Status.PENDING, hold_reason="").order_by(
        "-priority", "promised_date", "id"
    )

    def acts(order: SalesOrder) -> list[Act]:
        approve = reverse("orders:transition_named", args=[order.number, "approve"])
        return [Act(_("Approve"), approve, post=True)]

    yield from group(
        "to-approve",
        _("Orders to approve"),
        "clipboard-check",
        waiting,
        lambda found: _items(found, acts, user),
        url=_list(status="pending"),
    )


def _held(rows: QuerySet[SalesOrder], user: Any) -> Iterator[WorkGroup]:
    held = rows.filter(status__in=(Status.PENDING, *SalesOrder.FULFILLING)).exclude(hold_reason="")

    def acts(order: SalesOrder) -> list[Act]:
        return [Act(_("Release"), reverse("orders:hold", args=[order.number]), post=True, fields={"act": "release"})]

    yield from group(
        "held",
        _("On hold"),
        "hand-stop",
        held.order_by("promised_date", "id"),
        lambda found: _items(found, acts, user),
        url=_list(held="1"),
        tone="red",
    )


def _rejected(rows: QuerySet[SalesOrder], user: Any) -> Iterator[WorkGroup]:
    def acts(order: SalesOrder) -> list[Act]:
        return [Act(_("Correct"), reverse("orders:edit", args=[order.number]))]

    yield from group(
        "rejected",
        _("Rejected, to be corrected"),
        "arrow-back-up",
        rows.filter(status=Status.REJECTED).order_by("-id"),
        lambda found: _items(found, acts, user),
        url=_list(status="rejected"),
        tone="red",
    )


def _late(rows: QuerySet[SalesOrder], user: Any) -> Iterator[WorkGroup]:
    yield from group(
        "late",
        _("Late: the promised date has passed"),
        "calendar-due",
        late(rows).order_by("promised_date", "id"),
        lambda found: _items(found, None, user),
        url=_list(late="1", sort="due"),
        tone="red",
    )


def _waiting(rows: QuerySet[SalesOrder], user: Any) -> Iterator[WorkGroup]:
    waiting = rows.filter(status__in=(Status.APPROVED, Status.IN_PRODUCTION)).order_by("promised_date", "id")
    yield from group(
        "waiting",
        _("Waiting for goods"),
        "hourglass",
        waiting,
        lambda found: _items(found, None, user),
        url=_list(status="approved"),
        tone="grey",
    )


def _pending(rows: QuerySet[SalesOrder], user: Any) -> Iterator[WorkGroup]:
    yield from group(
        "pending",
        _("Waiting for approval"),
        "clock",
        rows.filter(status=Status.PENDING).order_by("-id"),
        lambda found: _items(found, None, user),
        url=_list(status="pending"),
        tone="grey",
    )


def _failed_deliveries(user: Any) -> Iterator[WorkGroup]:
    failed = ChannelOrder.objects.visible_to(user).delivered().filter(state=ChannelOrder.State.FAILED)

    def items(found: list[ChannelOrder]) -> Iterable[WorkItem]:
        return [
            WorkItem(
                title=str(row),
                url=reverse("orders:delivery", args=[row.pk]),
                sub=str(row.channel),
                note=row.message,
                since=row.received_at,
                late=True,
                acts=[Act(_("Mend"), reverse("orders:delivery", args=[row.pk]))],
            )
            for row in found
        ]

    yield from group(
        "failed-deliveries",
        _("Shop orders that could not be taken"),
        "building-store",
        failed.select_related("channel").defer("body").order_by("-id"),
        items,
        url=reverse("orders:channels"),
        tone="red",
    )
