"""What the pages of finance share."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.timeline import timeline
from erp.web import back_url, go
from erp.web.badges import tone


def timeline_rows(document: Any) -> list[dict[str, Any]]:
    """What happened to a document, the newest first, as the component draws it."""
    rows = [
        {"title": one.title, "at": one.at, "by": one.who or _("System"), "body": one.text, "tone": tone(one.status)}
        for one in timeline(document)
    ]
    return rows[::-1]


def refused(request: HttpRequest, error: BusinessError, to: Any) -> HttpResponse:
    """Back to a page whose buttons were refused: the reason and the way out as a message."""
    messages.error(request, f"{error.message} {error.hint}".strip())
    return go(request, to) if to else go(request, back_url(request))
