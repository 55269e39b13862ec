"""Pages that follow what others do: htmx asks every 3 seconds, we answer 204 when nothing changed."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse

VERSION_PARAM = "_v"
STOP_POLLING = 286


def live_token(*parts: Any) -> str:
    """A short token of whatever shows that something changed (latest `updated_at`, a count, a status)."""
    return hashlib.blake2s("|".join(map(str, parts)).encode(), digest_size=6).hexdigest()


def unchanged(request: HttpRequest, token: str) -> HttpResponse | None:
    """204 when the browser already shows `token`; None when the view should render. Put `token` in the context.

    `if (same := unchanged(request, token)): return same`
    """
    return HttpResponse(status=204) if request.GET.get(VERSION_PARAM) == token else None


def finished(response: HttpResponse) -> HttpResponse:
    """Mark an answer as the last one: htmx shows it and stops asking."""
    response.status_code = STOP_POLLING
    return response
