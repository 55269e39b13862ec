"""What every verb of shipping needs: the sales order locked first, and sums by order line."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction

from erp.errors import NotPermitted
from erp.models import StatusChange, User
from erp.workflow import advance, lock
from orders.models import SalesOrder
from shipping.models import PickList, Shipment


def lock_with_order(document: PickList | Shipment) -> SalesOrder:
    """Lock the sales order, then the document, and read both afresh; call inside a transaction."""
    order = SalesOrder.objects.select_for_update().get(pk=document.order_id)
    lock(document)
    document.order = order
    return order


def by_order_line(rows: Iterable[tuple[int, Decimal]]) -> dict[int, Decimal]:
    """Sums of quantities by order line."""
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for line_id, quantity in rows:
        sums[line_id] += quantity
    return dict(sums)


def require(by: User | None, permission: str, words: Any) -> None:
    """Raise NotPermitted unless the person (or the system itself, None) has the right."""
    if by is not None and not by.has_perm(permission):
        raise NotPermitted(str(words))


@transaction.atomic
def move(document: PickList | Shipment, name: str, *, by: User | None, note: str = "") -> StatusChange:
    """Make one step of a pick list or shipment that needs no input (unpack, resume), the sales order locked first."""
    lock_with_order(document)
    return advance(document, name, by=by, note=note)
