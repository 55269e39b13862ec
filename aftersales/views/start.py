"""The first page of after-sales: cases for those who may see them, else returns."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from aftersales.views import cases, returns
from erp.web import may, staff_required


@require_GET
@staff_required
def start(request: HttpRequest) -> HttpResponse:
    """Returns when asked for or when nothing else may be seen, else cases."""
    wants_returns = request.GET.get("tab") == "returns"
    if wants_returns or not may(request.user, "aftersales.view_servicecase"):
        return returns.return_list(request)
    return cases.case_list(request)
