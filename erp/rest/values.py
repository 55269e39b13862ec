"""Numbers of the API: decimals travel as strings, so that no reader turns them into binary fractions."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, PlainSerializer


def plain(value: Decimal | None) -> str | None:
    """A quantity or unit price as text without needless zeros and without an exponent: `2`, `0.5`, `1200`."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _amount(value: Decimal) -> str:
    return f"{value:.2f}"


def _plain(value: Decimal) -> Any:
    return plain(value)


Amount = Annotated[Decimal, PlainSerializer(_amount, return_type=str), Field(examples=["1130.00"])]
Quantity = Annotated[
    Decimal, PlainSerializer(_plain, return_type=str), Field(max_digits=18, decimal_places=4, examples=["2"])
]
Price = Annotated[
    Decimal, PlainSerializer(_plain, return_type=str), Field(max_digits=18, decimal_places=6, examples=["12.5"])
]
