"""Who else is editing an order: the form says every few seconds that it is open, and hears who has it open too."""

import re

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from erp.presence import gone, here
from erp.web import get_or_404, perm_required, render_page
from orders.models import SalesOrder

WINDOW = re.compile(r"[a-z0-9]{1,40}")


@require_POST
@never_cache
@perm_required("orders.change_salesorder")
def editing(request: HttpRequest, number: str) -> HttpResponse:
    """Note the window (`window`), or with `leave` forget it; answers with the others in words, or nothing."""
    order = get_or_404(SalesOrder.objects.visible_to(request.user).only("pk", "number"), number=number)
    window, subject = request.POST.get("window", ""), f"order:{order.pk}"
    if not WINDOW.fullmatch(window):
        return HttpResponse(status=400)
    if request.POST.get("leave"):
        gone(subject, user=request.user, window=window)
        return HttpResponse(status=204)
    context = {"editors": here(subject, user=request.user, window=window)}
    return render_page(request, "orders/_editors.html", context)
