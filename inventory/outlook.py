"""What suppliers will bring to whom: needs in the order in which they are served, against what is on order."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F, Q, Sum

from erp.money import ZERO
from inventory.models import PurchaseLine, PurchaseOrder, StockItem, SupplyRequest

ORDER_LINE = "orders.OrderLine"  # served first when goods arrive: see the receipt in erp.process
Key = tuple[int, int]  # product, warehouse
Holder = tuple[str, int]


@dataclass(slots=True)
class Coverage:
    """What a need gets of goods in inspection, of purchase orders placed and drafted, and what nobody ordered for it."""

    inspecting: list[PurchaseLine] = field(default_factory=list)
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

    def uncovered(self, product_id: int, warehouse_id: int) -> list[tuple[SupplyRequest, Decimal]]:
        """Needs of a product for which nothing is ordered, in the order in which they are served, with what is missing."""
        found = [
            (need, self.coverage[holder].missing)
            for holder, need in self.needs.items()
            if (need.product_id, need.warehouse_id) == (product_id, warehouse_id)
        ]
        return sorted((one for one in found if one[1] > 0), key=lambda one: _turn(one[0], ORDER_LINE))


def outlook(product_ids: Collection[int], *, first: str) -> Outlook:
    """Who gets what of the goods on order, as receipts serve them: lines get what was bought for them, then holders of
    the kind `first` come before the others.

    Three queries.
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
    """Purchase lines from which goods will come: those in inspection, placed ones by their day, then drafts."""
    if not product_ids:
        return {}
    rows = (
        PurchaseLine.objects.under_way()
        .filter(product_id__in=product_ids)
        .select_related("order__supplier")
        .prefetch_related("demands")
    )
    pools: dict[Key, list[PurchaseLine]] = {}
    for row in sorted(rows, key=_arrival):
        pools.setdefault((row.product_id, row.order.warehouse_id), []).append(row)
    return pools


def _arrival(row: PurchaseLine) -> tuple[bool, bool, dt.date, int]:
    planned = row.order.status in PurchaseOrder.PLANNED
    return not row.uninspected, planned, row.order.expected_on or dt.date.max, row.pk


class _Pool:
    """What is left of the purchase lines of one product, in two parts each: in inspection, and still on its way."""

    def __init__(self, rows: list[PurchaseLine]) -> None:
        self.parts: list[tuple[PurchaseLine, str, Decimal]] = []
        for row in rows:
            into = "drafted" if row.order.status in PurchaseOrder.PLANNED else "placed"
            coming = row.outstanding if row.order.status in PurchaseOrder.COMING else ZERO
            self.parts += [(row, "inspecting", row.uninspected), (row, into, coming)]
        # In inspection first, then the rows in their order.
        self.parts.sort(key=lambda part: part[1] != "inspecting")

    def give(self, got: Coverage, wanted: Decimal, *, line_id: int | None = None) -> Decimal:
        """Take up to `wanted` (of one line only, if named) for a need; returns what it did not get."""
        for at, (row, into, there) in enumerate(self.parts):
            taken = min(wanted, there)
            if taken > 0 and line_id in (None, row.pk):
                if row not in (rows := getattr(got, into)):
                    rows.append(row)
                self.parts[at] = (row, into, there - taken)
                wanted -= taken
        return wanted


def _serve(queue: list[SupplyRequest], rows: list[PurchaseLine]) -> dict[Holder, Coverage]:
    pool = _Pool(rows)
    served = {(need.holder_type, need.holder_id): Coverage() for need in queue}
    lacking = {(need.holder_type, need.holder_id): need.quantity - need.covered for need in queue}
    for row in rows:
        for demand in sorted(row.demands.all(), key=lambda one: (one.needed_by or dt.date.max, one.pk)):
            holder = (demand.holder_type, demand.holder_id)
            if holder in served:
                wanted = min(demand.quantity - demand.served, lacking[holder])
                lacking[holder] -= wanted - pool.give(served[holder], wanted, line_id=row.pk)
    for need in queue:
        holder = (need.holder_type, need.holder_id)
        got = served[holder]
        got.missing = pool.give(got, max(lacking[holder], ZERO))
        got.behind = bool(rows)
        for part in (got.inspecting, got.placed, got.drafted):
            part.sort(key=_arrival)
    return served


def free_stock(product_ids: Collection[int]) -> dict[Key, Decimal]:
    """What lies in bins and is promised to nobody, by product and warehouse. One query."""
    rows = StockItem.objects.pickable().filter(Q(on_hand__gt=F("reserved")), product_id__in=product_ids)
    sums = rows.values_list("product_id", "place__warehouse_id").annotate(free=Sum(F("on_hand") - F("reserved")))
    return {(product, warehouse): free for product, warehouse, free in sums}
