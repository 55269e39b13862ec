"""Checking a new order, approving it by policy, recording decisions, and holding orders back."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.errors import BusinessError, NotPermitted
from erp.models import Company, StatusChange, User
from erp.workflow import advance, lock
from orders.models import ApprovalStep, OrderCheck, SalesOrder
from orders.services.checks import run_checks

AUTO_NOTE = gettext_noop("Every check passed and the amount is within the limit for automatic approval.")


def check_new_order(order: SalesOrder, *, change: StatusChange | None, by: User | None) -> None:
    """Run the automatic checks (follower of “create” and “resubmit”)."""
    run_checks(order)


def try_auto_approve(order: SalesOrder, *, change: StatusChange | None, by: User | None) -> bool:
    """Approve without a person when every check passes and the total is within the company's limit.

    Follower of “create” and “resubmit”. Returns whether it did.
    """
    limit = Company.current().auto_approve_limit
    if order.status != SalesOrder.Status.PENDING or order.hold_reason or not limit or order.total > limit:
        return False
    if order.checks.exclude(severity=OrderCheck.Severity.PASS).exists():
        return False
    advance(order, "approve", by=None, note=AUTO_NOTE)
    return True


def record_decision(order: SalesOrder, *, change: StatusChange, by: User | None) -> None:
    """Keep who decided what and what was seen then (follower of “approve” and “reject”)."""
    approved = change.transition == "approve"
    ApprovalStep.objects.create(
        order=order,
        decided_by=by,
        decision=ApprovalStep.Decision.APPROVED if approved else ApprovalStep.Decision.REJECTED,
        reason=change.note,
        seen={
            "total": str(order.total),
            "checks": dict(order.checks.values_list("code", "severity")),
        },
        at=change.at,
    )


def _may_hold(by: User | None) -> None:
    if by is not None and not by.has_perm("orders.hold_salesorder"):
        raise NotPermitted(
            _("You do not have the right to hold orders."), hint=_("Ask an administrator for the role that does this.")
        )


@transaction.atomic
def hold(order: SalesOrder, *, by: User | None, reason: str) -> None:
    """Put an order on hold (挂起): it keeps its state and its stock, and nothing leaves until it is released."""
    _may_hold(by)
    lock(order)
    if not reason.strip():
        raise BusinessError(_("Please say why the order is on hold."), field="reason")
    if order.status not in (SalesOrder.Status.PENDING, *SalesOrder.FULFILLING):
        raise BusinessError(
            _("%(number)s is “%(status)s”; there is nothing left to hold.")
            % {"number": order.number, "status": order.get_status_display()}
        )
    order.hold_reason, order.hold_by = reason.strip()[:200], by
    order.save(update_fields=["hold_reason", "hold_by"])
    _note_hold(order, "hold", by=by, note=order.hold_reason)


@transaction.atomic
def release_hold(order: SalesOrder, *, by: User | None) -> None:
    """Let a held order go on. An order that is not on hold stays as it is."""
    _may_hold(by)
    lock(order)
    if not order.hold_reason:
        return
    order.hold_reason, order.hold_by = "", None
    order.save(update_fields=["hold_reason", "hold_by"])
    _note_hold(order, "release_hold", by=by, note="")


def _note_hold(order: SalesOrder, name: str, *, by: User | None, note: str) -> None:
    """A row in the timeline; the state stays the same, so no time is counted."""
    StatusChange.objects.create(
        document_type=order._meta.label,
        document_id=order.pk,
        transition=name,
        source=order.status,
        target=order.status,
        by=by,
        note=note,
    )
