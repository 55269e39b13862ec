"""What an application does that has more than one database server. Run by tests/ops/cluster.py as a process of its own."""

import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import OperationalError, close_old_connections, connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_test_environment  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from erp.basics import APPS_WITH_BASICS  # noqa: E402
from erp.models import Company, User  # noqa: E402
from erp.roles import ROLES  # noqa: E402
from orders.models import SalesOrder  # noqa: E402
from orders.services import hold  # noqa: E402
from tests.cast import make_customer, make_order, make_product, make_user, put_in_stock  # noqa: E402

Until = Callable[[], Any]


def _company() -> Any:
    """What every company has, with a manager, on a database that the first scenario migrates."""
    setup_test_environment()
    if not connections["default"].introspection.table_names():
        call_command("migrate", verbosity=0)
    Company.current()
    for path in APPS_WITH_BASICS:
        import_string(path)()
    return User.objects.filter(username="admin").first() or make_user("admin", "admin")


def _product() -> Any:
    return make_product(f"A-{secrets.token_hex(4)}")


def _until(reached: Until) -> None:
    for _ in range(600):
        if reached():
            return
        signal.sigtimedwait([], 0.05)
    raise AssertionError("it never came to that")


def _on_replica(statement: str) -> Any:
    with connections["replica"].cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
        return row and row[0]


def _caught_up() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn()")
        position = cursor.fetchone()[0]
    return bool(_on_replica(f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn"))


def _list(client: Client) -> tuple[str, int, int]:
    """The order list, with how many statements each server answered."""
    with (
        CaptureQueriesContext(connections["default"]) as primary,
        CaptureQueriesContext(connections["replica"]) as copy,
    ):
        response = client.get("/orders/")
    assert response.status_code == 200, response.status_code
    return response.content.decode(), len(primary), len(copy)


def people_read_their_own_writes() -> None:
    """A lagging replica hides what others have just done, never what a person did himself."""
    admin, colleague = _company(), make_user("admin", "colleague")
    product = _product()
    first = make_order((product, 1))
    _until(_caught_up)
    mine, other = Client(), Client()
    mine.force_login(admin)
    other.force_login(colleague)
    _list(mine)  # whatever a first visit writes
    _until(_caught_up)
    page, on_primary, on_copy = _list(mine)
    assert first.number in page
    assert on_copy > 5 and on_primary <= 2, (on_primary, on_copy)

    _on_replica("SELECT pg_wal_replay_pause()")
    second = make_order((product, 1))
    page, _on_primary, on_copy = _list(mine)
    assert second.number not in page and on_copy > 5
    answer = mine.post(f"/orders/{second.number}/hold/", {"reason": "客户要求暂缓"})
    assert answer.status_code in (200, 204, 302), answer.status_code
    page, on_primary, on_copy = _list(mine)
    assert second.number in page and on_primary > 5, (on_primary, on_copy)
    page, _on_primary, on_copy = _list(other)
    assert second.number not in page and on_copy > 5

    _on_replica("SELECT pg_wal_replay_resume()")
    _until(_caught_up)
    page, on_primary, on_copy = _list(mine)
    assert second.number in page and on_copy > 5 and on_primary <= 2, (on_primary, on_copy)
    for address in ("/reports/", "/finance/", "/inventory/", "/shipping/", "/production/", "/orders/customers/"):
        with CaptureQueriesContext(connections["replica"]) as copy:
            assert mine.get(address).status_code == 200, address
        assert len(copy) > 1, address
    form = mine.get(f"/orders/{second.number}/")
    assert form.status_code == 200


def pages_do_without_the_replica() -> None:
    """A replica that is gone costs nobody a page."""
    admin = _company()
    order = make_order((_product(), 1))
    client = Client()
    client.force_login(admin)
    os.kill(int(os.environ["REPLICA_PID"]), signal.SIGKILL)
    for _ in range(3):
        response = client.get("/orders/")
        assert response.status_code == 200
        assert order.number in response.content.decode()


def the_replica_takes_over() -> None:
    """With synchronous replication the replica that takes over has every order that anybody was told of."""
    _company()
    product = _product()
    put_in_stock(product, 10_000)
    promised: list[str] = []
    stop = threading.Event()

    def clerk() -> None:
        while not stop.is_set():
            try:
                promised.append(make_order((product, 2)).number)
            except OperationalError:
                close_old_connections()
                connections["default"].close()
        connections.close_all()

    clerks = [threading.Thread(target=clerk) for _ in range(3)]
    for one in clerks:
        one.start()
    _until(lambda: len(promised) >= 20)
    os.kill(int(os.environ["PRIMARY_PID"]), signal.SIGKILL)
    before = len(promised)
    with connections["default"].Database.connect(os.environ["REPLICA_DSN"], autocommit=True) as replica:
        replica.execute("ALTER SYSTEM RESET synchronous_standby_names")
        replica.execute("SELECT pg_promote()")
        replica.execute("SELECT pg_reload_conf()")
    _until(lambda: len(promised) >= before + 20)
    stop.set()
    for one in clerks:
        one.join()
    connections["default"].close()
    there = set(SalesOrder.objects.values_list("number", flat=True))
    assert set(promised) <= there, sorted(set(promised) - there)
    hold(SalesOrder.objects.get(number=promised[0]), by=None, reason="主机切换后核对")
    call_command("verify")


def a_pooler_changes_nothing() -> None:
    """Through a pooler that hands each transaction another connection, people work as they always do."""
    admin = _company()
    product = _product()
    put_in_stock(product, 100)
    client = Client()
    client.force_login(admin)

    def clerk(results: list[str]) -> None:
        try:
            for _ in range(4):
                results.append(make_order((product, Decimal(1))).number)
                assert client.get("/orders/").status_code == 200
        finally:
            connections.close_all()

    results: list[str] = []
    clerks = [threading.Thread(target=clerk, args=(results,)) for _ in range(4)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()
    assert len(set(results)) == 16
    for address in ("/", "/orders/export.xlsx", f"/orders/{results[0]}/", "/finance/", "/reports/", "/api/v1/orders"):
        assert client.get(address).status_code in (200, 401), address
    for role in ROLES:
        make_user(role)
    make_customer()
    for _ in range(8):
        put_in_stock(_product(), 50)
    make_product(f"S-{secrets.token_hex(4)}", kind="service")
    call_command("simulate", orders=5, verbosity=0)
    call_command("verify")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
