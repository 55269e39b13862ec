"""What must be bought: open needs of orders and production, and products below their reorder point."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, DecimalField, F, Min, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from erp.money import ZERO, round_money
from inventory.models import UNDER_WAY, Place, Product, PurchaseLine, StockItem, Supplier, SupplyRequest, Warehouse
from inventory.sourcing import Market, Offer

_NONE = Value(ZERO, output_field=DecimalField(max_digits=18, decimal_places=4))


@dataclass(slots=True)
class BuyingNeed:
    """A product that a warehouse should buy. `lacking` is asked for by lines; `on_order` is drafted, ordered, or waits
    for inspection; `restock` brings the stock back to the reorder point, or to the maximum where there is one;
    `offers` are what suppliers ask for it, the best first. Stock units, CNY."""

    product: Product
    warehouse: Warehouse
    lacking: Decimal = ZERO
    on_order: Decimal = ZERO
    restock: Decimal = ZERO
    requests: int = 0
    needed_by: dt.date | None = None
    offers: list[Offer] = field(default_factory=list)

    @property
    def short(self) -> Decimal:
        """What nobody has ordered yet."""
        return max(self.lacking - self.on_order, ZERO) + self.restock

    @property
    def offer(self) -> Offer | None:
        """The best offer."""
        return self.offers[0] if self.offers else None

    @property
    def quantity(self) -> Decimal:
        """What to order now: what is short, or more where the supplier's minimum or pack asks for it."""
        return self.offer.quantity if self.offer else self.short

    @property
    def amount(self) -> Decimal:
        """What it would cost, without tax."""
        return self.offer.amount if self.offer else round_money(self.quantity * self.product.standard_cost)


@dataclass(slots=True)
class SupplierNeeds:
    """What to order from one supplier for one warehouse; `supplier` is None where nobody is known to sell it."""

    supplier: Supplier | None
    warehouse: Warehouse
    needs: list[BuyingNeed] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """Worth of the whole list, in CNY without tax."""
        return sum((need.amount for need in self.needs), ZERO)


def below_reorder_point(products: QuerySet[Product] | None = None) -> QuerySet[Product]:
    """Active, stocked products whose free stock is below their reorder point (stock on order not counted).

    Read from `LowStock`; only theirs is added up.
    """
    rows = products if products is not None else Product.objects.all()
    free = (
        StockItem.objects.filter(product=OuterRef("pk"), place__kind=Place.Kind.BIN)
        .order_by()
        .values("product")
        .annotate(free=Sum(F("on_hand") - F("reserved")))
        .values("free")
    )
    return (
        rows.active()  # type: ignore[attr-defined]
        .filter(kind=Product.Kind.GOODS, low__isnull=False)
        .annotate(free=Coalesce(Subquery(free), _NONE))
    )


def buying_needs() -> list[SupplierNeeds]:
    """Everything to buy, by supplier and warehouse, the most urgent first. Seven queries, whatever the number.

    The supplier of a product is the preferred one, else the cheapest valid one for the quantity that has to be ordered
    there; what has already been ordered or drafted is taken off.
    """
    needs = _lacking()
    _add_on_order(needs)
    _add_restock(needs)
    wanted = [need for need in needs.values() if need.short > 0]
    return _by_supplier(wanted)


def _lacking() -> dict[tuple[int, int], BuyingNeed]:
    rows = list(
        SupplyRequest.objects.filter(status=SupplyRequest.Status.OPEN, supply=Product.Supply.BUY)
        .values("product_id", "warehouse_id")
        .annotate(lacking=Sum(F("quantity") - F("covered")), first=Min("needed_by"), lines=Count("id"))
    )
    products = Product.objects.select_related("unit").in_bulk({row["product_id"] for row in rows})
    warehouses = Warehouse.objects.in_bulk({row["warehouse_id"] for row in rows})
    return {
        (row["product_id"], row["warehouse_id"]): BuyingNeed(
            product=products[row["product_id"]],
            warehouse=warehouses[row["warehouse_id"]],
            lacking=max(row["lacking"], ZERO),
            requests=row["lines"],
            needed_by=row["first"],
        )
        for row in rows
    }


def _on_order(products: Iterable[int]) -> dict[tuple[int, int], Decimal]:
    rows = (
        PurchaseLine.objects.under_way()
        .filter(product_id__in=set(products))
        .values("product_id", "order__warehouse_id")
        .annotate(open=Sum(UNDER_WAY))
    )
    return {(row["product_id"], row["order__warehouse_id"]): row["open"] for row in rows}


def _add_on_order(needs: dict[tuple[int, int], BuyingNeed]) -> None:
    for key, quantity in _on_order(product for product, _warehouse in needs).items():
        if key in needs:
            needs[key].on_order = quantity


def _add_restock(needs: dict[tuple[int, int], BuyingNeed]) -> None:
    """Products below their reorder point, counted with what is on order and what lines still lack; first warehouse.

    They are filled up to the maximum where a product has one, else to the reorder point.
    """
    warehouse = Warehouse.objects.filter(is_active=True).first()
    if warehouse is None:
        return
    low = list(below_reorder_point(Product.objects.filter(supply=Product.Supply.BUY).select_related("unit")))
    coming: dict[int, Decimal] = defaultdict(Decimal)
    for (pk, _house), quantity in _on_order(one.pk for one in low).items():
        coming[pk] += quantity
    asked: dict[int, list[BuyingNeed]] = defaultdict(list)
    for need in needs.values():
        asked[need.product.pk].append(need)
    for product in low:
        mine = asked[product.pk]
        lacking = sum((need.lacking for need in mine), ZERO)
        planned = sum((max(need.lacking - need.on_order, ZERO) for need in mine), ZERO)
        expected = product.free + coming[product.pk] - lacking + planned  # type: ignore[attr-defined]
        restock = max(product.reorder_point, product.maximum or ZERO) - expected
        if expected < product.reorder_point:
            need = needs.setdefault((product.pk, warehouse.pk), BuyingNeed(product=product, warehouse=warehouse))
            need.on_order = need.on_order or coming[product.pk]
            need.restock = restock


def _by_supplier(needs: list[BuyingNeed]) -> list[SupplierNeeds]:
    market = Market({need.product.pk for need in needs})
    groups: dict[tuple[int, int], SupplierNeeds] = {}
    for need in sorted(needs, key=lambda row: (row.needed_by or dt.date.max, row.product.sku)):
        need.offers = market.offers(need.product.pk, need.short)
        supplier = need.offer.supplier if need.offer else None
        key = (supplier.pk if supplier else 0, need.warehouse.pk)
        groups.setdefault(key, SupplierNeeds(supplier, need.warehouse)).needs.append(need)
    # Lists without a supplier come last: somebody has to name one first.
    return sorted(groups.values(), key=lambda group: group.supplier is None)
