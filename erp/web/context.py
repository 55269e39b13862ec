"""What every page knows: the menu, the person's display preferences, the company."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from erp.models import Company
from erp.navigation import NavItem, bottom_items, current_path, visible_items
from erp.web.access import is_staff_person
from erp.web.preferences import Preferences


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor of our Jinja pages; costs no query until a template uses a value that needs one."""

    def menu() -> list[NavItem]:
        user = getattr(request, "user", None)
        return visible_items(user) if user is not None and is_staff_person(user) else []

    nav = SimpleLazyObject(menu)
    company = SimpleLazyObject(Company.current)
    return {
        "company": company,
        "company_name": SimpleLazyObject(lambda: str(company)),
        "user": getattr(request, "user", None) or AnonymousUser(),
        "get_messages": lambda: messages.get_messages(request) if hasattr(request, "_messages") else (),
        "nav": nav,
        "nav_bottom": SimpleLazyObject(lambda: bottom_items(request.user, list(nav)) if nav else []),
        "nav_current": SimpleLazyObject(lambda: current_path(request.path, list(nav))),
        "prefs": Preferences.of(request),
        "LANGUAGE_CODE": translation.get_language() or settings.LANGUAGE_CODE,
        "LANGUAGES": settings.LANGUAGES,
        "DEBUG": settings.DEBUG,
        "partial": False,
    }
