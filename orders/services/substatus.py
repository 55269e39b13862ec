"""Setting sub-statuses, and taking one out of use without leaving an order behind."""

from collections.abc import Iterable, Mapping

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.models import StatusChange, User
from erp.transactions import verb
from erp.workflow import lock, require_writable
from orders.models import SalesOrder, SubStatus

BATCH = 500


@verb
def set_sub_status(order: SalesOrder, sub_status: SubStatus | None, *, by: User | None, note: str = "") -> bool:
    """Give an order a sub-status of its present state, or none; whether anything changed.

    Raises NotPermitted when the person may not set it, or take the present one away, and BusinessError (`wrong_state`,
    `not_active`, `gone`) when the order has moved on or the sub-status is not offered any more.
    """
    lock(order)
    require_writable(order, by=by)
    if order.sub_status_id == (sub_status.pk if sub_status else None):
        return False
    _refuse(order, sub_status, by)
    before = order.sub_status
    try:
        with transaction.atomic():
            order.sub_status = sub_status
            order.save(update_fields=["sub_status"])
    except IntegrityError as error:
        raise BusinessError(
            _("This sub-status was removed."), hint=_("Choose another one."), field="sub_status", code="gone"
        ) from error
    _note([order], before, sub_status, by=by, note=note)
    return True


def _refuse(order: SalesOrder, sub_status: SubStatus | None, by: User | None) -> None:
    deciding = sub_status or order.sub_status
    if deciding is not None and not deciding.may_be_set_by(by):
        raise NotPermitted(
            _("You do not have the right to set the sub-status “%(name)s”.") % {"name": deciding.label},
            hint=_("Ask an administrator for the role that does this."),
        )
    if sub_status is None:
        return
    if sub_status.state != order.status:
        raise BusinessError(
            _("%(number)s is “%(status)s”; “%(name)s” is a sub-status of “%(state)s”.")
            % {
                "number": order.number,
                "status": order.get_status_display(),
                "name": sub_status.label,
                "state": sub_status.get_state_display(),
            },
            field="sub_status",
            code="wrong_state",
        )
    if not sub_status.is_active:
        raise BusinessError(
            _("“%(name)s” is not offered any more.") % {"name": sub_status.label},
            hint=_("Choose another one."),
            field="sub_status",
            code="not_active",
        )


def set_sub_statuses(
    orders: Iterable[SalesOrder], sub_status: SubStatus | None, *, by: User | None, note: str = ""
) -> list[tuple[SalesOrder, BusinessError | None]]:
    """The same for many orders, each by itself: every order with the reason why not, or None."""
    results: list[tuple[SalesOrder, BusinessError | None]] = []
    for order in orders:
        try:
            set_sub_status(order, sub_status, by=by, note=note)
        except BusinessError as refusal:
            results.append((order, refusal))
        else:
            results.append((order, None))
    return results


@verb
def remove_sub_statuses(moves: Mapping[SubStatus, SubStatus | None], *, by: User | None, delete: bool = True) -> int:
    """Take sub-statuses out of use, their orders going to another one of the same state or to none; how many orders.

    All or nothing. `delete=False` keeps them, not offered any more. Raises BusinessError for a target that is of
    another state, not active, or removed as well.
    """
    leaving = sorted(moves, key=lambda one: one.pk)
    # From here on nobody gives them to an order.
    list(SubStatus.objects.select_for_update().filter(pk__in=[one.pk for one in leaving]).order_by("pk"))
    moved = 0
    for one in leaving:
        _refuse_target(one, moves[one], leaving)
        moved += _move(one, moves[one], by=by)
    for one in leaving:
        if delete:
            one.delete()
        else:
            one.is_active = one.is_default = False
            one.save(update_fields=["is_active", "is_default"])
    return moved


def _refuse_target(leaving: SubStatus, target: SubStatus | None, all_leaving: list[SubStatus]) -> None:
    if target is None:
        return
    if target.state != leaving.state:
        raise BusinessError(
            _("“%(target)s” belongs to another state than “%(name)s”.")
            % {"target": target.label, "name": leaving.label},
            field="target",
        )
    if target in all_leaving or not target.is_active:
        raise BusinessError(
            _("“%(target)s” is taken out of use itself.") % {"target": target.label},
            hint=_("Choose another one."),
            field="target",
        )


def _move(leaving: SubStatus, target: SubStatus | None, *, by: User | None) -> int:
    """Every order that has it, locked by id, in batches within the caller's transaction."""
    moved, rows = 0, SalesOrder.objects.filter(sub_status=leaving).order_by("pk")
    while batch := list(rows.select_for_update(of=("self",)).only("pk", "status")[:BATCH]):
        SalesOrder.objects.filter(pk__in=[order.pk for order in batch]).update(sub_status=target)
        _note(batch, leaving, target, by=by)
        moved += len(batch)
    return moved


def _note(
    orders: list[SalesOrder], before: SubStatus | None, after: SubStatus | None, *, by: User | None, note: str = ""
) -> None:
    """A row in each timeline; the state stays the same, so no time is counted. Names are kept as they were then."""
    words = f"{before.name if before else '—'} → {after.name if after else '—'}"
    StatusChange.objects.bulk_create(
        StatusChange(
            document_type=order._meta.label,
            document_id=order.pk,
            transition="sub_status",
            source=order.status,
            target=order.status,
            by=by,
            note=f"{words}\n{note.strip()}" if note.strip() else words,
        )
        for order in orders
    )
