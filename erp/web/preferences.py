"""How a person likes the pages: theme, density, sidebar. Kept in cookies so that the server draws it right at once."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from erp.web.pages import back_url, go

CHOICES = {
    "theme": ("auto", "light", "dark"),
    "density": ("comfortable", "dense"),
    "sidebar": ("open", "folded"),
}
ONE_YEAR = 60 * 60 * 24 * 365


@dataclass(frozen=True)
class Preferences:
    """The choices in force for this request."""

    theme: str = "auto"
    density: str = "comfortable"
    sidebar: str = "open"

    @classmethod
    def of(cls, request: HttpRequest) -> Preferences:
        """Read from the cookies; anything unknown is the default."""
        wishes = {name: request.COOKIES.get(f"ui_{name}", "") for name in CHOICES}
        return cls(**{name: wish for name, wish in wishes.items() if wish in CHOICES[name]})


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Remember the posted choices (works without JavaScript; scripts post in the background)."""
    quiet = request.headers.get("X-Requested-With") == "fetch"
    response = HttpResponse(status=204) if quiet else go(request, back_url(request))
    for name, allowed in CHOICES.items():
        if (value := request.POST.get(name)) in allowed:
            response.set_cookie(f"ui_{name}", value, max_age=ONE_YEAR, samesite="Lax", secure=request.is_secure())
    return response
