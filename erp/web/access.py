"""Who may open a page: 404 for strangers, 403 for those who may see but not act."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

View = Callable[..., HttpResponse]
M = TypeVar("M", bound=Model)


def get_or_404(queryset: QuerySet[M], **lookup: Any) -> M:
    """One row of a queryset already narrowed by `visible_to(user)`; anything else does not exist."""
    try:
        return queryset.get(**lookup)
    except (ObjectDoesNotExist, ValueError) as error:
        raise Http404(_("Nothing was found at this address.")) from error


def is_staff_person(user: Any) -> bool:
    """True for people of the company; False for visitors and portal customers."""
    return bool(user.is_authenticated and user.is_active and not getattr(user, "is_portal", False))


def may(user: Any, *perms: str) -> bool:
    """True when the user has every one of the permissions (`orders.approve_salesorder`)."""
    return bool(user.is_authenticated and user.has_perms(perms))


def require_perm(user: Any, *perms: str) -> None:
    """Raise 403 unless the user has every one of the permissions."""
    if not may(user, *perms):
        raise PermissionDenied(_("Your role does not include this action. Ask an administrator for the right."))


def staff_required(view: View) -> View:
    """Only for people of the company: visitors are sent to the login, portal customers get 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return login_redirect(request)
        if not is_staff_person(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def perm_required(*perms: str) -> Callable[[View], View]:
    """Staff with these permissions; staff without them get 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require_perm(request.user, *perms)
            return view(request, *args, **kwargs)

        return staff_required(guarded)

    return decorate


def login_redirect(request: HttpRequest) -> HttpResponse:
    """To the login page and back; an htmx request makes the whole browser go there."""
    if getattr(request, "htmx", False):
        here = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
        target = redirect_to_login(here)
        return HttpResponse(status=204, headers={"HX-Redirect": target["Location"]})
    return redirect_to_login(request.get_full_path())
