"""What the pages of finance share."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from erp.errors import BusinessError
from erp.web import back_url, go


def refused(request: HttpRequest, error: BusinessError, to: Any) -> HttpResponse:
    """Back to a page whose buttons were refused: the reason and the way out as a message."""
    messages.error(request, f"{error.message} {error.hint}".strip())
    return go(request, to) if to else go(request, back_url(request))
