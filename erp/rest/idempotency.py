"""A request that is sent twice has its effect once: the `Idempotency-Key` header."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from erp.models import IdempotencyKey, User
from erp.rest.problems import Problem
from erp.transactions import verb

LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with: HTTP status and JSON body."""

    status: int
    body: dict[str, Any]


def answer_once(request: HttpRequest, *, client: User, make: Callable[[], Answer]) -> Answer:
    """Run `make` at most once for the request's `Idempotency-Key`; a repeat gets the first answer with status 200.

    Without the header `make` simply runs. Key and effect are written in one transaction, which is run again when the
    database broke a deadlock: a second request with the same key waits for the first to commit, and starts afresh if it
    failed. Raises Problem 422 when the key came with another request before.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        raise Problem(
            422, code="idempotency_key_too_long", detail=_("The Idempotency-Key has more than 200 characters.")
        )
    return _answer(request, client, key, make)


@verb  # the outermost one repeats after a deadlock: without it the caller would get the 500 that nobody can act on
def _answer(request: HttpRequest, client: User, key: str, make: Callable[[], Answer]) -> Answer:
    if not key:
        return make()
    row, is_new = IdempotencyKey.objects.get_or_create(
        client=client, key=key, defaults={"request_hash": fingerprint(request)}
    )
    if not is_new:
        return _stored(row, request)
    answer = make()
    row.status_code, row.response = answer.status, answer.body
    row.save(update_fields=["status_code", "response"])
    return answer


def _stored(row: IdempotencyKey, request: HttpRequest) -> Answer:
    if row.request_hash != fingerprint(request):
        raise Problem(
            422,
            code="idempotency_key_reused",
            detail=_("This Idempotency-Key came with another request before. Use a new key for a new request."),
        )
    return Answer(200, row.response or {})


def fingerprint(request: HttpRequest) -> str:
    """SHA-256 of method, path and JSON body; spaces and the order of keys do not matter."""
    body = json.dumps(json.loads(request.body or b"null"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()
