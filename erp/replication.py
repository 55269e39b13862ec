"""Reading from a replica: which pages do, and why nobody misses what he has just written.

With `DATABASE_REPLICA_URL` the pages of `PAGES` read from a streaming replica. Whoever wrote something reads from the
primary until the replica has replayed that far: after each writing request the primary's position in its log (LSN) is
kept for the person, and compared with the replica's before the next page
(https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-INFO). A replica that does not answer
is left alone for a while; the primary serves meanwhile. Everything else (forms, documents, the API, workers) reads
where it writes.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.core import checks
from django.core.cache import cache
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError, connections, models
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, get_resolver

PRIMARY, REPLICA = "default", "replica"

# Lists, reports and the portal: they carry most of the reading, and decide nothing.
PAGES = {
    "orders:list",
    "orders:export",
    "orders:customers",
    "inventory:list",
    "inventory:xlsx",
    "inventory:moves",
    "inventory:purchases",
    "production:list",
    "shipping:list",
    "finance:list",
    "finance:export",
    "finance:payments",
    "finance:payments_export",
    "finance:journal",
    "finance:statement",
    "finance:statement_pdf",
    "aftersales:list",
    "aftersales:returns",
    "aftersales:returns_export",
    "aftersales:cases",
    "portal:home",
    "portal:order",
    "reports:home",
    "reports:page",
}

REMEMBERED = 600  # seconds; a replica that lags longer needs its administrator
LEFT_ALONE = 5.0  # seconds in which a replica that failed is not asked again

_reads_replica: ContextVar[bool] = ContextVar("reads_replica", default=False)
_wrote: ContextVar[bool] = ContextVar("wrote", default=False)


class Router:
    """Sends reads to the replica while a page of `PAGES` is served, and everything else to the primary."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        """The replica for such a page, unless a transaction is open or the request has written already."""
        if _reads_replica.get() and not _wrote.get() and not connections[PRIMARY].in_atomic_block:
            return REPLICA
        return PRIMARY

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str:
        """The primary; what follows in this request is read there too."""
        _wrote.set(True)
        return PRIMARY

    def allow_relation(self, one: models.Model, other: models.Model, **hints: Any) -> bool:
        """Rows of both are rows of the same database."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """A replica gets its tables from the primary."""
        return db == PRIMARY


class ReplicaMiddleware:
    """Chooses for each request where it reads, and remembers how far the log was when a person wrote."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if REPLICA not in connections:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.ask_again_at = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        read, wrote = _reads_replica.set(False), _wrote.set(request.method not in ("GET", "HEAD", "OPTIONS"))
        try:
            response = self.get_response(request)
            if _wrote.get() and (person := _person(request)):
                cache.set(_key(person), _position_of_primary(), REMEMBERED)
            return response
        finally:
            _reads_replica.reset(read)
            _wrote.reset(wrote)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Read from the replica where the page may and the replica has what this person wrote."""
        match = request.resolver_match
        if match is None or match.view_name not in PAGES or _wrote.get():
            return
        person = _person(request)  # the session is read before the replica is chosen: a login is there at once
        _reads_replica.set(self._has_replayed(cache.get(_key(person)) if person else None))

    def _has_replayed(self, position: str | None) -> bool:
        if time.monotonic() < self.ask_again_at:
            return False
        try:
            with connections[REPLICA].cursor() as cursor:
                cursor.execute(
                    "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= coalesce(%s, '0/0')::pg_lsn", [position]
                )
                return bool(cursor.fetchone()[0])
        except DatabaseError:
            connections[REPLICA].close()
            self.ask_again_at = time.monotonic() + LEFT_ALONE
            return False


def _person(request: HttpRequest) -> str:
    """Who reads or writes: the signed-in person, or the caller of the API."""
    session = getattr(request, "session", None)
    signed_in = session.get(SESSION_KEY) if session is not None else None
    caller = getattr(request, "auth", None)
    return str(signed_in or getattr(caller, "pk", "") or "")


def _key(person: str) -> str:
    return f"written:{person}"


def _position_of_primary() -> str:
    with connections[PRIMARY].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn()")
        return str(cursor.fetchone()[0])


def check_pages(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Prove at start that every page named above exists."""
    return [
        checks.Error(f"PAGES names “{name}”, which is no page.", id="erp.E010")
        for name in sorted(PAGES)
        if not _exists(name)
    ]


def _exists(name: str) -> bool:
    resolver = get_resolver()
    *spaces, page = name.split(":")
    try:
        for space in spaces:
            _prefix, resolver = resolver.namespace_dict[space]
    except (KeyError, NoReverseMatch):
        return False
    return page in resolver.reverse_dict
