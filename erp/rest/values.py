"""Values of the API: decimals travel as strings, so that no reader turns them into binary fractions; times name their
offset.
"""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

from django.utils import timezone
from pydantic import AfterValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError


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


def _moment(value: dt.datetime) -> str:
    return timezone.localtime(value).isoformat(timespec="seconds")


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul_character", "The text contains a NUL character.")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
Moment = Annotated[
    dt.datetime, PlainSerializer(_moment, return_type=str), Field(examples=["2026-11-21T14:05:00+08:00"])
]
Amount = Annotated[Decimal, PlainSerializer(_amount, return_type=str), Field(examples=["1130.00"])]
Quantity = Annotated[
    Decimal, PlainSerializer(_plain, return_type=str), Field(max_digits=18, decimal_places=4, examples=["2"])
]
Price = Annotated[
    Decimal, PlainSerializer(_plain, return_type=str), Field(max_digits=18, decimal_places=6, examples=["12.5"])
]
