"""A company of any size, written by PostgreSQL itself: rows in all apps that agree with each other.

`sql/` holds the business, one statement a table. What they need to know stands in a schema of its own, `bench`, which is
dropped at the end. All of it is one transaction: a load that fails leaves nothing behind. Memory does not grow with the
size, in this process or in the server's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection, models, transaction
from django.utils import timezone
from psycopg import sql

from bench.words import WORDS
from demo.people import GIVEN, PLACES, SURNAMES
from erp.basics import ensure_basics
from erp.errors import BusinessError
from erp.models import User
from erp.numbering import SEQUENCES
from erp.roles import ROLES
from inventory.models import Place, Product
from inventory.services import pinyin_of
from orders.models import Customer, CustomerUser, SalesOrder

SQL = Path(__file__).parent / "sql"
APPS = ("erp", "inventory", "orders", "production", "shipping", "finance", "aftersales", "notifications")
LEAST_PRODUCTS = 100
PRODUCTS_PER_PURCHASE = 50

Say = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is loaded. `lines` is how many an order has on average, `days` how far back the first one lies."""

    orders: int
    products: int
    customers: int
    lines: int = 5
    days: int = 1095
    salespeople: int = 40
    seed: int = 20261121


def load(sizes: Sizes, *, say: Say = lambda text: None, password: str | None = None) -> None:
    """Fill a fresh database. Raises BusinessError when it is not fresh or the database role may not do it.

    `password` is everybody's; without one nobody can sign in.
    """
    _refuse(sizes)
    ensure_basics()
    _make_people(sizes, password)
    with transaction.atomic(), _without_triggers(), _with_defaults(), _without_indexes(say):
        with connection.cursor() as cursor:
            # Everything is joined whole with everything: a loop over an index, which the planner takes for tables whose
            # size it does not know yet, would go through them once a row.
            cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL jit = off")
        _prepare(sizes)
        for path in sorted(SQL.glob("*.sql")):
            _run(path.read_text(), say=say, name=path.stem)
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA bench CASCADE")
        _advance(sizes)
    _portal_login(password)
    with connection.cursor() as cursor:
        began = time.monotonic()
        cursor.execute("VACUUM ANALYZE")
        say(f"{'vacuum, statistics':<24}{time.monotonic() - began:8.1f} s")
    cache.clear()


def _refuse(sizes: Sizes) -> None:
    if sizes.products < LEAST_PRODUCTS or sizes.orders < 1 or sizes.customers < 1 or sizes.lines < 1:
        raise BusinessError(f"At least {LEAST_PRODUCTS} products, and one order, customer and line are needed.")
    for model in (SalesOrder, Product, Customer):
        if model._default_manager.exists():
            raise BusinessError(
                f"There are rows in {model._meta.db_table} already.",
                hint="Load into a fresh database: run migrate there, and nothing else.",
            )
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            raise BusinessError("The role of the database must be a superuser to load without triggers.")


def _make_people(sizes: Sizes, password: str | None) -> None:
    """One person a role, named like it, and the salespeople among whom the customers are divided."""
    wanted = {role: role for role in ROLES if role != "customer"}
    wanted |= {f"sales{number:02d}": "sales" for number in range(1, sizes.salespeople)}
    groups = {group.name: group for group in Group.objects.all()}
    for username, role in wanted.items():
        user = User(username=username, name=username, email=f"{username}@bench.example")
        user.is_staff = user.is_superuser = role == "admin"
        _give_password(user, password)
        user.save()
        if role in groups:
            user.groups.add(groups[role])


def _portal_login(password: str | None) -> None:
    """A login of the customer with the most orders."""
    user = User(username="customer", name="customer", email="customer@bench.example", is_portal=True)
    _give_password(user, password)
    user.save()
    CustomerUser.objects.create(user=user, customer_id=1)


def _give_password(user: User, password: str | None) -> None:
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()


