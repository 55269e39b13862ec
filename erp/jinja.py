"""The Jinja environment of our own pages (`TEMPLATES[...]["OPTIONS"]["environment"]`)."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from jinja2 import Environment, Undefined
from jinja2.ext import Extension

from erp.web import badges, formats, html, icons, query
from erp.web.components import Components

INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


def safe_static(path: str) -> str:
    """Address of a static file; falls back to the plain path when the manifest does not list it."""
    try:
        return static(path)
    except ValueError:
        return f"{settings.STATIC_URL}{path}"


def url_or_none(name: str, *args: Any, **kwargs: Any) -> str | None:
    """Like `url`, but None when the address does not exist (an app that is not there yet)."""
    try:
        return reverse(name, args=args or None, kwargs=kwargs or None)
    except NoReverseMatch:
        return None


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """Reverse of a URL name; a path that starts with "/" is returned as it is."""
    return name if name.startswith("/") else reverse(name, args=args or None, kwargs=kwargs or None)


class Unindent(Extension):
    """Leaves the indentation of templates out of the pages: a list of 40 rows is a fifth lighter."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        if not name or not name.endswith(".html") or "<pre" in source:
            return source
        return INDENTATION.sub("", source)


def environment(**options: Any) -> Environment:
    """Build the environment: autoescape, gettext, our filters, and `ui.*` components."""
    # The same in development and production: a page that works in one works in the other.
    options["undefined"] = Undefined
    options.setdefault("trim_blocks", True)
    options.setdefault("lstrip_blocks", True)
    options["extensions"] = ["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols", Unindent]
    env = Environment(**options)  # noqa: S701 -- the backend passes autoescape=True
    env.policies["ext.i18n.trimmed"] = True
    env.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "default": str}
    env.install_gettext_callables(  # type: ignore[attr-defined]
        translation.gettext,
        translation.ngettext,
        newstyle=True,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
    )
    env.globals.update(
        static=safe_static,
        url=url,
        url_or_none=url_or_none,
        icon=icons.icon,
        qs=query.qs,
        changed_query=query.changed_query,
        get_language=translation.get_language,
        status_tone=badges.tone,
        attrs=html.attrs,
        bound_input=html.bound_input,
        kind_of=html.kind_of,
        field_error_summary=html.field_error_summary,
        ui=Components(env),
    )
    env.filters.update(
        money=formats.money,
        price=formats.price,
        qty=formats.qty,
        dt=formats.dt,
        date=formats.date,
        time=formats.time_of_day,
        percent=formats.percent,
        number=formats.number,
        filesize=formats.filesize,
        tone=badges.tone,
        avatar_tone=html.avatar_tone,
        initials=html.initials,
        sub_line=html.sub_line,
    )
    return env
