"""Databases of their own for what needs many rows: beside the test database, made from it, loaded, dropped."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.db import connection
from psycopg import sql

from bench.load import Sizes, load


@contextmanager
def company_of(sizes: Sizes) -> Iterator[None]:
    """Everything in this block happens in a fresh database with a company of that size."""
    test_database = str(connection.settings_dict["NAME"])
    connection.close()  # a database that somebody uses is no template
    name = f"{test_database}_{sizes.orders}"
    _server("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _server("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, test_database)
    connection.settings_dict["NAME"] = name
    try:
        cache.clear()
        load(sizes)
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = test_database
        _server("DROP DATABASE {} WITH (FORCE)", name)
        cache.clear()


def _server(statement: str, *names: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
