"""Who of the people of the company sees an order: the rule of `visible_to`, told for all of them at once."""

from typing import Any

from django.db.models import Q, QuerySet

from erp.models import User
from erp.talk.kinds import holders
from orders.approvals import people_asked
from orders.models import Amendment, SalesOrder


def of_order(order: SalesOrder, people: QuerySet[User]) -> QuerySet[User]:
    """Those who see all orders, whose order it is, and who decide or have decided on it."""
    decided = order.approvals.filter(decided_by__isnull=False).values_list("decided_by", flat=True)
    return _narrowed(order, people, {*people_asked(order), *decided})


def of_part(document: Any, people: QuerySet[User]) -> QuerySet[User]:
    """The same for documents that belong to an order."""
    return _narrowed(document.order, people, set())


def of_amendment(amendment: Amendment, people: QuerySet[User]) -> QuerySet[User]:
    """Those who see the order that it changes."""
    return of_order(amendment.order, people)


def _narrowed(order: SalesOrder, people: QuerySet[User], more: set[int | None]) -> QuerySet[User]:
    own = {order.salesperson_id, order.customer.owner_id, *more} - {None}
    return people.filter(Q(pk__in=holders("orders.view_all_orders").values("pk")) | Q(pk__in=own))
