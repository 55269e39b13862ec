"""A real Celery worker, killed between commit and delivery: nothing is lost and nothing comes twice."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from erp.celery import app
from erp.models import Outbox
from notifications import delivery, tasks
from notifications.services import announce
from tests.notifications.mailserver import MailServer

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60  # seconds that a test waits for another process before it fails


def database_url() -> str:
    """The address of the test database, for another process."""
    address = urlsplit(os.environ["DATABASE_URL"])
    return address._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@pytest.fixture
def start_worker() -> Iterator[Callable[[MailServer], subprocess.Popen[bytes]]]:
    """Start a worker that sends through a mail server; all are stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(server: MailServer) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "erp.settings",
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "EMAIL_URL": server.url,
            "SECRET_KEY": "test",
        }
        command = [sys.executable, "-m", "celery", "-A", "erp", "worker", "-P", "solo", "-Q", "notify", "-l", "WARNING"]
        started.append(subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


@pytest.fixture(autouse=True)
def _own_broker(settings: Any) -> Iterator[None]:
    """Publish to this run's Valkey, with an empty queue."""
    app.conf.broker_url = settings.REDIS_URL
    app.control.purge()
    yield
    app.control.purge()


def test_a_worker_killed_while_it_sends_loses_nothing_and_doubles_nothing(
    order: Any, moved: Any, start_worker: Callable[[MailServer], subprocess.Popen[bytes]]
) -> None:
    with MailServer(silent=True) as hanging:
        worker = start_worker(hanging)
        announce(order, change=moved(order, "approve"), by=None)  # committed; the task is in the queue
        assert hanging.visited.wait(PATIENCE), "the worker never began to send"
        worker.kill()
        worker.wait()
    row = Outbox.objects.get()
    assert row.status == "sending"
    assert delivery.deliver() == 0, "a fresh claim may still be alive"

    Outbox.objects.update(claimed_at=timezone.now() - timedelta(minutes=delivery.CLAIM_MINUTES + 1))
    with MailServer() as server:
        start_worker(server)
        for _again in range(3):
            tasks.sweep_outbox.delay()
        assert server.received.wait(PATIENCE), "the sweep never delivered"
        wait_until(lambda: Outbox.objects.get().status == "done")
        # The killed worker's own task comes back from the broker one day, too.
        tasks.deliver.delay([row.key])
        drained = f"drained:{row.key}"
        Outbox.objects.create(kind="mail", key=drained, payload=row.payload)
        tasks.deliver.delay([drained])
        wait_until(lambda: Outbox.objects.get(key=drained).status == "done")
        ids = [m["Message-ID"] for m in server.mails]
        assert ids == [delivery.message_id(row.key), delivery.message_id(drained)]


def test_a_process_that_dies_after_commit_leaves_the_mail_to_the_sweep(
    order: Any, moved: Any, start_worker: Callable[[MailServer], subprocess.Popen[bytes]]
) -> None:
    announce(order, change=moved(order, "approve"), by=None)
    app.control.purge()  # as if it had died before the task was sent
    with MailServer() as server:
        start_worker(server)
        tasks.sweep_outbox.delay()
        assert server.received.wait(PATIENCE)
        wait_until(lambda: Outbox.objects.get().status == "done")
        assert len(server.mails) == 1


def test_the_business_act_stands_when_the_broker_is_away(order: Any, moved: Any) -> None:
    app.conf.broker_url = "redis://127.0.0.1:9/0"
    announce(order, change=moved(order, "approve"), by=None)
    assert Outbox.objects.get().status == "waiting"


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask until another process has made it true, or fail."""
    import threading

    deadline, pause = timezone.now() + timedelta(seconds=PATIENCE), threading.Event()
    while not condition():
        assert timezone.now() < deadline, "it never happened"
        pause.wait(0.1)
