"""Which sub-statuses there are, for whom, and how many orders have them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from erp.models import User
from erp.web import capped_counts
from orders.models import SalesOrder, SubStatus
from orders.models.substatus import catalogue


def of_state(state: str, *, active: bool = True) -> list[SubStatus]:
    """The sub-statuses of a state in their order. No query."""
    return [one for one in catalogue() if one.state == state and (one.is_active or not active)]


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of the menu that sets a sub-status."""

    value: str
    label: str
    tone: str
    current: bool
    allowed: bool


def choices_for(order: SalesOrder, user: User) -> list[Choice]:
    """What a person may set on the order now; empty when its state has no sub-statuses or none is theirs to set."""
    offered = of_state(order.status)
    if not offered and order.sub_status_id is None:
        return []
    menu = [
        Choice(str(one.pk), one.label, one.colour, one.pk == order.sub_status_id, one.may_be_set_by(user))
        for one in offered
    ]
    if order.sub_status is not None:
        menu.append(Choice("", "", "grey", False, order.sub_status.may_be_set_by(user)))
    return menu if any(one.allowed for one in menu) else []


def filter_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """All sub-statuses by state, as a filter offers them; those out of use last, since orders may still have them."""
    return [
        (str(label), [(str(one.pk), one.label) for one in sorted(rows, key=lambda one: not one.is_active)])
        for state, label in SalesOrder.Status.choices
        if (rows := of_state(state, active=False))
    ]


def label_of(value: str) -> str:
    """How a filter's value reads. No query."""
    return next((one.label for one in catalogue() if str(one.pk) == value), value)


def in_use(sub_statuses: Iterable[SubStatus]) -> dict[int, str]:
    """How many orders have each, counted up to a cap. One query."""
    rows: dict[str, Any] = {str(one.pk): SalesOrder.objects.filter(sub_status=one) for one in sub_statuses}
    return {int(pk): count for pk, count in capped_counts(rows).items()} if rows else {}
