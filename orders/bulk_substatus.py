"""The act that gives many orders the same sub-status: who stays as they are and why, doing it to one, taking it back."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.jobs import Done
from erp.models import JobItem, User
from orders.models import SalesOrder, SubStatus
from orders.models.substatus import catalogue, settable_by
from orders.services.substatus import set_sub_status

NONE = "none"  # the choice that takes it away


def offered_to(user: User) -> list[tuple[str, str]]:
    """The sub-statuses that a person may set, with the state each belongs to, as a select offers them."""
    mine = [(str(one.pk), f"{SalesOrder.Status(one.state).label} · {one.label}") for one in settable_by(user)]
    return [*mine, (NONE, _("Take it away"))]


def may_set_some(user: User) -> bool:
    """Whether there is any sub-status that the person may set."""
    return bool(settable_by(user))


def _wanted(arguments: dict[str, Any]) -> SubStatus | None:
    """What the person chose; nothing while they have not, and for taking it away."""
    chosen = arguments.get("sub_status", "")
    return next((one for one in catalogue() if str(one.pk) == chosen), None)


def look(orders: Sequence[SalesOrder], user: User, arguments: dict[str, Any]) -> dict[int, str]:
    """Why an order will be left out; before the choice only those without any to choose from."""
    chosen, wanted = arguments.get("sub_status", ""), _wanted(arguments)
    settable = settable_by(user)
    mine, states = {one.pk for one in settable}, {one.state for one in settable}
    refusals = {}
    for order in orders:
        if order.archived_at:
            refusals[order.pk] = _("It is archived.")
        elif order.sub_status is not None and not (order.sub_status_id in mine or order.sub_status.may_be_set_by(user)):
            refusals[order.pk] = _("Its sub-status “%(name)s” is not yours to change.") % {
                "name": order.sub_status.label
            }
        elif not chosen and order.sub_status_id is None and order.status not in states:
            refusals[order.pk] = _("It is “%(status)s”.") % {"status": order.get_status_display()}
        elif chosen and (reason := _against(order, wanted)):
            refusals[order.pk] = reason
    return refusals


def _against(order: SalesOrder, wanted: SubStatus | None) -> str:
    if order.sub_status_id == (wanted.pk if wanted else None):
        return _("It has this sub-status already.") if wanted else _("It has no sub-status.")
    if wanted is not None and wanted.state != order.status:
        return _("It is “%(status)s”.") % {"status": order.get_status_display()}
    return ""


def run(order: SalesOrder, user: User, arguments: dict[str, Any]) -> Done:
    """Set what was chosen. Raises BusinessError as the service does, and when the choice is gone."""
    wanted, before = _wanted(arguments), order.sub_status_id
    if wanted is None and arguments.get("sub_status") != NONE:
        raise BusinessError(_("This sub-status was removed."), hint=_("Choose another one."), code="gone")
    if not set_sub_status(order, wanted, by=user):
        raise BusinessError(_against(order, wanted))
    return Done(before={"sub_status": before}, after={"sub_status": order.sub_status_id})


def undo(order: SalesOrder, user: User, item: JobItem) -> Done:
    """Give the order back what it had, if it still has what the act gave it."""
    if order.sub_status_id != item.after["sub_status"]:
        raise BusinessError(_("Its sub-status was changed since."))
    before = SubStatus.objects.filter(pk=item.before["sub_status"]).first()
    if item.before["sub_status"] and before is None:
        raise BusinessError(_("This sub-status was removed."), code="gone")
    set_sub_status(order, before, by=user)
    return Done()
