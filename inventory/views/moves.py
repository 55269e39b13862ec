"""The stock ledger."""

from django.http import HttpRequest, HttpResponse

from erp.web import keyset_page, may, perm_required, render_page
from inventory.card import with_links
from inventory.filters import MoveFilter
from inventory.models import StockMove


@perm_required("inventory.view_stockitem")
def move_list(request: HttpRequest) -> HttpResponse:
    """Every movement, the newest first."""
    moves = StockMove.objects.visible_to(request.user).select_related("product__unit", "source", "target", "lot", "by")
    found = MoveFilter(request.GET, queryset=moves)
    page = keyset_page(found.qs, "-id", request.GET.get("cursor"))
    context = {
        "page": page,
        "rows": with_links(page.items, request.user),
        "filter": found,
        "with_cost": may(request.user, "inventory.view_purchaseorder"),
    }
    return render_page(request, "inventory/moves.html", context, block="rows" if "cursor" in request.GET else "list")
