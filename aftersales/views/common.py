"""What the pages of after-sales share."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from erp.timeline import timeline
from erp.web import get_or_404
from erp.web.badges import tone
from orders.models import SalesOrder


def timeline_rows(document: Any) -> list[dict[str, Any]]:
    """What happened to a document, oldest first, as the component draws it."""
    return [
        {"title": one.title, "at": one.at, "by": one.who or _("System"), "body": one.text, "tone": tone(one.status)}
        for one in timeline(document)
    ]


def order_or_404(request: HttpRequest) -> SalesOrder:
    """The order that `?order=` (or the form's field) names, if the person may see it."""
    number = request.POST.get("order") or request.GET.get("order") or ""
    rows = SalesOrder.objects.visible_to(request.user).select_related("customer")  # type: ignore[arg-type]
    return get_or_404(rows, number=number)
