"""Needs that stock does not cover: written by who waits, read by purchasing and production."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Model

from inventory.models import Product, SupplyRequest


@dataclass(frozen=True, slots=True)
class Need:
    """A line that lacks `quantity` stock units of a product now; zero says that nothing lacks any more."""

    holder_id: int
    product: Product
    quantity: Decimal


@transaction.atomic
def state_needs(
    needs: Sequence[Need],
    *,
    holder_type: str,
    document: Model,
    warehouse_id: int,
    needed_by: dt.date | None,
    priority: int = 0,
) -> list[SupplyRequest]:
    """State how much lines of one document lack; returns the requests that are open now, at most one a line.

    Made products ask production, bought ones purchasing. What was already made or bought for a request counts: it
    grows only by what is lacking beyond that.
    """
    rows = SupplyRequest.objects.select_for_update().filter(
        holder_type=holder_type,
        holder_id__in=[need.holder_id for need in needs],
        status=SupplyRequest.Status.OPEN,
    )
    known = {row.holder_id: row for row in rows.order_by("id")}
    made, changed = [], []
    for need in needs:
        row = known.get(need.holder_id)
        if row is None:
            if need.quantity > 0:
                made.append(
                    SupplyRequest(
                        product=need.product,
                        warehouse_id=warehouse_id,
                        quantity=need.quantity,
                        supply=need.product.supply,
                        needed_by=needed_by,
                        priority=priority,
                        holder_type=holder_type,
                        holder_id=need.holder_id,
                        document_type=document._meta.label,
                        document_id=document.pk,
                    )
                )
            continue
        if need.quantity > 0:
            row.quantity, row.needed_by, row.priority = row.covered + need.quantity, needed_by, priority
        else:
            row.status = SupplyRequest.Status.COVERED
        changed.append(row)
    SupplyRequest.objects.bulk_create(made)
    if changed:
        SupplyRequest.objects.bulk_update(changed, ["quantity", "needed_by", "priority", "status"])
    return made + [row for row in changed if row.status == SupplyRequest.Status.OPEN]


def cancel_supply(*, holder_type: str, holder_ids: Collection[int]) -> int:
    """Nobody waits any more: close the holders' open requests. Returns how many."""
    return SupplyRequest.objects.filter(
        holder_type=holder_type, holder_id__in=holder_ids, status=SupplyRequest.Status.OPEN
    ).update(status=SupplyRequest.Status.CANCELLED)


def cover_supply(request: SupplyRequest, quantity: Decimal) -> None:
    """Count what was made or bought for a request."""
    SupplyRequest.objects.filter(pk=request.pk).update(covered=F("covered") + quantity)
