"""Why an order waits: a change of it that is not decided yet. Listed in `erp.waiting`."""

from collections.abc import Iterator

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from erp.waiting import APPROVAL, CHECKING, GATHERING, Action, Cause, Inquiry, Rank, Words, people_by_role
from orders.models import Amendment, ApprovalStep, SalesOrder
from orders.models.approval import names_missing
from orders.models.order import is_read


def explain(inquiry: Inquiry) -> Iterator[Cause]:
    """Changes that wait for a decision. Up to four queries; none while nothing is being fulfilled."""
    orders = {order.pk: order for order in inquiry.in_state(*SalesOrder.FULFILLING)}
    for amendment in _submitted(list(orders.values())):
        amendment.order = orders[amendment.order_id]
        steps = [step for step in amendment.approvals.all() if not step.decision and step.opened_at]
        yield _undecided(amendment, steps)


def _submitted(orders: list[SalesOrder]) -> list[Amendment]:
    unread = [order for order in orders if not is_read(order, "amendments")]
    found = [one for order in orders if order not in unread for one in order.amendments.all()]
    if unread:
        found += Amendment.objects.filter(order__in=unread, status=Amendment.Status.SUBMITTED)
    submitted = [one for one in found if one.status == Amendment.Status.SUBMITTED]
    prefetch_related_objects(submitted, "approvals__roles", "approvals__people")
    return submitted


def _undecided(amendment: Amendment, steps: list[ApprovalStep]) -> Cause:
    """It stops the goods of an order that could leave now; elsewhere it stands below what the order lacks."""
    order = amendment.order
    stops = amendment.stops_shipping and order.status == SalesOrder.Status.READY_TO_SHIP
    text = _("Change %(document)s waits for a decision: %(who)s.")
    if amendment.stops_shipping:
        text = _("Change %(document)s waits for a decision: %(who)s. Nothing is handed over until then.")
    values = {"document": amendment.number, "who": names_missing(steps) or APPROVAL.label}
    members = people_by_role()
    people = [str(person) for step in steps for person in step.people.all()]
    people += [name for step in steps for role in step.roles.all() for name in members.get(role.name, ())]
    return Cause(
        order=amendment.order_id,
        code="change_undecided",
        rank=Rank.CHANGE if stops else Rank.CHANGE_BESIDE,
        short=Words(_("Change to be decided")),
        text=Words(text, values),
        tone="amber",
        document=amendment.number,
        url=amendment.get_absolute_url(),
        desk=APPROVAL,
        people=tuple(dict.fromkeys(people)),
        action=Action(_("See the change"), amendment.get_absolute_url(), "orders.view_salesorder"),
        customer=CHECKING if stops else GATHERING,
    )
