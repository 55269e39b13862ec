"""From whom a product can be bought, how much has to be ordered there, and what that costs."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from django.db.models import Q
from django.utils import timezone

from erp.models import Company
from erp.money import ZERO, round_money
from inventory.models import PurchaseOrder, Supplier, SupplierPrice

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a supplier asks for a product: `quantity` covers the need and keeps to minimum and pack (stock units).

    `price` is without tax in the supplier's currency, `rate` the CNY for one unit of it (None: not known).
    """

    supplier: Supplier
    quantity: Decimal
    price: Decimal
    rate: Decimal | None
    days: int
    supplier_sku: str
    is_preferred: bool

    @property
    def amount(self) -> Decimal:
        """What it costs in CNY without tax; in the supplier's currency while no rate is known."""
        return round_money(self.quantity * self.price * (self.rate if self.rate is not None else ONE))

    @property
    def rank(self) -> tuple[bool, bool, Decimal, int, int]:
        """The preferred supplier first, then the least to be paid, then the fastest."""
        return not self.is_preferred, self.rate is None, self.amount, self.days, self.supplier.pk


def quote(scale: Collection[SupplierPrice], quantity: Decimal) -> tuple[Decimal, SupplierPrice]:
    """How much of a product to order from one supplier so that `quantity` is covered, and the price that counts then.

    `scale` are the supplier's valid prices of the product; it is not empty.
    """
    steps = sorted(scale, key=lambda row: (row.minimum, row.valid_from or dt.date.min, row.pk))
    wanted = max(quantity, steps[0].minimum)
    row = _step(steps, wanted)
    if row.pack > 0:
        wanted = (wanted / row.pack).to_integral_value(ROUND_CEILING) * row.pack
    return wanted, _step(steps, wanted)


def _step(steps: list[SupplierPrice], quantity: Decimal) -> SupplierPrice:
    return [row for row in steps if row.minimum <= quantity][-1]


def valid_prices(on: dt.date | None = None) -> Q:
    """Prices of active suppliers that count on a day (today)."""
    day = on or timezone.localdate()
    begun = Q(valid_from=None) | Q(valid_from__lte=day)
    return begun & (Q(valid_to=None) | Q(valid_to__gte=day)) & Q(supplier__is_active=True)


def last_rates(currencies: Collection[str]) -> dict[str, Decimal]:
    """CNY for one unit of each currency, as the newest purchase order has it. One query, none for our own currency."""
    own = Company.current().currency
    foreign = {code for code in currencies if code != own}
    rates = {own: ONE}
    if foreign:
        rows = PurchaseOrder.objects.filter(currency__in=foreign, rate__isnull=False).order_by("currency", "-id")
        rates |= {code: rate for code, rate in rows.distinct("currency").values_list("currency", "rate") if rate}
    return rates


class Market:
    """The valid prices of some products, read once: one query, two when somebody sells in another currency."""

    def __init__(self, product_ids: Collection[int], *, on: dt.date | None = None) -> None:
        self.scales: dict[int, dict[int, list[SupplierPrice]]] = defaultdict(lambda: defaultdict(list))
        rows = SupplierPrice.objects.filter(valid_prices(on), product_id__in=product_ids).select_related("supplier")
        found = list(rows)
        for row in found:
            self.scales[row.product_id][row.supplier_id].append(row)
        self.rates = last_rates({row.supplier.currency for row in found})

    def offers(self, product_id: int, quantity: Decimal) -> list[Offer]:
        """What every supplier asks for at least so much, the best first."""
        scales = self.scales.get(product_id, {}).values()
        return sorted((self._offer(scale, quantity) for scale in scales), key=lambda one: one.rank)

    def offer(self, product_id: int, supplier_id: int, quantity: Decimal) -> Offer | None:
        """What one supplier asks, None when it does not sell the product."""
        scale = self.scales.get(product_id, {}).get(supplier_id)
        return self._offer(scale, quantity) if scale else None

    def _offer(self, scale: list[SupplierPrice], quantity: Decimal) -> Offer:
        wanted, row = quote(scale, max(quantity, ZERO))
        return Offer(
            supplier=row.supplier,
            quantity=wanted,
            price=row.price,
            rate=self.rates.get(row.supplier.currency),
            days=row.days,
            supplier_sku=row.supplier_sku,
            is_preferred=any(one.is_preferred for one in scale),
        )
