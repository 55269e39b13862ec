"""Filter state lives in the URL: helpers that change one parameter and keep the others."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from jinja2 import pass_context
from jinja2.runtime import Context

TRANSIENT = ("cursor", "_v")


def changed_query(request: HttpRequest, **changes: Any) -> str:
    """The request's query string with `changes` applied; None or "" removes, a page cursor never stays."""
    params = request.GET.copy()
    for name in TRANSIENT:
        params.pop(name, None)
    for name, value in changes.items():
        if value is None or value == "":
            params.pop(name, None)
        elif isinstance(value, list | tuple):
            params.setlist(name, [str(v) for v in value])
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}" if params else "?"


@pass_context
def qs(context: Context, **changes: Any) -> str:
    """In templates: `href="{{ qs(status="pending") }}"`."""
    return changed_query(context["request"], **changes)


def active_filters(request: HttpRequest, names: list[str]) -> dict[str, list[str]]:
    """The named parameters that are set now, for chips that remove one filter each."""
    found = {name: [v for v in request.GET.getlist(name) if v] for name in names}
    return {name: values for name, values in found.items() if values}
