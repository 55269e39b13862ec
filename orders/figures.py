"""What an order comes to while it is being typed: prices, sums, margin, credit left, and when each line can be there."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from erp.models import Company
from erp.money import ZERO, LineAmounts, line_amounts, round_money, round_unit_price
from inventory.models import Product, ProductCost
from inventory.promise import Promise, promises
from inventory.units import Pack
from orders.models import Customer
from orders.selectors import credit_of
from orders.services.pricing import PriceAnswer, prices_for


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line that is being typed, in the unit `pack`; None where the price list decides."""

    product: Product
    quantity: Decimal
    pack: Pack = field(default_factory=Pack)
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LineFigures:
    """A line's price and discount (share) as they will be saved, its amounts, what it costs us, and its promise."""

    wanted: Wanted
    unit_price: Decimal
    discount: Decimal
    tax_rate: Decimal
    amounts: LineAmounts
    gross: Decimal
    cost: Decimal
    promise: Promise


@dataclass(frozen=True)
class Figures:
    """The lines in their order, and what they come to together. Amounts in the order's currency, margin and credit in the company's."""

    lines: list[LineFigures]
    credit_before: Decimal | None
    rate: Decimal = Decimal(1)

    @cached_property
    def untaxed(self) -> Decimal:
        """Without tax, after discount."""
        return sum((line.amounts.untaxed for line in self.lines), ZERO)

    @cached_property
    def discount(self) -> Decimal:
        """What the discounts take off, without tax."""
        return sum((line.gross for line in self.lines), ZERO) - self.untaxed

    @cached_property
    def tax(self) -> Decimal:
        """The tax on all lines."""
        return sum((line.amounts.tax for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """With tax."""
        return self.untaxed + self.tax

    @property
    def margin(self) -> Decimal:
        """What is left of the amount without tax when the goods are paid."""
        return round_money(self.untaxed * self.rate) - round_money(sum((line.cost for line in self.lines), ZERO))

    @property
    def margin_share(self) -> Decimal | None:
        """The margin as a share of the amount without tax; None while that is nothing."""
        return self.margin / (self.untaxed * self.rate) if self.untaxed else None

    @property
    def credit_left(self) -> Decimal | None:
        """What the customer may order besides this order; None without a limit."""
        return None if self.credit_before is None else self.credit_before - round_money(self.total * self.rate)

    @property
    def full_day(self) -> dt.date | None:
        """The first day on which everything can be there; None without lines."""
        return max((line.promise.day for line in self.lines), default=None)


def figures_of(
    customer: Customer | None,
    wanted: Sequence[Wanted],
    *,
    warehouse_id: int,
    today: dt.date,
    rate: Decimal = Decimal(1),
) -> Figures:
    """What the lines come to for a customer today, out of a warehouse. At most six queries, however many lines."""
    pieces = [(one.product, one.quantity * one.pack.factor) for one in wanted]
    answers = prices_for(customer, pieces, on=today)
    costs = _costs({one.product.pk for one in wanted}, warehouse_id) if wanted else {}
    default_tax = Company.current().default_tax_rate
    dated = promises(pieces, warehouse_id=warehouse_id, today=today)
    lines = [
        _line(one, answer, promise, unit_cost=costs.get(one.product.pk, one.product.standard_cost), tax=default_tax)
        for one, answer, promise in zip(wanted, answers, dated, strict=True)
    ]
    return Figures(lines, credit_before=credit_of(customer).left if customer else None, rate=rate)


def _line(one: Wanted, answer: PriceAnswer, promise: Promise, *, unit_cost: Decimal, tax: Decimal) -> LineFigures:
    by_hand = one.unit_price is not None
    price = round_unit_price(one.unit_price if one.unit_price is not None else answer.unit_price * one.pack.factor)
    discount = one.discount if one.discount is not None else (ZERO if by_hand else answer.discount)
    rate = next(rate for rate in (one.tax_rate, one.product.tax_rate, tax) if rate is not None)
    return LineFigures(
        wanted=one,
        unit_price=price,
        discount=discount,
        tax_rate=rate,
        amounts=line_amounts(quantity=one.quantity, unit_price=price, discount=discount, tax_rate=rate),
        gross=round_money(one.quantity * price),
        cost=one.quantity * one.pack.factor * unit_cost,
        promise=promise,
    )


def _costs(product_ids: set[int], warehouse_id: int) -> dict[int, Decimal]:
    """Moving average of what lies in the warehouse, CNY a stock unit. One query."""
    rows = ProductCost.objects.filter(product_id__in=product_ids, warehouse_id=warehouse_id, quantity__gt=0)
    return {row.product_id: row.value / row.quantity for row in rows}
