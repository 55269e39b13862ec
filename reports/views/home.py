"""The home page: what waits for this person, from every part of the company."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from erp.roles import ROLES
from erp.web import capped_counts, go, live_token, may, render_page, unchanged
from erp.web.access import is_staff_person, login_redirect
from erp.workbench import WorkGroup, work_for
from orders.models import SalesOrder

REFRESH_SECONDS = 15


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """My work (待办) for staff; customers go to their own pages, visitors to the login."""
    if not request.user.is_authenticated:
        return login_redirect(request)
    if not is_staff_person(request.user):
        return go(request, "portal:home")
    groups = work_for(request.user)
    pipeline = _pipeline(request.user)
    token = live_token(*[(one.key, one.count, one.items) for one in groups], *[step["count"] for step in pipeline])
    if same := unchanged(request, token):
        return same
    context = {
        "groups": groups,
        "pipeline": pipeline,
        "token": token,
        "seconds": REFRESH_SECONDS,
        "greeting": _greeting(),
        "roles": [str(ROLES[name]["label"]) for name in ROLES if name in request.user.role_names],
        "urgent": _total([one for one in groups if one.tone == "red"]),
        "today": timezone.localdate(),
    }
    return render_page(request, "home.html", context, block="work")


def _pipeline(user: Any) -> list[dict[str, Any]]:
    """The person's orders by status, each a link to the list. One query."""
    if not may(user, "orders.view_salesorder"):
        return []
    rows = SalesOrder.objects.visible_to(user)
    counts = capped_counts({status: rows.filter(status=status) for status in SalesOrder.OPEN})
    return [
        {"status": str(status), "label": str(SalesOrder.Status(status).label), "count": counts[status]}
        for status in SalesOrder.OPEN
    ]


def _total(groups: list[WorkGroup]) -> str:
    numbers = [one.count for one in groups]
    total = sum(int(number.rstrip("+")) for number in numbers)
    return f"{total}+" if any(number.endswith("+") for number in numbers) else str(total)


def _greeting() -> str:
    hour = timezone.localtime().hour
    if hour < 11:
        return _("Good morning")
    return _("Good afternoon") if hour < 18 else _("Good evening")
