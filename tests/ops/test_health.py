import time

import pytest
from django.core.cache import cache
from django.test import Client

from erp import health
from erp.tasks import BEAT_HEARTBEAT, WORKER_HEARTBEAT, heartbeat

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def _beating() -> None:
    heartbeat()
    cache.set(BEAT_HEARTBEAT, time.time())


@pytest.mark.django_db
@pytest.mark.usefixtures("_beating")
def test_all_is_well(client: Client) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    report = answer.json()
    assert report["status"] == report["database"] == report["broker"] == "ok"
    assert report["worker"]["status"] == report["beat"]["status"] == "ok"
    assert report["worker"]["heartbeat_age_s"] < health.STALE_AFTER
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_worker_that_never_spoke_degrades(client: Client) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["worker"] == {"status": "silent", "heartbeat_age_s": None}


@pytest.mark.django_db
@pytest.mark.usefixtures("_beating")
def test_a_worker_that_fell_silent_degrades(client: Client) -> None:
    cache.set(WORKER_HEARTBEAT, time.time() - health.STALE_AFTER - 1)
    report = client.get("/healthz").json()

    assert (report["status"], report["worker"]["status"], report["beat"]["status"]) == ("degraded", "silent", "ok")


@pytest.mark.django_db
@pytest.mark.usefixtures("_beating")
def test_without_broker_it_is_down(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.CELERY_BROKER_URL = NOBODY_LISTENS
    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json()["status"] == "down"
    assert answer.json()["broker"] == "down"
    assert answer.json()["worker"]["status"] == "unknown"


@pytest.mark.django_db
def test_migrated_and_reachable_is_ready(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "database": "ok", "migrations": "applied"}


@pytest.mark.django_db
def test_pending_migrations_are_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    monkeypatch.setattr(health, "_applied", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["migrations"] == "pending"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_only_reading_is_allowed(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
