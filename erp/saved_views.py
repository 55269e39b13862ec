"""Saving, sharing and choosing views of a list; every list of the system may use them under a key of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.models import SavedView, User, ViewDefault

SHARE = "erp.share_savedview"
MOST_VIEWS = 50  # of one person on one list
# What of an address says which view is open, which page of it, or what the browser shows; never what the list is.
PASSING = ("v", "cursor", "_v", "cols", "density")


def tidy_query(text: str) -> str:
    """The part of an address that makes the list what it is: without blanks and passing things, in a fixed order."""
    asked = QueryDict(text.lstrip("?")[:4000])
    kept = QueryDict(mutable=True)
    for name in sorted(asked):
        if name not in PASSING and (values := [value for value in asked.getlist(name) if value]):
            kept.setlist(name, values)
    return kept.urlencode()


def without(text: str, *names: str) -> str:
    """A query string without some of its parameters."""
    asked = QueryDict(text.lstrip("?")[:4000], mutable=True)
    for name in names:
        asked.pop(name, None)
    return asked.urlencode()


def parameter(text: str, name: str) -> str | None:
    """One parameter of a query string."""
    return QueryDict(text.lstrip("?")[:4000]).get(name)


@dataclass(frozen=True, slots=True)
class Views:
    """The views of a list as one person finds them. `layout` is how they like the list outside any named view."""

    named: list[SavedView]
    layout: SavedView | None

    def get(self, pk: str | None) -> SavedView | None:
        """The view that the address names, if the person may see it."""
        return next((view for view in self.named if str(view.pk) == pk), None)

    @property
    def first(self) -> SavedView | None:
        """The view that opens by itself: one's own choice, or else the role's."""
        mine = (view for view in self.named if view.is_mine_first)  # type: ignore[attr-defined]
        roles = (view for view in self.named if view.is_roles_first)  # type: ignore[attr-defined]
        return next(mine, None) or next(roles, None)


def views_of(key: str, user: User) -> Views:
    """Everything about a list's views that its page shows. One query."""
    found = list(SavedView.objects.for_list(key, user))
    layout = next((view for view in found if not view.name and view.owner_id == user.pk), None)
    return Views(named=[view for view in found if view.name], layout=layout)


def may_manage(view: SavedView, user: User) -> bool:
    """Whether a person may rename, overwrite or delete a view: their own, and with the right every shared one."""
    return view.owner_id == user.pk or (view.shared and user.has_perm(SHARE))


def _need_managing(view: SavedView, by: User) -> None:
    if not may_manage(view, by):
        raise NotPermitted(
            _("“%(view)s” belongs to %(owner)s.") % {"view": view, "owner": view.owner},
            hint=_("Save it as a view of your own under another name."),
        )


def _need_sharing(by: User) -> None:
    if not by.has_perm(SHARE):
        raise NotPermitted(
            _("You do not have the right to share views."), hint=_("Ask an administrator for the role that does this.")
        )


def _name(key: str, name: str, *, owner: User, but: int | None = None) -> str:
    """A name that is free among the owner's views. Raises BusinessError at `name`."""
    name = " ".join(name.split())
    if not name:
        raise BusinessError(_("Please give the view a name."), field="name")
    if len(name) > 60:
        raise BusinessError(_("The name is too long: at most %(most)s characters.") % {"most": 60}, field="name")
    if SavedView.objects.filter(owner=owner, list_key=key, name__iexact=name).exclude(pk=but or 0).exists():
        raise BusinessError(
            _("There is a view “%(name)s” already.") % {"name": name},
            hint=_("Choose another name, or open that view and save the changes in it."),
            field="name",
        )
    return name


@transaction.atomic
def save_view(
    key: str,
    *,
    by: User,
    name: str,
    query: str = "",
    columns: Sequence[str] = (),
    density: str = "",
    shared: bool = False,
) -> SavedView:
    """Keep a list under a name. Raises BusinessError for a bad name, NotPermitted for sharing without the right."""
    if shared:
        _need_sharing(by)
    User.objects.select_for_update().get(pk=by.pk)  # the same form sent twice at once
    name = _name(key, name, owner=by)
    if SavedView.objects.filter(owner=by, list_key=key).count() >= MOST_VIEWS:
        raise BusinessError(
            _("You have %(most)s views of this list already.") % {"most": MOST_VIEWS}, hint=_("Delete one first.")
        )
    fields = _content(query, columns, density)
    return SavedView.objects.create(owner=by, list_key=key, name=name, shared=shared, **fields)


def _content(query: str, columns: Sequence[str], density: str) -> dict[str, Any]:
    return {
        "query": tidy_query(query)[:2000],
        "columns": list(columns),
        "density": density if density in SavedView.Density.values else "",
        "changed_at": timezone.now(),
    }


@transaction.atomic
def overwrite_view(view: SavedView, *, by: User, query: str, columns: Sequence[str], density: str = "") -> None:
    """Let a view keep what the list shows now."""
    _need_managing(view, by)
    fields = _content(query, columns, density)
    for name, value in fields.items():
        setattr(view, name, value)
    view.save(update_fields=list(fields))


@transaction.atomic
def rename_view(view: SavedView, name: str, *, by: User) -> None:
    """Give a view another name."""
    _need_managing(view, by)
    view.name = _name(view.list_key, name, owner=view.owner, but=view.pk)
    view.save(update_fields=["name"])


@transaction.atomic
def share_view(view: SavedView, shared: bool, *, by: User) -> None:
    """Show a view to everybody, or take it back: who opened the list with it opens it without then."""
    _need_sharing(by)
    _need_managing(view, by)
    view.shared = shared
    view.save(update_fields=["shared"])
    if not shared:
        view.defaults.exclude(user=view.owner).delete()


@transaction.atomic
def delete_view(view: SavedView, *, by: User) -> None:
    """Forget a view, and that anybody's list opened with it."""
    _need_managing(view, by)
    view.delete()


@transaction.atomic
def open_first(view: SavedView, *, by: User, yes: bool = True) -> None:
    """Open the list with this view from now on, for this person; or not any more."""
    mine = ViewDefault.objects.filter(list_key=view.list_key, user=by)
    if yes:
        ViewDefault.objects.update_or_create(list_key=view.list_key, user=by, defaults={"view": view})
    else:
        mine.filter(view=view).delete()


@transaction.atomic
def open_first_for_roles(view: SavedView, roles: Sequence[Group], *, by: User) -> None:
    """Let the list open with this shared view for everybody of these roles, and of no others."""
    _need_sharing(by)
    if roles and not view.shared:
        raise BusinessError(_("Only a shared view can be the default of a role."), hint=_("Share it first."))
    view.defaults.filter(role__isnull=False).exclude(role__in=roles).delete()
    for role in roles:
        ViewDefault.objects.update_or_create(list_key=view.list_key, role=role, defaults={"view": view})


@transaction.atomic
def save_layout(key: str, *, by: User, columns: Sequence[str], density: str = "") -> None:
    """Remember how a person likes the list outside any named view."""
    User.objects.select_for_update().get(pk=by.pk)
    SavedView.objects.update_or_create(owner=by, list_key=key, name="", defaults=_content("", columns, density))
