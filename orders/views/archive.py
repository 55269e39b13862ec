"""Bringing an order back from the archive."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from erp.models import User
from erp.web import get_or_404, go, perm_required
from orders import services
from orders.models import SalesOrder


@require_POST
@perm_required("orders.view_salesorder")
def restore(request: HttpRequest, number: str) -> HttpResponse:
    """Bring an archived order back into the working lists."""
    user = cast(User, request.user)
    order = get_or_404(SalesOrder.objects.visible_to(user), number=number)
    services.restore(order, by=user)
    messages.success(request, _("%(number)s is back in the working lists.") % {"number": order.number})
    return go(request, order)
