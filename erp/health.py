"""Whether this process can serve: `/healthz` for people and monitors, `/readyz` for load balancers."""

import time
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from erp.tasks import BEAT_HEARTBEAT, WORKER_HEARTBEAT

STALE_AFTER = 60  # seconds; beat sends a heartbeat every 15


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Report on every part. 503 when database or broker is down; a silent worker or beat only degrades."""
    database, broker = _database_is_up(), _broker_is_up()
    worker = _heartbeat(WORKER_HEARTBEAT) if broker else _unknown()
    beat = _heartbeat(BEAT_HEARTBEAT) if broker else _unknown()
    serves = database and broker
    complete = serves and worker["status"] == beat["status"] == "ok"
    report = {
        "status": "ok" if complete else "degraded" if serves else "down",
        "database": "ok" if database else "down",
        "broker": "ok" if broker else "down",
        "worker": worker,
        "beat": beat,
    }
    return JsonResponse(report, status=200 if serves else 503)


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Report whether requests may be sent here: the database answers and has every migration. 503 otherwise."""
    database = _database_is_up()
    migrated = database and _migrated()
    report = {
        "status": "ready" if migrated else "not ready",
        "database": "ok" if database else "down",
        "migrations": "applied" if migrated else "pending" if database else "unknown",
    }
    return JsonResponse(report, status=200 if migrated else 503)


def _database_is_up() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


@lru_cache(maxsize=1)
def _broker(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def _broker_is_up() -> bool:
    try:
        return bool(_broker(settings.CELERY_BROKER_URL).ping())
    except redis.RedisError:
        return False


def _heartbeat(key: str) -> dict[str, Any]:
    try:
        at = cache.get(key)
    except redis.RedisError:
        return _unknown()
    if at is None:
        return {"status": "silent", "heartbeat_age_s": None}
    age = round(time.time() - at, 1)
    return {"status": "ok" if age <= STALE_AFTER else "silent", "heartbeat_age_s": age}


def _unknown() -> dict[str, Any]:
    return {"status": "unknown", "heartbeat_age_s": None}


_applied = False  # migrations are never taken back under a running process


def _migrated() -> bool:
    global _applied
    if not _applied:
        executor = MigrationExecutor(connection)
        _applied = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _applied
