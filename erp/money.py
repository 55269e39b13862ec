"""Rounding of money and quantities, in one place: half-up, per line, then summed."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
QUANTUM = Decimal("0.0001")
UNIT_PRICE = Decimal("0.000001")
ZERO = Decimal(0)


def round_money(value: Decimal) -> Decimal:
    """Round an amount half-up to 0.01."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def round_quantity(value: Decimal) -> Decimal:
    """Round a quantity half-up to 0.0001."""
    return value.quantize(QUANTUM, rounding=ROUND_HALF_UP)


def round_unit_price(value: Decimal) -> Decimal:
    """Round a unit price half-up to 0.000001."""
    return value.quantize(UNIT_PRICE, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """The amounts of one line in the document's currency: before tax, tax, and both together."""

    untaxed: Decimal
    tax: Decimal
    total: Decimal


def line_amounts(*, quantity: Decimal, unit_price: Decimal, discount: Decimal, tax_rate: Decimal) -> LineAmounts:
    """Compute one line: price × quantity less discount (a share, 0–1), rounded; then tax on that, rounded.

    `unit_price` is without tax (不含税单价).
    """
    untaxed = round_money(quantity * unit_price * (1 - discount))
    tax = round_money(untaxed * tax_rate)
    return LineAmounts(untaxed=untaxed, tax=tax, total=untaxed + tax)
