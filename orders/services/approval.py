"""Checking a new order, deciding on it level by level, approving it by the system, and holding orders back."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.models import Company, StatusChange, User
from erp.transactions import verb
from erp.workflow import advance, lock, require_writable, unmet
from orders.models import ApprovalStep, Deputy, OrderCheck, SalesOrder
from orders.models.approval import MAY_APPROVE, names_missing
from orders.models.order import BEFORE_APPROVAL
from orders.services.checks import run_checks
from orders.services.freshness import freshen, is_stale
from orders.services.policies import ask, note_in_timeline, open_next_level, withdraw

AUTO_NOTE = gettext_noop("Every check passed and the amount is within the limit for automatic approval.")
Decision = ApprovalStep.Decision


def check_new_order(order: SalesOrder, *, change: StatusChange | None, by: User | None) -> None:
    """Run the automatic checks (follower of “create” and “resubmit”)."""
    run_checks(order)


@verb
def recheck(order: SalesOrder, *, by: User | None) -> list[OrderCheck]:
    """Run the checks again after something was mended; people are asked anew where the policies now ask otherwise."""
    lock(order)
    require_writable(order, by=by)
    if order.status not in SalesOrder.EDITABLE:
        raise BusinessError(_("%(number)s is approved; it is not checked any more.") % {"number": order.number})
    found = run_checks(order)
    if order.status == SalesOrder.Status.PENDING:
        ask([order], by=order.created_by, tell=True, only_if_changed=True)
    return found


def try_auto_approve(order: SalesOrder, *, change: StatusChange | None, by: User | None) -> bool:
    """Approve without a person when no policy asks for one, every check passes and the total is within the limit.

    The limit is the customer's, or else the company's. Follower of “create” and “resubmit”. Returns whether it did.
    """
    limit = order.customer.auto_limit(Company.current().auto_approve_limit)
    if order.status != SalesOrder.Status.PENDING or order.hold_reason:
        return False
    if limit is not None and (not limit or order.total > limit):
        return False
    if order.checks.exclude(severity=OrderCheck.Severity.PASS).exists() or order.approvals.open().exists():
        return False
    advance(order, "approve", by=None, note=AUTO_NOTE)
    return True


@verb
def decide(order: SalesOrder, approve: bool, *, by: User, note: str = "") -> None:
    """Record a person's decision on the order's present level; the last agreement approves, any refusal rejects.

    Where no policy asks for anybody, it is the decision of whoever has the right. Raises NotPermitted for a person
    who is not asked now, and TransitionRefused, as `advance` does.
    """
    lock(order)
    require_writable(order, by=by)
    if approve and is_stale(order, order.checks.all()):
        freshen(order.pk)  # what is agreed to is what is true now
    steps = list(
        order.approvals.open().select_related("order").prefetch_related("roles", "people").order_by("id")
        if order.status == SalesOrder.Status.PENDING
        else ()
    )
    if not approve or not steps:
        advance(order, "approve" if approve else "reject", by=by, note=note)
        return
    mine = _mine(order, steps, by)
    if not mine:
        raise NotPermitted(
            _("%(number)s is not yours to decide now. Level %(level)s: %(who)s.")
            % {"number": order.number, "level": steps[0].level, "who": names_missing(steps)},
            hint=_("Who entered or corrected an order does not decide on it where the policy says so."),
        )
    if reasons := unmet(order, BEFORE_APPROVAL):
        raise TransitionRefused(
            _("“%(step)s” is not possible yet: %(reasons)s") % {"step": _("Approve"), "reasons": " ".join(reasons)},
            reasons=reasons,
            code="condition_failed",
        )
    _decide_steps(mine, Decision.APPROVED, by=by, note=note, seen=_seen(order))
    if len(mine) < len(steps):
        note_in_timeline(order, "agree", by=by, note=note)
    elif open_next_level(order):
        note_in_timeline(order, "agree_level", by=by, note=note)
        note_in_timeline(order, "ask_approval", by=None)
    else:
        advance(order, "approve", by=by, note=note)


def _mine(order: SalesOrder, steps: list[ApprovalStep], by: User) -> list[tuple[ApprovalStep, int | None]]:
    """The steps that a person may decide, each with the one they stand in for, if they do.

    Of decisions that all of several must take, one person takes one: the one that names them most closely.
    """
    asked = set(order.approvals.asked_of(by).values_list("pk", flat=True))
    absent = list(Deputy.objects.on(timezone.localdate()).filter(deputy=by).order_by("id").select_related("person"))
    taken: dict[int | None, tuple[int, ApprovalStep, int | None]] = {}
    for step in steps:
        found = _capacity(order, step, by, absent) if step.pk in asked else None
        if found is None:
            continue
        closeness, behalf = found
        best = taken.get(step.policy_id)
        if best is None or closeness < best[0]:
            taken[step.policy_id] = (closeness, step, behalf)
    return [(step, behalf) for _closeness, step, behalf in taken.values()]


def _capacity(order: SalesOrder, step: ApprovalStep, by: User, absent: list[Deputy]) -> tuple[int, int | None] | None:
    """How closely a step names a person (0 by name, 1 by role, 2 and 3 through somebody absent), and that somebody."""
    people = {person.pk for person in step.people.all()}
    roles = {role.pk for role in step.roles.all()}
    if by.pk in people:
        return 0, None
    if roles & set(by.groups.values_list("pk", flat=True)) or (not people and not roles and by.has_perm(MAY_APPROVE)):
        return 1, None
    barred = {order.created_by_id, step.asked_by_id} if step.four_eyes else set()
    for row in absent:
        if row.person_id in barred:
            continue
        if row.person_id in people:
            return 2, row.person_id
        if roles & set(row.person.groups.values_list("pk", flat=True)):
            return 3, row.person_id
    return None


def _seen(order: SalesOrder) -> dict[str, object]:
    return {
        "total": str(order.total),
        "version": order.version,
        "checks": dict(order.checks.values_list("code", "severity")),
    }


def _decide_steps(
    mine: list[tuple[ApprovalStep, int | None]], decision: str, *, by: User | None, note: str, seen: dict[str, object]
) -> None:
    now = timezone.now()
    for step, behalf in mine:
        step.decision, step.decided_by, step.on_behalf_of_id = decision, by, behalf
        step.reason, step.seen, step.at = note.strip(), seen, now
    fields = ["decision", "decided_by", "on_behalf_of", "reason", "seen", "at"]
    ApprovalStep.objects.bulk_update([step for step, _behalf in mine], fields)


def record_decision(order: SalesOrder, *, change: StatusChange, by: User | None) -> None:
    """Keep who decided what and what was seen then (follower of “approve” and “reject”).

    The agreements that policies ask for are recorded by `decide`; here comes what is decided by right, or by the
    system, and every rejection: after it nobody else is asked any more.
    """
    approved = change.transition == "approve"
    steps = list(order.approvals.open().prefetch_related("roles", "people").order_by("id"))
    if mine := _mine(order, steps, by) if by is not None and steps else []:
        _decide_steps(mine, Decision.REJECTED, by=by, note=change.note, seen=_seen(order))
    elif not (approved and _agreed_just_now(order)):
        ApprovalStep.objects.create(
            order=order,
            round=_round(order),
            decided_by=by,
            decision=Decision.APPROVED if approved else Decision.REJECTED,
            reason=change.note,
            seen=_seen(order),
            at=change.at,
        )
    withdraw(order)


def _round(order: SalesOrder) -> int:
    """How many times people have been asked about the order."""
    return order.approvals.order_by("-round").values_list("round", flat=True).first() or 1


def _agreed_just_now(order: SalesOrder) -> bool:
    """Whether policies asked people this time, so that their agreement is on record already."""
    last = order.approvals.filter(round=_round(order)).exclude(policy_name="")
    decisions = set(last.values_list("decision", flat=True))
    return decisions == {Decision.APPROVED}


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
    require_writable(order, by=by)
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
    require_writable(order, by=by)
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
