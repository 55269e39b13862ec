"""Answering with a page: the whole of it for a browser, one block of it for htmx."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import jinja2_fragments
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme

from erp.web.backend import backend

TOAST_TAGS = {"error": "danger", "debug": "info"}


def is_partial(request: HttpRequest) -> bool:
    """True for an htmx request that wants a piece of the page: not boosted, not a history restore."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def full_context(request: HttpRequest, context: dict[str, Any] | None = None) -> dict[str, Any]:
    """The context that a whole page gets: the view's, the request, CSRF and the context processors'."""
    # One token a page: Django's own lazy strings would mask it anew at every use.
    token = SimpleLazyObject(lambda: get_token(request))
    full: dict[str, Any] = {
        "request": request,
        "csrf_input": SimpleLazyObject(
            lambda: format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)
        ),
        "csrf_token": token,
    }
    for processor in backend().template_context_processors:
        full.update(processor(request))
    full.update(context or {})
    return full


def render_blocks(request: HttpRequest, template: str, context: dict[str, Any], blocks: Iterable[str]) -> str:
    """The HTML of the named blocks of a page, one after the other."""
    env, full = backend().env, full_context(request, context)
    full["partial"] = True
    return "".join(jinja2_fragments.render_block(env, template, block, **full) for block in blocks)


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    block: str | Iterable[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the whole page, or for an htmx request only `block` (one name or several; several are joined).

    Without `block` htmx gets the whole page too. Pending messages become toasts on a partial answer.
    """
    if block and is_partial(request):
        names = [block] if isinstance(block, str) else list(block)
        response = HttpResponse(render_blocks(request, template, context or {}, names), status=status)
        add_pending_toasts(request, response)
    else:
        html = backend().env.get_template(template).render(full_context(request, context))
        response = HttpResponse(html, status=status)
    if block:
        patch_vary_headers(response, ["HX-Request"])
    return response


def add_trigger(response: HttpResponse, event: str, detail: Any = "") -> HttpResponse:
    """Make htmx fire `event` in the browser when this answer arrives; events already there stay."""
    events = json.loads(response["HX-Trigger"]) if response.has_header("HX-Trigger") else {}
    events[event] = detail
    response["HX-Trigger"] = json.dumps(events)
    return response


def toast(response: HttpResponse, text: object, tone: str = "success") -> HttpResponse:
    """Show a short message in the corner: tone success, info, warning or danger."""
    events = json.loads(response["HX-Trigger"]) if response.has_header("HX-Trigger") else {}
    shown = [*events.get("toast", {}).get("items", []), {"text": str(text), "tone": tone}]
    return add_trigger(response, "toast", {"items": shown})


def add_pending_toasts(request: HttpRequest, response: HttpResponse) -> None:
    """Move messages that wait in `django.contrib.messages` into toasts on this answer."""
    if hasattr(request, "_messages"):
        for message in messages.get_messages(request):
            toast(response, message, TOAST_TAGS.get(message.level_tag, message.level_tag or "info"))


def go(request: HttpRequest, to: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Send the browser to another page, from a normal form and from an htmx one alike."""
    url = resolve_url(to, *args, **kwargs)
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def back_url(request: HttpRequest, default: str = "/") -> str:
    """Where the person came from (`?next=`, then Referer), if that is one of our own pages."""
    candidates = [request.POST.get("next"), request.GET.get("next"), request.headers.get("Referer")]
    for candidate in candidates:
        if candidate and url_has_allowed_host_and_scheme(candidate, {request.get_host()}, request.is_secure()):
            return candidate
    return default
