"""Acts on many orders: which of them will run and why the others will not, doing it to one order, taking it back.

Each order is done by the service that does it alone, with its own check of who may; the look ahead only reads.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Prefetch
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp.documents.pdf import render_pdfs
from erp.documents.xlsx import write_xlsx
from erp.errors import BusinessError
from erp.jobs import Done
from erp.models import Job, JobItem, User
from orders import bulk_substatus, services
from orders.columns import bring, chosen
from orders.models import ApprovalStep, OrderCheck, OrderLine, SalesOrder
from orders.models.approval import MAY_APPROVE
from orders.papers import CONFIRMATION, confirmation_context
from orders.services.assigning import ASSIGN, ASSIGNABLE
from orders.waiting import waits_for

HOLD = "orders.hold_salesorder"
MOST = 1000  # orders of one act
MOST_PRINTED = 200  # papers in one file
MOST_EXPORTED = 50_000  # rows of one workbook
CHUNK = 500
Status = SalesOrder.Status

Arguments = dict[str, Any]
Refusals = dict[int, str]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done to many orders.

    `look` tells for each order that will not run why; `undo` is missing where it cannot be taken back. `asks` names
    what the person must say: a reason, a salesperson, or a sub-status.
    """

    code: str
    label: str | Promise
    icon: str
    may: Callable[[User], bool]
    look: Callable[[Sequence[SalesOrder], User, Arguments], Refusals]
    run: Callable[[SalesOrder, User, Arguments], Done]
    undo: Callable[[SalesOrder, User, JobItem], Done] | None = None
    asks: str = ""
    kind: str = ""


# Looking ahead: a few queries for any number of orders


def _pks(orders: Sequence[SalesOrder]) -> list[int]:
    return [order.pk for order in orders]


def _wrong_state(order: SalesOrder) -> str:
    return _("It is “%(status)s”.") % {"status": order.get_status_display()}


def _archived(order: SalesOrder) -> str:
    return _("It is archived.") if order.archived_at else ""


def _not_ours_to_decide(orders: Sequence[SalesOrder], user: User) -> set[int]:
    """Orders whose decision is not this person's now. Three queries."""
    pks = _pks(orders)
    steps = ApprovalStep.objects.filter(order__in=pks)
    still_open = set(ApprovalStep.objects.open().filter(order__in=pks).values_list("order_id", flat=True))
    asked = set(ApprovalStep.objects.asked_of(user).filter(order__in=pks).values_list("order_id", flat=True))
    decided = set(steps.filter(policy_name__gt="", decided_by=user).values_list("order_id", flat=True))
    by_right = user.has_perm(MAY_APPROVE)
    return {pk for pk in pks if not (pk in asked if pk in still_open else by_right or pk in decided)}


def _look_reject(orders: Sequence[SalesOrder], user: User, arguments: Arguments) -> Refusals:
    strangers = _not_ours_to_decide(orders, user)
    refusals = {}
    for order in orders:
        if order.status != Status.PENDING:
            refusals[order.pk] = _wrong_state(order)
        elif order.pk in strangers:
            refusals[order.pk] = _("The decision is not yours now.")
    return refusals


def _look_approve(orders: Sequence[SalesOrder], user: User, arguments: Arguments) -> Refusals:
    refusals = _look_reject(orders, user, arguments)
    pks = [pk for pk in _pks(orders) if pk not in refusals]
    filled = set(OrderLine.objects.filter(order__in=pks).values_list("order_id", flat=True))
    blocking: dict[int, list[str]] = {}
    for check in OrderCheck.objects.filter(order__in=pks, severity=OrderCheck.Severity.BLOCK).order_by("id"):
        blocking.setdefault(check.order_id, []).append(str(check.message))
    for order in orders:
        if order.pk in refusals:
            continue
        reasons = [] if order.pk in filled else [_("The order has no lines.")]
        if order.hold_reason:
            reasons.append(_("The order is on hold: %(reason)s") % {"reason": order.hold_reason})
        reasons += blocking.get(order.pk, [])
        if reasons:
            refusals[order.pk] = " ".join(reasons)
    return refusals


def _look_hold(orders: Sequence[SalesOrder], user: User, arguments: Arguments) -> Refusals:
    refusals = {}
    for order in orders:
        if order.status not in (Status.PENDING, *SalesOrder.FULFILLING):
            refusals[order.pk] = _wrong_state(order)
        elif order.hold_reason:
            refusals[order.pk] = _("It is on hold already: %(reason)s") % {"reason": order.hold_reason}
    return refusals


