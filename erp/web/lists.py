"""Lists that cost the same at a thousand rows as at ten million: keyset pages and capped counts."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
DEFAULT_LIMIT = 40
MAX_LIMIT = 200


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of a list: its rows, and the cursor of the next page (None on the last)."""

    items: list[M]
    next: str | None

    def __iter__(self) -> Any:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def _encode(values: list[Any]) -> str:
    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, dt.date) else str(value) if isinstance(value, Decimal) else value

    raw = json.dumps([plain(v) for v in values], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(cursor: str, length: int) -> list[Any] | None:
    """The cursor's values; None for anything that we did not make (it then means the first page)."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        return None
    simple = isinstance(values, list) and len(values) == length
    return values if simple and all(isinstance(v, str | int | float) for v in values) else None


def _after(fields: list[str], values: list[Any]) -> Q:
    """Rows after `values` in the order of `fields`: (a, b) < (x, y) written out for mixed directions."""
    condition = Q()
    for index, field in enumerate(fields):
        step = Q(**{f.lstrip("-"): v for f, v in zip(fields[:index], values[:index], strict=True)})
        op = "lt" if field.startswith("-") else "gt"
        condition |= step & Q(**{f"{field.lstrip('-')}__{op}": values[index]})
    # The bound on the first column lets PostgreSQL start its index scan there.
    first = fields[0]
    bound = Q(**{f"{first.lstrip('-')}__{'lte' if first.startswith('-') else 'gte'}": values[0]})
    return bound & condition


def readable_cursor(cursor: str, order: str | tuple[str, ...] = "-id") -> bool:
    """Whether the cursor is one that `keyset_page` made for this order; pages forgive a broken one, programs are told."""
    return _decode(cursor, len(total_order(order))) is not None


def total_order(order: str | tuple[str, ...]) -> list[str]:
    """The columns to sort by, with `id` last when it is missing."""
    fields = [order] if isinstance(order, str) else list(order)
    if not any(f.lstrip("-") in ("id", "pk") for f in fields):
        fields.append("-id" if fields[-1].startswith("-") else "id")
    return fields


def keyset_page(
    queryset: QuerySet[M], order: str | tuple[str, ...] = "-id", cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[M]:
    """One page in the given order, from after `cursor`; one query, no count.

    `order` names not-null columns; `id` is added when missing so that the order is total. A cursor that
    cannot be read means the first page.
    """
    fields = total_order(order)
    limit = max(1, min(limit, MAX_LIMIT))
    queryset = queryset.order_by(*fields)
    if cursor and (values := _decode(cursor, len(fields))) is not None:
        try:
            queryset = queryset.filter(_after(fields, values))
        except (ValueError, TypeError):
            pass
    rows = list(queryset[: limit + 1])
    if len(rows) <= limit:
        return Page(rows, None)
    rows = rows[:limit]
    return Page(rows, _encode([_value(rows[-1], f.lstrip("-")) for f in fields]))


def _value(row: Any, path: str) -> Any:
    for part in path.split("__"):
        row = row[part] if isinstance(row, dict) else getattr(row, part)
    return row


def capped_count(queryset: QuerySet[Any], cap: int = 1000) -> str:
    """How many rows, counting no further than the cap: `37`, `999+`."""
    found = queryset.order_by().values("pk")[:cap].count()
    return f"{cap - 1}+" if found >= cap else str(found)


def capped_counts(querysets: dict[str, QuerySet[Any]], cap: int = 1000) -> dict[str, str]:
    """`capped_count` of several querysets by name, in one query."""
    parts, params = [], []
    for name, queryset in querysets.items():
        try:
            sql, values = queryset.order_by().values("pk")[:cap].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT %s, count(*) FROM ({sql}) AS counted")  # noqa: S608 -- Django wrote `sql`, values apart
        params += [name, *values]
    counts = dict.fromkeys(querysets, "0")
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), params)
            counts |= {name: f"{cap - 1}+" if found >= cap else str(found) for name, found in cursor.fetchall()}
    return counts


def sort_order(requested: str | None, allowed: dict[str, str], default: str) -> str:
    """The column to sort by, from `?sort=amount` or `?sort=-amount`; only columns of `allowed` (name → field)."""
    name = (requested or "").lstrip("-")
    if name not in allowed:
        return default
    return f"-{allowed[name]}" if str(requested).startswith("-") else allowed[name]


__all__ = [
    "DEFAULT_LIMIT",
    "Page",
    "capped_count",
    "capped_counts",
    "keyset_page",
    "readable_cursor",
    "sort_order",
    "total_order",
]
