"""Two workers on two queues: long work keeps no short work waiting."""

import datetime as dt
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone

from erp.celery import app
from erp.tasks import WORKER_HEARTBEAT, heartbeat
from orders.importing import uploads
from orders.models import ImportRun, SalesOrder

PATIENCE = 60  # seconds that the test waits for another process before it fails
HEADINGS = "订单号,客户名称,下单日期,商品编码,数量,单价\n"

pytestmark = pytest.mark.django_db(transaction=True)
Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def start_worker() -> Iterator[Start]:
    """Start a worker for one queue; all are stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "erp.settings",
        "DATABASE_URL": database,
        "REDIS_URL": settings.REDIS_URL,
        "ERP_VAR_DIR": str(settings.VAR_DIR),
        "SECRET_KEY": "test",
    }

    def start(queue: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "celery", "-A", "erp", "worker", "-P", "solo", "-Q", queue, "-l", "WARNING"]
        started.append(subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


@pytest.fixture(autouse=True)
def _own_broker() -> Iterator[None]:
    app.conf.broker_url = settings.REDIS_URL
    app.control.purge()
    yield
    app.control.purge()


def _until(condition: Callable[[], Any], what: str) -> None:
    deadline, pause = timezone.now() + dt.timedelta(seconds=PATIENCE), threading.Event()
    while not condition():
        assert timezone.now() < deadline, f"never happened: {what}"
        pause.wait(0.1)


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the activity as it first saw it
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])


def test_long_work_keeps_no_short_work_waiting(cast: SimpleNamespace, start_worker: Start) -> None:
    rows = "".join(f"T-{number},杭州大明机电,2025-11-01,FL-50,2,113\n" for number in range(1, 4))
    run = uploads.receive([SimpleUploadedFile("orders.csv", (HEADINGS + rows).encode())], by=cast.sales)
    uploads.start(run, dry_run=False, all_or_nothing=False, create_missing=True)
    cache.delete(WORKER_HEARTBEAT)
    with transaction.atomic():
        # The import waits behind this row, as long work waits for many things.
        ImportRun.objects.select_for_update().get(pk=run.pk)
        start_worker("batch")
        _until(_somebody_waits_for_a_lock, "the import began")
        start_worker("interactive")
        heartbeat.delay()
        _until(lambda: cache.get(WORKER_HEARTBEAT), "short work beside it")
    _until(lambda: ImportRun.objects.get(pk=run.pk).status == ImportRun.Status.DONE, "the import ended")
    assert SalesOrder.objects.count() == 3