def _look_release(orders: Sequence[SalesOrder], user: User, arguments: Arguments) -> Refusals:
    return {order.pk: _archived(order) or _("It is not on hold.") for order in orders if not order.hold_reason}


def _look_assign(orders: Sequence[SalesOrder], user: User, arguments: Arguments) -> Refusals:
    refusals = {}
    for order in orders:
        if order.status not in ASSIGNABLE:
            refusals[order.pk] = _archived(order) or _wrong_state(order)
        elif arguments.get("person") and order.salesperson_id == arguments["person"]:
            refusals[order.pk] = _("It is theirs already.")
    return refusals


# Doing it to one order


def _decide(approve: bool) -> Callable[[SalesOrder, User, Arguments], Done]:
    def run(order: SalesOrder, user: User, arguments: Arguments) -> Done:
        services.decide(order, approve, by=user, note=arguments.get("reason", ""))
        order.refresh_from_db()
        if approve and order.status == Status.PENDING:
            return Done(_("Your decision is recorded; others must still agree."))
        return Done(_("Now “%(status)s”.") % {"status": order.get_status_display()})

    return run


def _hold(order: SalesOrder, user: User, arguments: Arguments) -> Done:
    if order.hold_reason:  # somebody else's hold since the look ahead stays theirs
        raise BusinessError(_("It is on hold already: %(reason)s") % {"reason": order.hold_reason})
    services.hold(order, by=user, reason=arguments.get("reason", ""))
    return Done(after={"hold_reason": order.hold_reason, "hold_by": order.hold_by_id})


def _undo_hold(order: SalesOrder, user: User, item: JobItem) -> Done:
    if (order.hold_reason, order.hold_by_id) != (item.after["hold_reason"], item.after["hold_by"]):
        raise BusinessError(_("The hold was changed since."))
    services.release_hold(order, by=user)
    return Done()


def _release(order: SalesOrder, user: User, arguments: Arguments) -> Done:
    if not order.hold_reason:
        raise BusinessError(_("It is not on hold."))
    before = order.hold_reason
    services.release_hold(order, by=user)
    return Done(before={"hold_reason": before})


def _undo_release(order: SalesOrder, user: User, item: JobItem) -> Done:
    if order.hold_reason:
        raise BusinessError(_("It was put on hold again since."))
    services.hold(order, by=user, reason=item.before["hold_reason"])
    return Done()


def _assign(order: SalesOrder, user: User, arguments: Arguments) -> Done:
    before = order.salesperson_id
    services.assign(order, User.objects.filter(pk=arguments.get("person")).first(), by=user)
    return Done(
        _("Now with %(name)s.") % {"name": order.salesperson or "—"},
        before={"salesperson": before},
        after={"salesperson": order.salesperson_id},
    )


def _undo_assign(order: SalesOrder, user: User, item: JobItem) -> Done:
    if order.salesperson_id != item.after["salesperson"]:
        raise BusinessError(_("Somebody else was made its salesperson since."))
    services.assign(order, User.objects.filter(pk=item.before["salesperson"]).first(), by=user)
    return Done()


def _may_decide_some(user: User) -> bool:
    return user.has_perm(MAY_APPROVE) or ApprovalStep.objects.asked_of(user).exists()


def _with_right(right: str) -> Callable[[User], bool]:
    return lambda user: user.has_perm(right)


ACTS: dict[str, Act] = {
    act.code: act
    for act in (
        Act(
            "approve", gettext_lazy("Approve"), "checks", _may_decide_some, _look_approve, _decide(True), kind="primary"
        ),
        Act("reject", gettext_lazy("Reject"), "ban", _may_decide_some, _look_reject, _decide(False), asks="reason"),
        Act(
            "hold",
            gettext_lazy("Put on hold"),
            "hand-stop",
            _with_right(HOLD),
            _look_hold,
            _hold,
            undo=_undo_hold,
            asks="reason",
        ),
        Act(
            "release",
            gettext_lazy("Release the hold"),
            "player-play",
            _with_right(HOLD),
            _look_release,
            _release,
            undo=_undo_release,
        ),
        Act(
            "assign",
            gettext_lazy("Assign salesperson"),
            "user-check",
            _with_right(ASSIGN),
            _look_assign,
            _assign,
            undo=_undo_assign,
            asks="person",
        ),
        Act(
            "sub_status",
            gettext_lazy("Set sub-status"),
            "tags",
            bulk_substatus.may_set_some,
            bulk_substatus.look,
            bulk_substatus.run,
            undo=bulk_substatus.undo,
            asks="sub_status",
        ),
    )
}


