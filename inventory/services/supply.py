"""Needs that stock does not cover: written by who waits, read by purchasing and production."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Model

from inventory.models import Product, SupplyRequest


@transaction.atomic
def request_supply(
    *,
    holder: Model,
    document: Model,
    product: Product,
    quantity: Decimal,
    warehouse_id: int,
    needed_by: dt.date | None,
    priority: int = 0,
) -> SupplyRequest | None:
    """State how much a line still lacks; one open request a line. Zero or less cancels it.

    Made products ask production, bought ones purchasing.
    """
    mine = SupplyRequest.objects.filter(
        holder_type=holder._meta.label, holder_id=holder.pk, status=SupplyRequest.Status.OPEN
    )
    if quantity <= 0:
        mine.update(status=SupplyRequest.Status.COVERED)
        return None
    request = mine.select_for_update().first()
    if request is not None:
        # What was made or bought for it counts: the request grows only by what is lacking beyond that.
        wanted = request.covered + quantity
        if request.quantity != wanted or request.needed_by != needed_by or request.priority != priority:
            request.quantity, request.needed_by, request.priority = wanted, needed_by, priority
            request.save(update_fields=["quantity", "needed_by", "priority"])
        return request
    return SupplyRequest.objects.create(
        product=product,
        warehouse_id=warehouse_id,
        quantity=quantity,
        supply=product.supply,
        needed_by=needed_by,
        priority=priority,
        holder_type=holder._meta.label,
        holder_id=holder.pk,
        document_type=document._meta.label,
        document_id=document.pk,
    )


def cancel_supply(*, holder_type: str, holder_ids: Collection[int]) -> int:
    """Nobody waits any more: close the holders' open requests. Returns how many."""
    return SupplyRequest.objects.filter(
        holder_type=holder_type, holder_id__in=holder_ids, status=SupplyRequest.Status.OPEN
    ).update(status=SupplyRequest.Status.CANCELLED)


def cover_supply(request: SupplyRequest, quantity: Decimal) -> None:
    """Count what was made or bought for a request."""
    SupplyRequest.objects.filter(pk=request.pk).update(covered=F("covered") + quantity)