@contextmanager
def _without_triggers() -> Iterator[None]:
    """Foreign keys and history are not checked row by row: the rows agree by construction, and `verify` proves it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL work_mem = '128MB'; SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL jit = off")
    yield


@contextmanager
def _with_defaults() -> Iterator[None]:
    """Let the database know what Django gives a column that is not named, so that a new column needs no change here."""
    given = [
        (model._meta.db_table, str(field.column), field.get_db_prep_save(_default(field), connection))
        for label in APPS
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
        if not field.null and not field.primary_key and not field.is_relation and _has_default(field)
    ]
    with connection.cursor() as cursor:
        for table, column, value in given:
            cursor.execute(_alter(table, column, sql.SQL("SET DEFAULT {}").format(sql.Literal(value))))
    yield
    with connection.cursor() as cursor:
        for table, column, _value in given:
            cursor.execute(_alter(table, column, sql.SQL("DROP DEFAULT")))


def _has_default(field: models.Field[Any, Any]) -> bool:
    if getattr(field, "db_default", models.NOT_PROVIDED) is not models.NOT_PROVIDED:
        return False
    return field.has_default() or field.empty_strings_allowed or getattr(field, "auto_now_add", False)


def _default(field: models.Field[Any, Any]) -> Any:
    return timezone.now() if getattr(field, "auto_now_add", False) else field.get_default()


def _alter(table: str, column: str, what: sql.Composable) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} ALTER COLUMN {} {}").format(sql.Identifier(table), sql.Identifier(column), what)


@contextmanager
def _without_indexes(say: Say) -> Iterator[None]:
    """Indexes that prove nothing are dropped and made again at the end: sorted once, instead of row by row."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i
            JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
            WHERE NOT i.indisunique AND t.relnamespace = 'public'::regnamespace AND t.relname ~ %s ORDER BY 1
            """,
            [f"^({'|'.join(APPS)})_"],
        )
        found = cursor.fetchall()
        for name, _definition in found:
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    _run(";\n".join(definition for _name, definition in found), say=say, name="indexes")


def _run(script: str, *, say: Say, name: str) -> None:
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(script)
    say(f"{name:<24}{time.monotonic() - began:8.1f} s")


def _prepare(sizes: Sizes) -> None:
    """The schema `bench`: sizes, dice, names, and how one number follows from another."""
    first_bin = (Place.objects.aggregate(most=models.Max("pk"))["most"] or 0) + 1
    purchases = -(-sizes.products // PRODUCTS_PER_PURCHASE)
    constants = {
        "orders": sizes.orders,
        "products": sizes.products,
        "customers": sizes.customers,
        "days": sizes.days,
        "most_lines": 2 * sizes.lines - 1,
        "bins": max(10, sizes.products // 200),
        "suppliers": max(5, sizes.products // 500),
        "purchases": purchases,
        "first_bin": first_bin,
    }
    counts = " ".join(f"WHEN '{kind}' THEN {len(words)}" for kind, words in WORDS.items())
    names = ", ".join(f"'{last}{first}'" for last in SURNAMES for first in GIVEN)
    statements = ["CREATE SCHEMA bench"]
    statements += [_function(f"{name}()", "int", str(value)) for name, value in constants.items()]
    statements += [
        _function("today()", "timestamptz", f"timestamptz '{timezone.now().isoformat()}'"),
        _function("opened()", "timestamptz", "bench.today() - (bench.days() + 1) * interval '1 day'"),
        # The same number every time: which side a die falls on, and one of so many with the first ones most often.
        _function(
            "roll(n bigint, salt int, sides int)", "int", f"abs(hashint8extended(n, salt + {sizes.seed}) % sides)::int"
        ),
        _function(
            "skewed(n bigint, salt int, size int)",
            "bigint",
            "1 + floor(size * (bench.roll(n, salt, 1000000) / 1000000.0::float8) ^ 2)::bigint",
        ),
        _function("day(at timestamptz)", "date", "(at AT TIME ZONE 'Asia/Shanghai')::date"),
        _function("digits(n bigint)", "text", "lpad(n::text, greatest(5, length(n::text)), '0')"),
        _function(
            "number(prefix text, at timestamptz, n bigint)",
            "text",
            "prefix || '-' || to_char(bench.day(at), 'YYYYMMDD') || '-' || bench.digits(n)",
        ),
        _function("phone(n bigint)", "text", "'13' || lpad(bench.roll(n, 90, 1000000000)::text, 9, '0')"),
        _function("bin(product bigint)", "bigint", "bench.first_bin() + product % bench.bins()"),
        _function("purchase_of(product bigint)", "bigint", f"1 + (product - 1) / {PRODUCTS_PER_PURCHASE}"),
        _function(
            "made_for(fate text, product bigint)", "boolean", "fate IN ('unpaid', 'completed') AND product % 20 = 0"
        ),
        _function(
            "made_move(production bigint)",
            "bigint",
            "bench.products() + bench.orders()::bigint * bench.most_lines() + 2 * production - 1",
        ),
        _function("words(what text)", "int", f"CASE what {counts} END"),
        _function("person(n bigint)", "text", f"(ARRAY[{names}])[1 + bench.roll(n, 91, {len(SURNAMES) * len(GIVEN)})]"),
        # 0: a receipt's voucher; 1 to 6: the vouchers of an order.
        _function(
            "entry(document bigint, kind int)",
            "bigint",
            "CASE WHEN kind = 0 THEN document ELSE bench.purchases() + 6 * (document - 1) + kind END",
        ),
        "CREATE TABLE bench.word (kind text, place int, word text, pinyin text, initials text, code text, PRIMARY KEY (kind, place))",
        "CREATE TABLE bench.home (place int PRIMARY KEY, province text, city text, district text, street text)",
        "CREATE TABLE bench.service AS SELECT (row_number() OVER (ORDER BY s.id) - 1)::int AS place, s.id, s.carrier_id,"
        " s.transit_days FROM shipping_carrierservice s JOIN shipping_carrier c ON c.id = s.carrier_id WHERE NOT c.own_numbers",
        "CREATE TABLE bench.virtual AS SELECT kind, min(id) AS id FROM inventory_place WHERE warehouse_id IS NULL GROUP BY kind",
    ]
    with connection.cursor() as cursor:
        cursor.execute(";\n".join(statements))
        for kind, words in WORDS.items():
            rows = [(kind, place, word, *pinyin_of(word)) for place, word in enumerate(words)]
            cursor.executemany(
                "INSERT INTO bench.word VALUES (%s, %s, %s, %s, %s, %s)", [(*row, row[-1].upper()) for row in rows]
            )
        cursor.executemany(
            "INSERT INTO bench.home VALUES (%s, %s, %s, %s, %s)", [(place, *home) for place, home in enumerate(PLACES)]
        )


def _function(signature: str, returns: str, body: str) -> str:
    return (
        f"CREATE FUNCTION bench.{signature} RETURNS {returns} LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$SELECT {body}$$"
    )


def _advance(sizes: Sizes) -> None:
    """New rows and documents are numbered after those that were loaded."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.relname, pg_get_serial_sequence(t.relname, a.attname), a.attname FROM pg_class t
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attidentity <> ''
            WHERE t.relnamespace = 'public'::regnamespace AND t.relname ~ %s
            """,
            [f"^({'|'.join(APPS)})_"],
        )
        for table, sequence, column in cursor.fetchall():
            cursor.execute(
                sql.SQL("SELECT setval({}, greatest(max({}), 1), max({}) IS NOT NULL) FROM {}").format(
                    sql.Literal(sequence), sql.Identifier(column), sql.Identifier(column), sql.Identifier(table)
                )
            )
        most = 7 * max(sizes.orders, sizes.customers) + sizes.products  # of any kind of document
        for sequence in SEQUENCES.values():
            cursor.execute("SELECT setval(%s, %s)", [sequence, most])
