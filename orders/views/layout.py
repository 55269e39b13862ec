"""How the order list is shown to somebody: the saved view that is open, its columns and density."""

from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest

from erp.models import SavedView, User
from erp.saved_views import Views, tidy_query, views_of
from orders.columns import Column, chosen

LIST = "orders"  # the key of its saved views


@dataclass(frozen=True, slots=True)
class Layout:
    """How the list is shown: the named view that is open, the columns, the density, and whether it differs from the view."""

    views: Views
    opened: SavedView | None
    columns: list[Column]
    density: str
    changed: bool

    @property
    def codes(self) -> str:
        """The columns as an address names them."""
        return ",".join(column.code for column in self.columns)


def person(request: HttpRequest) -> User:
    """Who asks: always a member of staff here."""
    return cast(User, request.user)


def layout_of(request: HttpRequest) -> Layout:
    """The address says how; what it leaves open the named view says, or else what the person chose before."""
    user = person(request)
    views = views_of(LIST, user)
    opened = views.get(request.GET.get("v"))
    base = opened or views.layout
    codes = request.GET.get("cols", "").split(",") if request.GET.get("cols") else (base.columns if base else [])
    density = request.GET.get("density") or (base.density if base else "")
    columns = chosen(codes, user)
    changed = opened is not None and (
        tidy_query(request.GET.urlencode()) != opened.query
        or [column.code for column in columns] != [column.code for column in chosen(opened.columns, user)]
        or density != opened.density
    )
    known = density if density in SavedView.Density.values else ""
    return Layout(views=views, opened=opened, columns=columns, density=known, changed=changed)
