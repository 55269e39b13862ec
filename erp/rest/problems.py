"""Refusals of the API: problem documents by RFC 9457 (`application/problem+json`)."""

import json
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from erp.errors import BusinessError, NotPermitted, TransitionRefused

CONTENT_TYPE = "application/problem+json"


class FieldError(Schema):
    """One wrong input: `pointer` is a JSON pointer into the body (`/lines/0/sku`), `parameter` a query parameter."""

    detail: str
    code: str = "invalid"
    pointer: str | None = None
    parameter: str | None = None


class ProblemOut(Schema):
    """A problem document."""

    type: str
    title: str
    status: int
    detail: str = ""
    code: str
    errors: list[FieldError] = []


class Problem(Exception):
    """A refusal with its HTTP status; `code` is stable for programs, `detail` and `errors` are for people."""

    def __init__(self, status: int, *, code: str, detail: str = "", errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail or code)
        self.status, self.code, self.detail, self.errors = status, code, detail, list(errors)

    @classmethod
    def of_fields(cls, errors: Sequence[FieldError]) -> "Problem":
        """422 for inputs that must be mended."""
        return cls(422, code="invalid", detail=_("Please mend what “errors” lists; nothing was saved."), errors=errors)

    @classmethod
    def of_parameter(cls, parameter: str, detail: str) -> "Problem":
        """422 for one wrong query parameter."""
        return cls.of_fields([FieldError(parameter=parameter, detail=detail)])

    @classmethod
    def of_refusal(cls, error: BusinessError) -> "Problem":
        """A service's refusal: 403 without the right, 409 when the state forbids it, else 422."""
        detail = f"{error.message} {error.hint}".strip()
        if isinstance(error, TransitionRefused):
            status = 422 if error.code in ("note_required", "unknown_transition") else 409
            return cls(status, code=error.code, detail=detail, errors=[FieldError(detail=r) for r in error.reasons])
        status = 403 if isinstance(error, NotPermitted) else 422
        errors = (
            [FieldError(pointer=pointer(error.field), detail=error.message, code=error.code)] if error.field else []
        )
        return cls(status, code=error.code, detail=detail, errors=errors)


def pointer(field: str) -> str:
    """A JSON pointer from a field's name: `lines.0.sku` and `/lines/0/sku` alike."""
    return field if field.startswith("/") else "/" + field.replace(".", "/")


def answer(problem: Problem) -> HttpResponse:
    """The HTTP answer that tells a problem."""
    document: dict[str, Any] = {
        "type": f"urn:erp:problem:{problem.code}",
        "title": _title(problem.status),
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    if problem.errors:
        document["errors"] = [error.model_dump(exclude_none=True) for error in problem.errors]
    response = reply(document, problem.status)
    response["Content-Type"] = CONTENT_TYPE
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _title(status: int) -> str:
    titles = {
        400: _("The request could not be understood."),
        401: _("A valid token is needed."),
        403: _("You may not do this."),
        404: _("There is nothing at this address."),
        409: _("This is not possible in the present state."),
        422: _("Some inputs are not right."),
    }
    return titles.get(status) or _("Something went wrong.")


def reply(body: dict[str, Any], status: int = 200) -> HttpResponse:
    """A JSON answer, Chinese as Chinese."""
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")


def install_handlers(api: NinjaAPI) -> None:
    """Make every refusal of the API a problem document."""

    def on(kind: type[Exception], turn: Any) -> None:
        api.add_exception_handler(kind, lambda request, error: answer(turn(request, error)))

    on(Problem, lambda request, error: error)
    on(BusinessError, lambda request, error: Problem.of_refusal(error))
    on(ValidationError, lambda request, error: _of_validation(error))
    on(AuthenticationError, lambda request, error: _unauthenticated(request))
    on(PermissionDenied, lambda request, error: Problem(403, code="not_permitted", detail=str(error)))
    on(Http404, lambda request, error: Problem(404, code="not_found", detail=str(error)))
    on(HttpError, lambda request, error: _of_http_error(error))


def _unauthenticated(request: HttpRequest) -> Problem:
    if request.headers.get("Authorization"):
        detail = _("The token is unknown or was revoked.")
    else:
        detail = _("Send the header “Authorization: Bearer <token>”.")
    return Problem(401, code="unauthenticated", detail=detail)


def _of_http_error(error: HttpError) -> Problem:
    if error.status_code == 400:
        return Problem(400, code="malformed", detail=_("The body is not valid JSON."))
    return Problem(error.status_code, code="refused", detail=str(error))


def _of_validation(error: ValidationError) -> Problem:
    return Problem.of_fields([_field_error(item) for item in error.errors])


def _field_error(item: dict[str, Any]) -> FieldError:
    """pydantic's finding with its place: `("body", "payload", "lines", 0, "sku")` → `/lines/0/sku`."""
    source, *place = item["loc"]
    detail, code = _words(item), str(item["type"])
    if source == "body":
        return FieldError(pointer="".join(f"/{step}" for step in place[1:]), detail=detail, code=code)
    return FieldError(parameter=str(place[-1]) if place else str(source), detail=detail, code=code)


def _words(item: dict[str, Any]) -> str:
    """What is wrong, in the user's language, for the findings that programs really meet."""
    context = item.get("ctx", {})
    words = {
        "missing": _("This field is required."),
        "extra_forbidden": _("There is no such field."),
        "decimal_parsing": _('This is not a number. Send decimals as text, for example "12.5".'),
        "decimal_type": _('This is not a number. Send decimals as text, for example "12.5".'),
        "int_parsing": _("This is not a whole number."),
        "string_type": _("This must be text."),
        "string_too_short": _("This field must not be empty."),
        "date_from_datetime_parsing": _("This is not a date. Write it as 2026-12-01."),
        "date_parsing": _("This is not a date. Write it as 2026-12-01."),
        "date_type": _("This is not a date. Write it as 2026-12-01."),
        "datetime_from_date_parsing": _("This is not a time. Write it as 2026-12-01T09:30:00+08:00."),
        "datetime_parsing": _("This is not a time. Write it as 2026-12-01T09:30:00+08:00."),
        "timezone_aware": _("The time has no offset. Write it as 2026-12-01T09:30:00+08:00."),
        "nul_character": _("The text contains a character that cannot be stored."),
        "too_short": _("At least one is needed."),
        "greater_than": _("This must be greater than %(limit)s.") % {"limit": context.get("gt")},
        "greater_than_equal": _("This must be at least %(limit)s.") % {"limit": context.get("ge")},
        "less_than_equal": _("This must be at most %(limit)s.") % {"limit": context.get("le")},
        "string_too_long": _("At most %(count)s characters.") % {"count": context.get("max_length")},
        "decimal_max_places": _("At most %(count)s decimal places.") % {"count": context.get("decimal_places")},
        "decimal_max_digits": _("The number has too many digits."),
        "decimal_whole_digits": _("The number has too many digits."),
        "finite_number": _('This is not a number. Send decimals as text, for example "12.5".'),
    }
    return words.get(item["type"]) or str(item["msg"])
