"""Order forms that are not sent yet: kept while somebody types, listed, continued, discarded."""

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp.drafts import LARGEST, DraftChanged, DraftGone, drop_draft, save_draft
from erp.errors import BusinessError
from erp.models import Draft, User
from erp.once import new_token
from erp.web import get_or_404, go, perm_required, render_page, require_perm
from orders.drafts import FORM, row_of, rows_of
from orders.forms import BLANK_LINES, Lines, OrderForm
from orders.models import SalesOrder
from orders.services.entry import MAX_LINES


def restored(draft: Draft, *, user: User, order: SalesOrder | None = None) -> tuple[OrderForm, Any]:
    """The form and its lines as they stood in the draft, unchecked: the person goes on typing."""
    head = {name: value for name, value in draft.payload.items() if name in OrderForm.base_fields}
    initial = {**head, "token": draft.key, "draft_version": draft.version}
    return OrderForm(user=user, order=order, initial=initial), lines_from(rows_of(draft.payload))


def lines_from(rows: list[dict[str, Any]]) -> Any:
    """The lines editor with these rows and a blank one."""
    lines = Lines(prefix="lines", initial=rows[:MAX_LINES])
    lines.extra = 1 if rows else BLANK_LINES
    return lines


def asked(request: HttpRequest, order: SalesOrder | None = None) -> Draft | None:
    """The person's draft that the address names (`?draft=key`), or None: it may have been sent meanwhile."""
    key = request.GET.get("draft", "")
    if not key:
        return None
    subject = order.number if order else ""
    found = Draft.objects.visible_to(request.user).filter(form=FORM, key=key, subject=subject).first()
    if found is None:
        messages.info(request, _("This draft is not there any more: it was sent or discarded."))
    return found


def drop(request: HttpRequest) -> None:
    """Forget the draft of the form that was just sent."""
    drop_draft(by=request.user, form=FORM, key=request.POST.get("token", ""))


def save_url(order: SalesOrder | None) -> str:
    """Where the form's script saves its draft."""
    query = f"?{urlencode({'order': order.number})}" if order else ""
    return reverse("orders:draft_save") + query


@require_GET
@perm_required("orders.view_salesorder")
def drafts(request: HttpRequest) -> HttpResponse:
    """All order forms that the person has begun and not sent."""
    rows = Draft.objects.visible_to(request.user).filter(form=FORM)
    return render_page(request, "orders/drafts.html", {"drafts": [row_of(draft) for draft in rows]})


@require_POST
@perm_required("orders.view_salesorder")
def save(request: HttpRequest) -> JsonResponse:
    """Keep what the form's script sends: `{"key", "version", "tab", "fields"}`; answers the new version.

    409 names a fresh key under which this window goes on; 410: the draft was sent or discarded elsewhere.
    """
    if len(request.body) > LARGEST:
        return JsonResponse({"error": _("This form is too large to be kept as a draft. Save the order.")}, status=413)
    subject = request.GET.get("order", "")
    require_perm(request.user, "orders.change_salesorder" if subject else "orders.add_salesorder")
    if subject:
        get_or_404(SalesOrder.objects.visible_to(request.user), number=subject)
    try:
        sent = json.loads(request.body)
        key, version, tab, fields = str(sent["key"]), int(sent["version"]), str(sent["tab"]), dict(sent["fields"])
    except (ValueError, TypeError, KeyError):
        return JsonResponse({"error": _("This is not a draft of this form.")}, status=400)
    try:
        draft = save_draft(
            by=request.user, form=FORM, key=key, version=version, tab=tab, fields=fields, subject=subject
        )
    except DraftChanged as refusal:
        return JsonResponse({"error": refusal.message, "key": new_token()}, status=409)
    except DraftGone as refusal:
        return JsonResponse({"error": refusal.message}, status=410)
    except BusinessError as refusal:
        return JsonResponse({"error": refusal.message}, status=400)
    return JsonResponse({"version": draft.version})


@require_POST
@perm_required("orders.view_salesorder")
def discard(request: HttpRequest) -> HttpResponse:
    """Throw a draft away; a second time does nothing."""
    if drop_draft(by=request.user, form=FORM, key=request.POST.get("token", "")):
        messages.success(request, _("Draft discarded."))
    return go(request, "orders:drafts" if request.POST.get("back") == "drafts" else "orders:list")
