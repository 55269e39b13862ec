"""Rounding: half-up, per line, then summed."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from erp.money import line_amounts, round_money

quantities = st.decimals(min_value="0.0001", max_value="100000", places=4)
prices = st.decimals(min_value=0, max_value="100000", places=6)
shares = st.decimals(min_value=0, max_value=1, places=4)


def test_half_a_cent_goes_up() -> None:
    assert round_money(Decimal("0.005")) == Decimal("0.01")
    assert round_money(Decimal("2.675")) == Decimal("2.68")
    assert round_money(Decimal("-0.005")) == Decimal("-0.01")


@given(quantity=quantities, price=prices, discount=shares, tax=shares)
def test_a_line_is_its_parts(quantity: Decimal, price: Decimal, discount: Decimal, tax: Decimal) -> None:
    line = line_amounts(quantity=quantity, unit_price=price, discount=discount, tax_rate=tax)
    assert line.total == line.untaxed + line.tax
    assert abs(line.untaxed - quantity * price * (1 - discount)) <= Decimal("0.005")
    assert abs(line.tax - line.untaxed * tax) <= Decimal("0.005")
    assert line.untaxed.as_tuple().exponent == line.tax.as_tuple().exponent == -2
