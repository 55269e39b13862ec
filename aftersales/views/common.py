"""What the pages of after-sales share."""

from django.http import HttpRequest

from erp.web import get_or_404
from orders.models import SalesOrder


def order_or_404(request: HttpRequest) -> SalesOrder:
    """The order that `?order=` (or the form's field) names, if the person may see it."""
    number = request.POST.get("order") or request.GET.get("order") or ""
    rows = SalesOrder.objects.visible_to(request.user).select_related("customer")  # type: ignore[arg-type]
    return get_or_404(rows, number=number)
