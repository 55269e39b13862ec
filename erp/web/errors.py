"""What people see when something goes wrong: what happened, what was kept, what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.web.access import is_staff_person
from erp.web.pages import back_url, render_page, toast

log = logging.getLogger(__name__)
REFUSED = 422
PROBLEM_CODES = {400: "malformed", 403: "not_permitted", 404: "not_found", 500: "server_error"}


def add_error(form: BaseForm, error: BusinessError) -> None:
    """Put a service's refusal on the form: at its field when the form has it, else above the form."""
    words = f"{error.message} {error.hint}".strip()
    form.add_error(error.field if error.field in form.fields else None, words)


def reasons_of(error: BusinessError) -> list[str]:
    """The single conditions that failed, when the error lists them."""
    return list(getattr(error, "reasons", []))


class BusinessErrorMiddleware:
    """A refusal that no view caught: a toast for htmx, a calm page with a way back for a browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn BusinessError into an answer with status 422 (403 when a right is missing)."""
        if not isinstance(error, BusinessError) or request.path.startswith("/api/"):
            return None
        status = 403 if isinstance(error, NotPermitted) else REFUSED
        if getattr(request, "htmx", False):
            words = " ".join(filter(None, [error.message, *reasons_of(error), error.hint]))
            response = toast(HttpResponse(status=status), words, "danger")
            response["HX-Reswap"] = "none"
            return response
        context = {
            "error": error,
            "reasons": reasons_of(error),
            "back": back_url(request),
            "framed": _is_staff(request),
        }
        return render_page(request, "errors/refused.html", context, status=status)


def _error_page(request: HttpRequest, template: str, status: int, detail: str = "") -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(
            {
                "type": "about:blank",
                "title": _title(status),
                "status": status,
                "detail": detail,
                "code": PROBLEM_CODES.get(status, "error"),
            },
            status=status,
            content_type="application/problem+json",
        )
    if getattr(request, "htmx", False):
        response = toast(HttpResponse(status=status), detail or _title(status), "danger")
        response["HX-Reswap"] = "none"
        return response
    context = {"detail": detail, "back": back_url(request), "framed": status in (403, 404) and _is_staff(request)}
    return render_page(request, template, context, status=status)


def _is_staff(request: HttpRequest) -> bool:
    """Whether a person of the company asks; early refusals know nobody yet."""
    return hasattr(request, "user") and is_staff_person(request.user)


def _title(status: int) -> str:
    return {
        400: _("The request could not be understood."),
        403: _("You may not do this."),
        404: _("There is nothing at this address."),
        500: _("Something broke on our side. Nothing was half saved."),
    }.get(status, _("Something went wrong."))


def _detail(exception: BaseException | None) -> str:
    """The words of an exception if they were written for people (not a resolver's dump)."""
    text = str(exception.args[0]) if exception and exception.args else ""
    return text if text and not text.startswith("{") and len(text) < 300 else ""


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler400."""
    return _error_page(request, "errors/400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler403: the page says which right is missing when the view said so."""
    return _error_page(request, "errors/403.html", 403, _detail(exception))


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler404."""
    plain = exception.args[0] if exception and exception.args and isinstance(exception.args[0], str) else ""
    return _error_page(request, "errors/404.html", 404, plain if len(plain) < 200 else "")


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: no database, no context processors; falls back to plain words if even the page fails."""
    try:
        return _error_page(request, "errors/500.html", 500)
    except Exception:
        log.exception("the error page itself failed")
        return HttpResponse("500 · Something broke on our side.", status=500, content_type="text/plain; charset=utf-8")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: usually an expired session; the browser's back button keeps what was typed."""
    log.warning("csrf refused: %s %s", reason, request.path)
    return _error_page(
        request, "errors/csrf.html", 403, _("The form had expired. Please reload the page and send it again.")
    )
