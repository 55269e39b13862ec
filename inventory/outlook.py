"""What suppliers will bring to whom: needs in the order in which they are served, against what is on order."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F, Q, Sum

from erp.money import ZERO
from inventory.models import PurchaseLine, PurchaseOrder, StockItem, SupplyRequest

Key = tuple[int, int]  # product, warehouse
Holder = tuple[str, int]


@dataclass(slots=True)
class Coverage:
    """What a need gets of the purchase orders placed and drafted, and what nobody has ordered for it."""

    placed: list[PurchaseLine] = field(default_factory=list)
    drafted: list[PurchaseLine] = field(default_factory=list)
    missing: Decimal = ZERO
    behind: bool = False  # something is on order, but it goes to others first

    @property
    def last(self) -> PurchaseLine | None:
        """The delivery that completes the need."""
        return self.placed[-1] if self.placed else None


@dataclass(slots=True)
class Outlook:
    """Open needs of products, and for each of them where the goods come from."""

    needs: dict[Holder, SupplyRequest]
    coverage: dict[Holder, Coverage]

    def of(self, holder_type: str, holder_id: int, lacking: Decimal) -> Coverage:
        """Where the goods of one holder come from; what nobody knows of is missing."""
        return self.coverage.get((holder_type, holder_id)) or Coverage(missing=lacking)


def outlook(product_ids: Collection[int], *, first: str) -> Outlook:
    """Who gets what of the goods on order: holders of the kind `first` before the others, as receipts serve them.

    Two queries.
    """
    needs = list(
        SupplyRequest.objects.filter(product_id__in=product_ids, status=SupplyRequest.Status.OPEN).order_by("id")
    )
    queues: dict[Key, list[SupplyRequest]] = {}
    for need in sorted(needs, key=lambda need: _turn(need, first)):
        queues.setdefault((need.product_id, need.warehouse_id), []).append(need)
    pools = _pools({need.product_id for need in needs})
    coverage: dict[Holder, Coverage] = {}
    for key, queue in queues.items():
        coverage |= _serve(queue, pools.get(key, []))
    return Outlook({(need.holder_type, need.holder_id): need for need in needs}, coverage)


def _turn(need: SupplyRequest, first: str) -> tuple[bool, int, dt.date, int, int]:
    day = need.needed_by or dt.date.max
    return need.holder_type != first, -need.priority, day, need.document_id, need.holder_id


def _pools(product_ids: Collection[int]) -> dict[Key, list[PurchaseLine]]:
    """Open purchase lines: placed ones by their day, then drafts."""
    if not product_ids:
        return {}
    states = (PurchaseOrder.Status.PLACED, PurchaseOrder.Status.DRAFT)
    rows = PurchaseLine.objects.filter(
        product_id__in=product_ids, order__status__in=states, received__lt=F("quantity")
    ).select_related("order__supplier")
    pools: dict[Key, list[PurchaseLine]] = {}
    for row in sorted(rows, key=_arrival):
        pools.setdefault((row.product_id, row.order.warehouse_id), []).append(row)
    return pools


def _arrival(row: PurchaseLine) -> tuple[bool, dt.date, int]:
    return row.order.status == PurchaseOrder.Status.DRAFT, row.order.expected_on or dt.date.max, row.pk


def _serve(queue: list[SupplyRequest], pool: list[PurchaseLine]) -> dict[Holder, Coverage]:
    left = [(row, row.outstanding) for row in pool]
    served = {}
    for need in queue:
        got, open_ = Coverage(), need.quantity - need.covered
        while open_ > 0 and left:
            row, there = left[0]
            into = got.drafted if row.order.status == PurchaseOrder.Status.DRAFT else got.placed
            into.append(row)
            taken = min(open_, there)
            open_ -= taken
            left[0] = (row, there - taken)
            if left[0][1] <= 0:
                left.pop(0)
        got.missing, got.behind = max(open_, ZERO), bool(pool)
        served[need.holder_type, need.holder_id] = got
    return served


def free_stock(product_ids: Collection[int]) -> dict[Key, Decimal]:
    """What lies in bins and is promised to nobody, by product and warehouse. One query."""
    rows = StockItem.objects.pickable().filter(Q(on_hand__gt=F("reserved")), product_id__in=product_ids)
    sums = rows.values_list("product_id", "place__warehouse_id").annotate(free=Sum(F("on_hand") - F("reserved")))
    return {(product, warehouse): free for product, warehouse, free in sums}
