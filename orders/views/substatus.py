"""Setting an order's sub-status from its page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from erp.errors import BusinessError
from erp.web import back_url, get_or_404, go, perm_required
from orders import services
from orders.models import SalesOrder, SubStatus


def chosen(value: str) -> SubStatus | None:
    """The sub-status that a form or the API names by its id; None for an empty text. Raises BusinessError."""
    if not value:
        return None
    found = SubStatus.objects.filter(pk=value).first() if value.isdigit() and len(value) < 19 else None
    if found is None:
        raise BusinessError(
            _("This sub-status was removed."), hint=_("Choose another one."), field="sub_status", code="gone"
        )
    return found


@require_POST
@perm_required("orders.view_salesorder")
def set_one(request: HttpRequest, number: str) -> HttpResponse:
    """Give the order the sub-status named in `sub_status`; empty takes it away."""
    order = get_or_404(SalesOrder.objects.visible_to(request.user), number=number)
    sub_status = chosen(request.POST.get("sub_status", ""))
    services.set_sub_status(order, sub_status, by=request.user, note=request.POST.get("note", "")[:2000])
    if sub_status:
        words = {"number": order.number, "status": sub_status.label}
        messages.success(request, _("%(number)s: now “%(status)s”.") % words)
    else:
        messages.success(request, _("%(number)s has no sub-status now.") % {"number": order.number})
    return go(request, back_url(request, order.get_absolute_url()))
