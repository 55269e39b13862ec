"""Bearer tokens: `Authorization: Bearer <token>`; only the SHA-256 of a token is stored."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from erp.models import ApiToken, User


class BearerToken(HttpBearer):
    """Finds the person behind a token (one query) and answers in that person's language."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """The active owner of a token that is not revoked, or None."""
        if "\0" in request.path or any("\0" in text for text in request.GET.values()):  # PostgreSQL stores no NUL
            raise Http404
        found = (
            ApiToken.objects.select_related("user")
            .filter(digest=ApiToken.digest_of(token), revoked_at=None, user__is_active=True)
            .first()
        )
        if found is None:
            return None
        request.user = found.user
        _speak(request, found.user)
        return found.user


def _speak(request: HttpRequest, user: User) -> None:
    """Messages in the language that the request asks for, else in that of the person's profile."""
    wish = request.headers.get("Accept-Language", "")
    language = translation.get_language_from_request(request) if wish and wish != "*" else user.language
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = language


def caller(request: Any) -> User:
    """The person on whose behalf the program calls."""
    user: User = request.auth
    return user


def need(request: Any, permission: str) -> User:
    """The caller, who holds `permission`. Raises PermissionDenied (403) otherwise."""
    user = caller(request)
    if not user.has_perm(permission):
        raise PermissionDenied(_("Your role does not include this action. Ask an administrator for the right."))
    return user
