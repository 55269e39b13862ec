"""Which language a person reads: what they chose, otherwise the company's default; never the browser's guess."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import get_supported_language_variant


def chosen_language(request: HttpRequest) -> str:
    """The language cookie, then the signed-in person's profile, then `LANGUAGE_CODE`."""
    for wish in (request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME), _profile_language(request)):
        if wish:
            try:
                return get_supported_language_variant(wish)
            except LookupError:
                continue
    return settings.LANGUAGE_CODE


def _profile_language(request: HttpRequest) -> str | None:
    user = getattr(request, "user", None)
    return getattr(user, "language", None) if user is not None and user.is_authenticated else None


class ChosenLocaleMiddleware:
    """Stands in for Django's LocaleMiddleware, which would let Accept-Language decide. After authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = chosen_language(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
