"""A loaded company is one that could have grown: its balances hold, its rows lead somewhere, and work goes on in it."""

from decimal import Decimal
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.utils.module_loading import import_string
from psycopg import sql

from bench.load import APPS, Sizes, load
from erp.errors import BusinessError
from erp.models import User
from erp.process import PROCESS
from erp.verification import SOURCES
from erp.workflow import advance
from inventory.models import Product
from orders.models import Channel, Customer, OrderLine, SalesOrder
from orders.services import LineInput, create_order
from tests.bench.databases import company_of

# Rare beside orders, so that none is loaded.
RARE = {
    "erp.Comment",
    "inventory.Adjustment",
    "inventory.StockCount",
    "inventory.SupplierReturn",
    "inventory.Transfer",
    "orders.Amendment",
    "shipping.ParcelProblem",
}
SIZES = Sizes(orders=3000, products=400, customers=100, lines=3)


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker):
    """A small company, and the right to use its database in the whole module."""
    with django_db_blocker.unblock(), company_of(SIZES):
        yield


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]


def differences():
    return [sentence for path in SOURCES for sentence in import_string(path)()]


def test_every_balance_equals_its_ledger():
    call_command("verify", stdout=StringIO())
    assert differences() == []


def test_every_state_and_every_app_has_rows():
    found = set(SalesOrder.objects.values_list("status", flat=True))
    assert found == set(SalesOrder.Status.values)
    for label in PROCESS.keys() - RARE:
        assert apps.get_model(label)._default_manager.exists(), label
    assert SalesOrder.objects.count() == SIZES.orders
    assert 2.5 < OrderLine.objects.count() / SIZES.orders < 3.5


def test_every_reference_leads_to_a_row():
    """Foreign keys are not checked while loading, so here they are: each one by the catalogue of the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conrelid::regclass::text, a.attname, confrelid::regclass::text, b.attname FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = conkey[1]
            JOIN pg_attribute b ON b.attrelid = confrelid AND b.attnum = confkey[1]
            WHERE contype = 'f' AND conrelid::regclass::text ~ %s
            """,
            [f"^({'|'.join(APPS)})_"],
        )
        keys = cursor.fetchall()
        assert len(keys) > 100
        for table, column, target, key in keys:
            cursor.execute(
                sql.SQL("SELECT count(*) FROM {0} t WHERE {1} IS NOT NULL AND NOT EXISTS "
                        "(SELECT 1 FROM {2} o WHERE o.{3} = t.{1})")
                .format(*map(sql.Identifier, (table, column, target, key)))
            )  # fmt: skip
            assert cursor.fetchone()[0] == 0, (table, column)


def test_nothing_is_left_of_the_loading():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'bench'")
        assert cursor.fetchone() is None
        cursor.execute("SELECT column_default FROM information_schema.columns WHERE table_name = 'orders_salesorder' "
                       "AND column_name = 'external_number'")  # fmt: skip
        assert cursor.fetchone()[0] is None
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname IN ('salesorder_status', 'product_search')")
        assert cursor.fetchone()[0] == 2


def test_work_goes_on():
    seller = User.objects.get(username="sales")
    product = Product.objects.filter(stock_items__on_hand__gt=10, supply="buy").order_by("id")[0]
    order = create_order(
        customer=Customer.objects.get(pk=3),
        channel=Channel.objects.get(code="phone"),
        lines=[LineInput(product=product, quantity=Decimal(1))],
        promised_date=SalesOrder.objects.latest("id").promised_date,
        by=seller,
    )
    order.refresh_from_db()
    if order.status == SalesOrder.Status.PENDING:
        advance(order, "approve", by=User.objects.get(username="approver"))
    order.refresh_from_db()
    assert order.pk > SIZES.orders
    assert order.status == SalesOrder.Status.READY_TO_SHIP
    assert order.pick_lists.count() == 1
    assert differences() == []


def test_it_loads_into_a_fresh_database_only():
    with pytest.raises(BusinessError, match="orders_salesorder"):
        load(SIZES)
    assert SalesOrder.objects.filter(pk__lte=SIZES.orders).count() == SIZES.orders


def test_it_refuses_sizes_that_make_no_company():
    with pytest.raises(BusinessError, match="products"):
        load(Sizes(orders=10, products=5, customers=5))
