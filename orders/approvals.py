"""What pages show of an order's approval: its levels, who may decide and who did, and whose turn it is."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.utils import timezone

from erp.models import User
from erp.workflow import Move, moves, unmet
from orders.models import ApprovalStep, Deputy, SalesOrder
from orders.models.approval import MAY_APPROVE
from orders.models.customer import among
from orders.models.order import BEFORE_APPROVAL

Decision = ApprovalStep.Decision


def chain(order: SalesOrder) -> list[ApprovalStep]:
    """The steps that policies ask or asked for, by round and level. One query, two more where there are any.

    What was withdrawn before anybody decided is left out.
    """
    steps = (
        order.approvals.filter(amendment=None)
        .exclude(decision=Decision.WITHDRAWN)
        .select_related("decided_by", "on_behalf_of")
    )
    return list(steps.prefetch_related("roles", "people").order_by("round", "level", "id"))


def order_moves(order: SalesOrder, user: User) -> list[Move]:
    """The order's moves, where approving is open to whoever the present level asks, before the last has agreed."""
    found = list(moves(order, user))
    if order.status != SalesOrder.Status.PENDING or not order.approvals.asked_of(user).exists():
        return found
    reasons = unmet(order, BEFORE_APPROVAL)
    return [replace(m, allowed=not reasons, reasons=reasons) if m.name == "approve" else m for m in found]


def for_decision(user: User) -> Q:
    """Of pending orders, those that wait for this person: asked by a policy, or, where none asks, by right."""
    asked = among("pk", ApprovalStep.objects.asked_of(user).order_by().values("order"))
    if user.has_perm(MAY_APPROVE):
        return asked | ~Q(pk__in=ApprovalStep.objects.open().values("order"))
    return asked


def people_asked(order: SalesOrder) -> frozenset[int]:
    """Everybody who may decide on the order now, deputies of the day included. At most five queries."""
    found: set[int] = set()
    for step in order.approvals.open().prefetch_related("roles", "people"):
        found |= _people(step, order)
    return frozenset(found)


def _people(step: ApprovalStep, order: SalesOrder) -> set[int]:
    named = {person.pk for person in step.people.all()}
    roles = [role.pk for role in step.roles.all()]
    staff = User.objects.filter(is_active=True, is_portal=False)
    if roles:
        named |= set(staff.filter(groups__in=roles).values_list("pk", flat=True))
    if not named and not roles:
        named |= set(staff.filter(_has_right()).values_list("pk", flat=True))
    barred: set[Any] = {order.created_by_id, step.asked_by_id} if step.four_eyes else set()
    named -= barred
    stand_in = Deputy.objects.on(timezone.localdate()).filter(person__in=named)
    return (named | set(stand_in.values_list("deputy", flat=True))) - barred


def _has_right() -> Q:
    return Q(groups__permissions__codename="approve_salesorder", groups__permissions__content_type__app_label="orders")


def present_level(steps: Iterable[ApprovalStep]) -> int | None:
    """The level that is to be decided now."""
    return next((step.level for step in steps if not step.decision and step.opened_at), None)
