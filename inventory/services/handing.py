"""Handing over what lines hold to other lines: promised stock and stated needs. Nothing lies free in between."""

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Model

from erp.errors import OutOfStock
from erp.models import User
from erp.money import ZERO
from inventory.models import Reservation, SupplyRequest
from inventory.services.demands import divide_demands, readdress_demands
from inventory.services.reservation import Ledger, lock_items_of

Open = SupplyRequest.Status.OPEN


@transaction.atomic
def hand_over_reservations(
    parts: Mapping[tuple[int, int, int], Decimal], *, holder_type: str, by: User | None, reason: str
) -> None:
    """Promise to one line what was promised to another: `{(from holder, to holder, item id): quantity}`.

    Raises OutOfStock when a holder has less there.
    """
    if not parts:
        return
    holders = {"holder_type": holder_type, "holder_id__in": {source for source, _target, _item in parts}}
    items = lock_items_of(holders)
    held = {(row.holder_id, row.item_id): row.quantity for row in Reservation.objects.filter(**holders)}
    ledger = Ledger(holder_type=holder_type, reason=reason, by=by)
    for (source, target, item), quantity in parts.items():
        left = held.get((source, item), ZERO) - quantity
        if left < 0:
            raise OutOfStock("Less is reserved than is to be handed over.")
        held[source, item] = left
        ledger.change(items[item], source, -quantity)
        ledger.change(items[item], target, quantity)
    ledger.write()


def open_needs(*, holder_type: str, holder_ids: Collection[int]) -> dict[int, SupplyRequest]:
    """The open needs of lines, locked, by line."""
    rows = SupplyRequest.objects.select_for_update().filter(
        holder_type=holder_type, holder_id__in=holder_ids, status=Open
    )
    return {row.holder_id: row for row in rows.order_by("id")}


@transaction.atomic
def divide_need(need: SupplyRequest, quantity: Decimal, *, rest: Decimal, holder_id: int, document: Model) -> Any:
    """Let another line ask for `quantity` of what a locked open need lacks; `rest` is what its line still lacks.

    Returns the other line's need; it is the same one when nothing was supplied for it yet and nothing stays.
    """
    divide_demands(
        quantity, holder_type=need.holder_type, source_id=need.holder_id, target_id=holder_id, document=document
    )
    if rest <= 0 and need.covered == 0:
        need.holder_id, need.document_type, need.document_id = holder_id, document._meta.label, document.pk
        need.quantity = quantity
        need.save(update_fields=["holder_id", "document_type", "document_id", "quantity"])
        return need
    need.quantity = need.covered + max(rest, ZERO)
    need.status = Open if rest > 0 else SupplyRequest.Status.COVERED
    need.save(update_fields=["quantity", "status"])
    return SupplyRequest.objects.create(
        product_id=need.product_id,
        warehouse_id=need.warehouse_id,
        quantity=quantity,
        supply=need.supply,
        needed_by=need.needed_by,
        priority=need.priority,
        holder_type=need.holder_type,
        holder_id=holder_id,
        document_type=document._meta.label,
        document_id=document.pk,
    )


@transaction.atomic
def readdress_needs(
    holders: Mapping[int, int], *, holder_type: str, document: Model
) -> list[tuple[SupplyRequest, SupplyRequest]]:
    """Everything lines ever asked for is asked by other lines now: `{from holder: to holder}`.

    A line asks for a thing once: where the other line has an open need already, that one grows. Returns those pairs,
    the need that ended first; whoever supplies it must be told.
    """
    readdress_demands(holders, holder_type=holder_type, document=document)
    rows = SupplyRequest.objects.select_for_update().filter(holder_type=holder_type, holder_id__in=holders)
    theirs = list(rows.order_by("id"))
    known = open_needs(holder_type=holder_type, holder_ids=set(holders.values()))
    joined = []
    for row in theirs:
        target = holders[row.holder_id]
        twin = known.get(target) if row.status == Open else None
        row.holder_id, row.document_type, row.document_id = target, document._meta.label, document.pk
        if twin is not None and twin.pk != row.pk:
            twin.quantity, twin.covered = twin.quantity + row.quantity, twin.covered + row.covered
            row.status = SupplyRequest.Status.CANCELLED
            joined.append((row, twin))
        elif row.status == Open:
            known[target] = row
    fields = ["holder_id", "document_type", "document_id", "status", "quantity", "covered"]
    ended = [row for row in theirs if row.status != Open]  # first, so that no line has two open ones for a moment
    for batch in (ended, [row for row in theirs if row.status == Open], [twin for _row, twin in joined]):
        if batch:
            SupplyRequest.objects.bulk_update(batch, fields)
    return joined


def date_needs(document: Model, *, needed_by: dt.date | None, priority: int) -> None:
    """Tell the open needs of a document when they are wanted, and how urgently."""
    SupplyRequest.objects.filter(document_type=document._meta.label, document_id=document.pk, status=Open).update(
        needed_by=needed_by, priority=priority
    )
