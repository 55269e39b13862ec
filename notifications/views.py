"""The bell in every page's head, the list behind it, and the choice of what to hear."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from erp.models import User
from erp.web import get_or_404, go, keyset_page, live_token, render_page, staff_required, unchanged
from erp.web.pages import is_partial
from notifications import selectors, services
from notifications.models import Notice
from notifications.texts import BELL, EVENTS, MAIL, Words, words

PAGE = 30


def _described(notices: list[Notice]) -> list[tuple[Notice, Words]]:
    return [(notice, words(notice.event, notice.values)) for notice in notices]


@require_safe
@never_cache
@staff_required
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with its badge and the newest notices; 204 while nothing is new (one query)."""
    user: User = request.user  # type: ignore[assignment]
    unread = selectors.unread_count(user)
    newest = selectors.latest(user)
    token = live_token(unread, newest[0].pk if newest else 0)
    if same := unchanged(request, token):
        return same
    context = {"unread": unread, "cap": selectors.UNREAD_CAP, "notices": _described(newest), "token": token}
    return render_page(request, "notifications/bell.html", context)


@require_safe
@staff_required
def notice_list(request: HttpRequest) -> HttpResponse:
    """Everything a person was told, newest first; `?unread=1` shows what is new."""
    user: User = request.user  # type: ignore[assignment]
    rows = Notice.objects.visible_to(user)
    only_unread = request.GET.get("unread") == "1"
    if only_unread:
        rows = rows.unread()
    page = keyset_page(rows, "-id", request.GET.get("cursor"), PAGE)
    context = {
        "page": page,
        "notices": _described(page.items),
        "only_unread": only_unread,
        "unread": selectors.unread_count(user),
        "cap": selectors.UNREAD_CAP,
    }
    block = "rows" if request.GET.get("cursor") else "list"
    return render_page(request, "notifications/list.html", context, block=block)


@require_safe
@staff_required
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to what a notice is about; it counts as read from then on."""
    notice = get_or_404(Notice.objects.visible_to(request.user), pk=pk)  # type: ignore[arg-type]
    services.mark_read(request.user, [notice.pk])  # type: ignore[arg-type]
    return HttpResponseRedirect(notice.url)


@require_POST
@staff_required
def read_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notice read."""
    notice = get_or_404(Notice.objects.visible_to(request.user), pk=pk)  # type: ignore[arg-type]
    services.mark_read(request.user, [notice.pk])  # type: ignore[arg-type]
    if is_partial(request):
        notice.refresh_from_db()
        return render_page(request, "notifications/list.html", {"notices": _described([notice])}, block="items")
    return go(request, "notifications:list")


@require_POST
@staff_required
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything read."""
    services.mark_all_read(request.user)  # type: ignore[arg-type]
    return go(request, "notifications:list")


@staff_required
def settings(request: HttpRequest) -> HttpResponse:
    """Choose which news come by bell and which by mail."""
    user: User = request.user  # type: ignore[assignment]
    groups = selectors.wishes(user)
    if request.method == "POST":
        shown = {wish.key for _name, wishes in groups for wish in wishes}
        chosen = {channel: set(request.POST.getlist(channel)) & set(EVENTS) for channel in (BELL, MAIL)}
        services.save_wishes(user, {(key, channel): key in chosen[channel] for key in shown for channel in chosen})
        messages.success(request, _("Your choice is saved. It holds from now on."))
        return go(request, "notifications:settings")
    return render_page(request, "notifications/settings.html", {"groups": groups})
