"""The page that compares ledgers and balances."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from erp.web import go, perm_required, render_page
from inventory import comparison


@require_http_methods(["GET", "POST"])
@perm_required("inventory.view_stockitem", "inventory.adjust_stock")
def compare(request: HttpRequest) -> HttpResponse:
    """The last comparison of ledgers and balances; POST compares now, in the background where it is much."""
    if request.method == "POST":
        if comparison.is_large():
            comparison.ask_worker(by=str(request.user))
            messages.success(request, _("The comparison runs in the background. Load the page again in a few minutes."))
        else:
            comparison.compare(by=str(request.user))
        return go(request, "inventory:comparison")
    context = {"last": comparison.last_result(), "running": comparison.is_running()}
    return render_page(request, "inventory/comparison.html", context)