def chunks(things: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """The things in lists of at most that many."""
    rest = iter(things)
    while chunk := list(islice(rest, size)):
        yield chunk


class Each:
    """Acts on orders, one by one."""

    def act(self, job: Job, item: JobItem) -> Done:
        """Lock one order that the person may see, and do or take back the act."""
        assert job.by is not None
        visible = SalesOrder.objects.visible_to(job.by).filter(pk=item.object_id).values("pk")
        locked = SalesOrder.objects.select_for_update().filter(pk=item.object_id)
        order = locked.filter(pk__in=visible).first()
        if order is None:
            raise BusinessError(_("You do not see this order any more."))
        act = ACTS[job.arguments["act"]]
        if not job.undo_of_id:
            return act.run(order, job.by, job.arguments)
        assert act.undo is not None
        return act.undo(order, job.by, item)

    def can_undo(self, job: Job) -> bool:
        """Assignments, holds and sub-statuses can; decisions stand."""
        return ACTS[job.arguments["act"]].undo is not None


def _orders(job: Job) -> Any:
    return SalesOrder.objects.visible_to(job.by).select_related("customer", "channel", "salesperson", "sub_status")


def _in_order(job: Job, rows: Any) -> Iterator[SalesOrder]:
    """The job's orders as they were listed, read in chunks; what is not visible any more is left out."""
    for pks in chunks(job.arguments["orders"], CHUNK):
        found = {order.pk: order for order in rows.filter(pk__in=pks)}
        yield from (found[pk] for pk in pks if pk in found)


class Confirmations:
    """Order confirmations in one file."""

    at_once = 5

    def make(self, job: Job, tell: Callable[[int], None]) -> tuple[str, bytes]:
        """One paper after the other, in the order of the list."""
        assert job.by is not None
        lines = Prefetch("lines", OrderLine.objects.select_related("product"))
        rows = _orders(job).prefetch_related(lines, "customer__contacts")
        contexts = self._contexts(job, _in_order(job, rows), tell)
        first = next(contexts, None)
        if first is None:
            raise BusinessError(_("You do not see any of these orders any more."))
        content = render_pdfs(CONFIRMATION, _chain(first, contexts))
        return f"{_('Order confirmations')}.pdf", content

    def _contexts(
        self, job: Job, orders: Iterator[SalesOrder], tell: Callable[[int], None]
    ) -> Iterator[dict[str, Any]]:
        for done, order in enumerate(orders):
            if done % 5 == 0:
                tell(done)
            yield confirmation_context(order, job.by)  # type: ignore[arg-type]


def _chain(first: dict[str, Any], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rest


class Workbook:
    """The list as a spreadsheet: the chosen columns of the chosen orders."""

    at_once = 1000

    def make(self, job: Job, tell: Callable[[int], None]) -> tuple[str, bytes]:
        """One row for each order, in the order of the list."""
        assert job.by is not None
        columns = chosen(job.arguments["columns"], job.by)
        rows = bring(SalesOrder.objects.visible_to(job.by), columns)
        file = io.BytesIO()
        headings = [str(column.label) for column in columns]
        write_xlsx(file, headings, self._rows(job, columns, rows, tell), title=_("Sales orders"))
        return f"{_('Sales orders')}.xlsx", file.getvalue()

    def _rows(self, job: Job, columns: Any, rows: Any, tell: Callable[[int], None]) -> Iterator[list[Any]]:
        done = 0
        for orders in chunks(_in_order(job, rows), CHUNK):
            yield from cells(orders, columns, job.by)  # type: ignore[arg-type]
            done += len(orders)
            tell(done)


def cells(orders: Sequence[SalesOrder], columns: Any, user: User) -> Iterator[list[Any]]:
    """The values of the columns for each order; what they wait for is only found out when it is asked for."""
    waits = waits_for(orders, user) if any(column.code == "waits" for column in columns) else {}
    for order in orders:
        yield [column.value(order, waits.get(order.pk)) for column in columns]


EACH, PRINT, EXPORT = Each(), Confirmations(), Workbook()
