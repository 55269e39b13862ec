"""Saving and managing the views of a list. A list names itself in LISTS; its page includes `ui.views`."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from erp import saved_views
from erp.models import SavedView, User
from erp.web.access import get_or_404, require_perm, staff_required
from erp.web.pages import back_url, go


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list whose views can be saved: its address and the right to see it."""

    path: str
    permission: str


LISTS = {"orders": ListPage("/orders/", "orders.view_salesorder")}


def _list(request: HttpRequest, key: str) -> ListPage:
    if key not in LISTS:
        raise Http404(_("Nothing was found at this address."))
    require_perm(request.user, LISTS[key].permission)
    return LISTS[key]


def view_url(view: SavedView) -> str:
    """The list as the view shows it; whoever gets this address sees the same rows, even without the view."""
    return f"{LISTS[view.list_key].path}?v={view.pk}{'&' if view.query else ''}{view.query}"


def _codes(text: str) -> list[str]:
    return [code for code in text.split(",") if code][:60]


@require_POST
@staff_required
def save(request: HttpRequest, key: str) -> HttpResponse:
    """Keep what the list shows as a new view, and open it."""
    _list(request, key)
    view = saved_views.save_view(
        key,
        by=cast(User, request.user),
        name=request.POST.get("name", ""),
        query=request.POST.get("query", ""),
        columns=_codes(request.POST.get("columns", "")),
        density=request.POST.get("density", ""),
        shared="shared" in request.POST,
    )
    messages.success(request, _("View “%(view)s” saved.") % {"view": view})
    return go(request, view_url(view))


@require_POST
@staff_required
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Overwrite, rename, share, delete a view, or say for whom the list opens with it: the field `act` names it."""
    user = cast(User, request.user)
    view = get_or_404(SavedView.objects.visible_to(user).select_related("owner").exclude(name=""), pk=pk)
    page, act = _list(request, view.list_key), request.POST.get("act", "")
    if act not in ACTS:
        raise Http404(_("Nothing was found at this address."))
    if act == "delete":
        saved_views.delete_view(view, by=user)
        messages.success(request, _("View “%(view)s” deleted.") % {"view": view})
        return go(request, f"{page.path}?v=0")
    perform = ACTS[act]
    assert perform is not None  # only “delete” has none
    messages.success(request, perform(request, view, user))
    here = back_url(request, view_url(view))
    return go(request, view_url(view) if act == "overwrite" else f"{urlsplit(here).path}?{urlsplit(here).query}")


def _overwrite(request: HttpRequest, view: SavedView, user: User) -> str:
    columns = _codes(request.POST.get("columns", ""))
    saved_views.overwrite_view(
        view, by=user, query=request.POST.get("query", ""), columns=columns, density=request.POST.get("density", "")
    )
    return _("View “%(view)s” saved.") % {"view": view}


def _rename(request: HttpRequest, view: SavedView, user: User) -> str:
    saved_views.rename_view(view, request.POST.get("name", ""), by=user)
    return _("The view is called “%(view)s” now.") % {"view": view}


def _share(request: HttpRequest, view: SavedView, user: User) -> str:
    saved_views.share_view(view, True, by=user)
    return _("Everybody sees “%(view)s” now.") % {"view": view}


def _keep_private(request: HttpRequest, view: SavedView, user: User) -> str:
    saved_views.share_view(view, False, by=user)
    return _("Only %(owner)s sees “%(view)s” now.") % {"view": view, "owner": view.owner}


def _first(request: HttpRequest, view: SavedView, user: User) -> str:
    saved_views.open_first(view, by=user)
    return _("The list opens with “%(view)s” for you now.") % {"view": view}


def _not_first(request: HttpRequest, view: SavedView, user: User) -> str:
    saved_views.open_first(view, by=user, yes=False)
    return _("The list does not open with “%(view)s” any more.") % {"view": view}


def _roles(request: HttpRequest, view: SavedView, user: User) -> str:
    roles = list(Group.objects.filter(name__in=request.POST.getlist("roles")))
    saved_views.open_first_for_roles(view, roles, by=user)
    return _("Saved for whom the list opens with “%(view)s”.") % {"view": view}


ACTS = {
    "overwrite": _overwrite,
    "rename": _rename,
    "share": _share,
    "unshare": _keep_private,
    "first": _first,
    "not_first": _not_first,
    "roles": _roles,
    "delete": None,
}


@require_POST
@staff_required
def layout(request: HttpRequest, key: str) -> HttpResponse:
    """Choose columns and density. In a named view they go into the address, until they are saved in it; outside they
    are remembered at once.
    """
    page = _list(request, key)
    columns = [] if request.POST.get("act") == "usual" else _codes(",".join(request.POST.getlist("columns")))
    density = request.POST.get("density", "")
    here = urlsplit(back_url(request, page.path))
    if here.path != page.path:
        here = urlsplit(page.path)
    opened = saved_views.views_of(key, cast(User, request.user)).get(saved_views.parameter(here.query, "v"))
    query = saved_views.without(here.query, "cols", "density", "cursor", "_v")
    if opened is None:
        saved_views.save_layout(key, by=cast(User, request.user), columns=columns, density=density)
        return go(request, f"{page.path}?{query or 'v=0'}")
    shown = "&".join(filter(None, [query, f"cols={','.join(columns)}", f"density={density}" if density else ""]))
    return go(request, f"{page.path}?{shown}")
