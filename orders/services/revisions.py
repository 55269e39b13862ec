"""Keeping what an order said before it was corrected."""

from erp.models import User
from orders.models import OrderRevision, SalesOrder
from orders.revisions import contents_of


def keep_revision(order: SalesOrder, *, by: User | None) -> OrderRevision:
    """Keep the order's present version, which `by` is about to replace. Call it under the order's lock."""
    return OrderRevision.objects.create(order=order, version=order.version, state=contents_of(order), replaced_by=by)
