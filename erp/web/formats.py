"""How values look on a page: `2026-11-21 14:05`, `12,345.60`, `3.5 kg`. Everything here is pure."""

from __future__ import annotations

import datetime as dt_
from decimal import Decimal
from typing import Any

from django.utils import timezone

DASH = "—"
SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "HKD": "HK$", "TWD": "NT$", "JPY": "JP¥", "GBP": "£"}

Number = Decimal | int | float | str


def _empty(value: Any) -> bool:
    return value is None or value == ""


def _decimal(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _trim(text: str, keep: int = 0) -> str:
    """Drop trailing zeros after the point but keep at least `keep` decimals."""
    if "." not in text:
        return text
    whole, part = text.split(".")
    part = part.rstrip("0").ljust(keep, "0")
    return f"{whole}.{part}" if part else whole


def money(value: Number | None, currency: str = "") -> str:
    """An amount with two decimals and thousands separators, with the currency's sign when given."""
    if _empty(value):
        return DASH
    amount = _decimal(value)  # type: ignore[arg-type]
    sign = "-" if amount < 0 else ""
    return f"{sign}{SYMBOLS.get(currency, currency and currency + ' ')}{abs(amount):,.2f}"


def price(value: Number | None, currency: str = "") -> str:
    """A unit price: two to six decimals, no needless zeros."""
    if _empty(value):
        return DASH
    amount = _decimal(value)  # type: ignore[arg-type]
    sign = "-" if amount < 0 else ""
    return f"{sign}{SYMBOLS.get(currency, currency and currency + ' ')}{_trim(f'{abs(amount):,.6f}', keep=2)}"


def qty(value: Number | None, unit: object = "") -> str:
    """A quantity without trailing zeros, followed by its unit."""
    if _empty(value):
        return DASH
    text = _trim(f"{_decimal(value):,.4f}")  # type: ignore[arg-type]
    return f"{text} {unit}" if unit else text


def number(value: Number | None, digits: int = 0) -> str:
    """A plain number with thousands separators; text such as `999+` passes through."""
    if _empty(value):
        return DASH
    if isinstance(value, str) and value.endswith("+"):
        return value
    return f"{_decimal(value):,.{digits}f}"  # type: ignore[arg-type]


def percent(value: Number | None, digits: int = 1) -> str:
    """A ratio (0.153) as `15.3%`."""
    return DASH if _empty(value) else f"{_decimal(value) * 100:.{digits}f}%"  # type: ignore[arg-type]


def dt(value: dt_.datetime | None, seconds: bool = False) -> str:
    """A moment in the current time zone: `2026-11-21 14:05`."""
    if _empty(value):
        return DASH
    if not isinstance(value, dt_.datetime):
        return date(value)
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def date(value: dt_.date | dt_.datetime | None) -> str:
    """A day in the current time zone: `2026-11-21`."""
    if _empty(value):
        return DASH
    if isinstance(value, dt_.datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
    return value.strftime("%Y-%m-%d") if isinstance(value, dt_.date) else str(value)


def time_of_day(value: dt_.datetime | dt_.time | None) -> str:
    """Hours and minutes in the current time zone: `14:05`."""
    if _empty(value):
        return DASH
    if isinstance(value, dt_.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return value.strftime("%H:%M")  # type: ignore[union-attr]


def filesize(value: int | None) -> str:
    """A file's size in B, KB or MB."""
    if value is None:
        return DASH
    if value < 1024:
        return f"{value} B"
    if value < 1024 * 1024:
        return f"{value / 1024:.0f} KB"
    return f"{value / 1024 / 1024:.1f} MB"
