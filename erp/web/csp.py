"""Content-Security-Policy: nothing inline, nothing from another host.

A page that needs more says so: `response.csp = {"img-src": ["'self'", "blob:"]}`. The admin's own scripts
(Alpine in unfold) evaluate expressions, so `/admin/` gets a wider policy.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

POLICY: dict[str, list[str]] = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "media-src": ["'self'", "blob:"],
    "worker-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
ADMIN = {
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}
WIDER: dict[str, dict[str, list[str]]] = {"/admin/": ADMIN, "/api/v1/docs": ADMIN, "/__debug__/": ADMIN}


def header(extra: dict[str, list[str]] | None = None) -> str:
    """The policy as a header value; `extra` replaces directives."""
    return "; ".join(f"{name} {' '.join(values)}" for name, values in {**POLICY, **(extra or {})}.items())


STRICT = header()


class ContentSecurityPolicyMiddleware:
    """Adds the policy to every HTML answer that does not carry one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.DEBUG and response.status_code >= 400:
            return response  # Django's own error pages have inline styles
        if (
            response.has_header("Content-Security-Policy")
            or response.headers.get("Content-Type", "")[:9] != "text/html"
        ):
            return response
        extra = getattr(response, "csp", None) or next(
            (wider for path, wider in WIDER.items() if request.path.startswith(path)), None
        )
        response["Content-Security-Policy"] = header(extra) if extra else STRICT
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=(self)")
        return response
