"""Approvals that wait too long: whom they wait for is reminded, then somebody else may decide, too."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from erp.transactions import verb
from erp.workflow import lock
from orders.models import Amendment, ApprovalStep, SalesOrder
from orders.services.policies import note_in_timeline

BATCH = 500  # orders a run; the next one takes the rest


def remind_all() -> int:
    """Remind and escalate what is due, each order in a transaction of its own; returns how many orders. Repeatable."""
    now = timezone.now()
    due = Q(due_at__lte=now, reminded_at=None) | Q(escalates_at__lte=now, escalated_at=None)
    ids = ApprovalStep.objects.open().filter(due).order_by("order").values_list("order", flat=True).distinct()[:BATCH]
    orders = SalesOrder.objects.filter(pk__in=list(ids)).select_related("customer").order_by("pk")
    return sum(remind(order) for order in orders)


@verb
def remind(order: SalesOrder) -> bool:
    """Remind or escalate the decisions on one order that are due; returns whether any was."""
    lock(order)
    asked_about: SalesOrder | Amendment | None = order if order.status == SalesOrder.Status.PENDING else None
    asked_about = asked_about or order.amendments.filter(status=Amendment.Status.SUBMITTED).first()
    if asked_about is None or order.hold_reason:
        return False
    now = timezone.now()
    steps = list(order.approvals.open().select_related("policy"))
    late = [step for step in steps if step.escalates_at and step.escalates_at <= now and not step.escalated_at]
    due = [step for step in steps if step.due_at and step.due_at <= now and not step.reminded_at]
    for step in due:
        step.reminded_at = now
    escalated = _escalate(late)
    ApprovalStep.objects.bulk_update(steps, ["reminded_at", "escalated_at"])
    if escalated:
        note_in_timeline(asked_about, "escalate_approval", by=None)
    elif due:
        note_in_timeline(asked_about, "remind_approval", by=None)
    return bool(escalated or due)


def _escalate(steps: Iterable[ApprovalStep]) -> int:
    """Let the role and person of each step's policy decide as well; returns of how many steps."""
    now, count = timezone.now(), 0
    for step in steps:
        step.escalated_at = now
        if step.policy is None:
            continue
        if step.policy.escalate_role_id:
            step.roles.add(step.policy.escalate_role_id)
        if step.policy.escalate_person_id:
            step.people.add(step.policy.escalate_person_id)
        count += 1
    return count
