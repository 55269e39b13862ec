"""The demo company and its simulation: everything through the services, and the books are right at the end."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils.module_loading import import_string

from demo.company import make_company
from demo.simulation import simulate
from erp.models import SavedView
from erp.verification import SOURCES
from orders.models import SalesOrder, Tag
from shipping.models import Shipment


def differences() -> list[str]:
    return [difference for path in SOURCES for difference in import_string(path)()]


@pytest.fixture
def company(db: Any) -> None:
    make_company(password="secret-password", seed=7)


def test_a_drained_simulation_leaves_no_order_waiting(company: None) -> None:
    result = simulate(orders=12, seed=7, days=6)
    assert result.orders == 12
    assert set(result.by_status) <= {"completed", "cancelled"}
    assert differences() == []
    done = SalesOrder.objects.filter(status="completed")
    assert all(order.settled_at and order.delivered_at and order.approved_at for order in done)
    assert Shipment.objects.filter(status="delivered").exists()


def test_the_demo_has_life_and_true_books(db: Any) -> None:
    call_command("load_demo", orders=40)
    assert SalesOrder.objects.count() >= 40
    assert SalesOrder.objects.values("status").distinct().count() >= 5
    assert differences() == []
    assert SalesOrder.objects.filter(sub_status__isnull=False).exists()
    assert SalesOrder.objects.filter(project__isnull=False, customer__isnull=False).count() == 4
    assert Tag.objects.filter(customers__isnull=False).exists()
    assert SavedView.objects.get().shared
    count = SalesOrder.objects.count()
    call_command("load_demo", "--if-empty")
    assert SalesOrder.objects.count() == count


def test_the_same_seed_enters_the_same_orders(company: None) -> None:
    runs = []
    for _each in range(2):
        with transaction.atomic():
            simulate(orders=6, seed=3, days=3, drain=False)
            runs.append(list(SalesOrder.objects.order_by("id").values_list("customer", "total", "status")))
            transaction.set_rollback(True)
    assert runs[0] == runs[1]
