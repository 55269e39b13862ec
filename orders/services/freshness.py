"""Running checks again when facts have changed since: people approve and wait by what is true now.

Run at once: when a customer is changed or merged, a payment is posted or matched, goods come in (tasks after commit). Run when
somebody looks: an order not approved yet whose findings are older than some minutes, as its page is opened and before it
is agreed to; that catches prices, products, stock that others took, and the passing of time. A sweep does the rest hourly.
"""

import datetime as dt
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from erp.models import StatusChange, User
from orders.models import Customer, OrderCheck, SalesOrder
from orders.services.checks import run_checks
from orders.services.policies import ask

STALE_MINUTES = 5
SWEEP_MINUTES = 60
MOST = 300  # orders of one event or sweep; the others are caught when somebody looks
# Of a customer's data, what checks look at.
LOOKED_AT = frozenset(("is_active", "credit_limit", "price_list", "owner"))


def is_stale(order: SalesOrder, checks: Iterable[OrderCheck]) -> bool:
    """Whether the findings of an order not approved yet are too old to go by. No query."""
    if order.status not in SalesOrder.EDITABLE:
        return False
    oldest = min((check.at for check in checks), default=None)
    return oldest is None or oldest < timezone.now() - dt.timedelta(minutes=STALE_MINUTES)


@transaction.atomic
def freshen(order_id: int) -> bool:
    """Run the checks of an order not approved yet again; False when it is, or when somebody is at work on it."""
    rows = SalesOrder.objects.filter(pk=order_id, status__in=SalesOrder.EDITABLE)
    order = rows.select_for_update(skip_locked=True, of=("self",)).select_related("customer").first()
    if order is None:
        return False
    run_checks(order)
    if order.status == SalesOrder.Status.PENDING:
        ask([order], by=order.created_by, tell=True, only_if_changed=True)
    return True


def freshen_many(where: Q) -> int:
    """Run the checks of those pending orders again, the longest unchecked first; returns how many."""
    rows = SalesOrder.objects.filter(where, status=SalesOrder.Status.PENDING).annotate(checked=Min("checks__at"))
    ids = list(rows.order_by("checked", "pk").values_list("pk", flat=True)[:MOST])
    return sum(freshen(pk) for pk in ids)


def sweep() -> int:
    """Run the checks again of pending orders that were not looked at for an hour; returns how many."""
    before = timezone.now() - dt.timedelta(minutes=SWEEP_MINUTES)
    return freshen_many(Q(pk__in=OrderCheck.objects.filter(at__lt=before).values("order")))


def after_change_of(customer: Customer, fields: Iterable[str]) -> None:
    """Have the customer's pending orders checked again, once this is committed, if checks look at what has changed."""
    if LOOKED_AT & set(fields):
        _later(customers=[customer.pk])


def after_merging_into(customer: Customer) -> None:
    """Have all pending orders that are the customer's now checked again: limit, debts and likely twins are others."""
    _later(customers=[customer.pk])


def recheck_payer(document: Any, *, change: StatusChange | None, by: User | None) -> None:
    """Have the pending orders of a document's customer checked again (follower of a payment's “post”).

    Finance calls it also when a payment or credit is matched with receivables, or taken back.
    """
    _later(customers=[document.customer_id])


def recheck_after_receipt(document: Any, *, change: StatusChange | None, by: User | None) -> None:
    """Have pending orders of what came in checked again (follower of a goods receipt's “post”)."""
    _later(products=list(document.lines.values_list("purchase_line__product", flat=True)))


def _later(**of: list[int]) -> None:
    from orders.tasks import recheck_orders

    # Robust: when the broker is away the act stands, and the orders are checked when somebody looks.
    transaction.on_commit(partial(recheck_orders.delay, **of), robust=True)
