"""For whom goods were bought: written when a need becomes a purchase order, served when the goods are in."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Model

from erp.money import ZERO
from inventory.models import GoodsReceipt, PurchaseDemand, PurchaseOrder
from inventory.outlook import Outlook


@dataclass(frozen=True, slots=True)
class Claim:
    """Goods of a receipt that were bought for a holder and may be given to it now (stock units)."""

    demand_id: int
    holder_id: int
    product_id: int
    quantity: Decimal


@transaction.atomic
def keep_links(order: PurchaseOrder, known: Outlook) -> None:
    """Note for which needs a new order was made; `known` is the outlook before it: what nobody had ordered for whom."""
    made = []
    lines = list(order.lines.all())
    for line in lines:
        left = line.quantity
        for need, missing in known.uncovered(line.product_id, order.warehouse_id):
            if left <= 0:
                break
            made.append(
                PurchaseDemand(
                    line=line,
                    holder_type=need.holder_type,
                    holder_id=need.holder_id,
                    document_type=need.document_type,
                    document_id=need.document_id,
                    needed_by=need.needed_by,
                    quantity=min(left, missing),
                )
            )
            left -= made[-1].quantity
    PurchaseDemand.objects.bulk_create(made)


def claims_on(receipt: GoodsReceipt, *, holder_type: str) -> list[Claim]:
    """Who of a kind of holders gets accepted goods of a receipt's purchase lines because they were bought for them.

    Two queries.
    """
    lines = {row.purchase_line_id: row.purchase_line for row in receipt.lines.select_related("purchase_line")}
    rows = PurchaseDemand.objects.filter(line__in=lines).order_by(F("needed_by").asc(nulls_last=True), "id")
    demands = list(rows)
    left: dict[int, Decimal] = defaultdict(Decimal)
    for pk, line in lines.items():
        left[pk] = line.accepted - sum((one.served for one in demands if one.line_id == pk), ZERO)
    claims = []
    for one in demands:
        quantity = min(one.quantity - one.served, left[one.line_id])
        if quantity > 0:
            left[one.line_id] -= quantity
            if one.holder_type == holder_type:
                claims.append(Claim(one.pk, one.holder_id, lines[one.line_id].product_id, quantity))
    return claims


def count_served(given: Mapping[int, Decimal]) -> None:
    """Count what demands were given: `{demand id: stock units}`."""
    rows = list(PurchaseDemand.objects.select_for_update().filter(pk__in=given).order_by("id"))
    for row in rows:
        row.served += given[row.pk]
    PurchaseDemand.objects.bulk_update(rows, ["served"])


@transaction.atomic
def divide_demands(quantity: Decimal, *, holder_type: str, source_id: int, target_id: int, document: Model) -> None:
    """Let another line have `quantity` of what was bought for a line and has not come yet, the latest first."""
    theirs = PurchaseDemand.objects.select_for_update().filter(
        holder_type=holder_type, holder_id=source_id, served__lt=F("quantity")
    )
    for one in theirs.order_by("-id"):
        part = min(quantity, one.quantity - one.served)
        if part <= 0:
            break
        quantity -= part
        one.quantity -= part
        if one.quantity:
            one.save(update_fields=["quantity"])
        else:
            one.delete()
        _add(one, target_id, document, quantity=part, served=ZERO)


@transaction.atomic
def readdress_demands(holders: Mapping[int, int], *, holder_type: str, document: Model) -> None:
    """What was bought for lines is for other lines now: `{from holder: to holder}`."""
    rows = PurchaseDemand.objects.select_for_update().filter(holder_type=holder_type, holder_id__in=holders)
    for one in rows.order_by("id"):
        one.delete()
        _add(one, holders[one.holder_id], document, quantity=one.quantity, served=one.served)


def _add(one: PurchaseDemand, holder_id: int, document: Model, *, quantity: Decimal, served: Decimal) -> None:
    """Give a share of a demand to a holder, who has one row for each purchase line."""
    row, is_new = PurchaseDemand.objects.get_or_create(
        line_id=one.line_id,
        holder_type=one.holder_type,
        holder_id=holder_id,
        defaults={
            "document_type": document._meta.label,
            "document_id": document.pk,
            "needed_by": one.needed_by,
            "quantity": quantity,
            "served": served,
        },
    )
    if not is_new:
        row.quantity += quantity
        row.served += served
        row.save(update_fields=["quantity", "served"])
