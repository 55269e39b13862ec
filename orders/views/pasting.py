"""What a block that was pasted into the lines editor means."""

import json

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from erp.web import perm_required
from inventory.units import unit_names
from orders.pasting import rows_of
from orders.services.entry import MAX_LINES

LARGEST = 500_000  # bytes


@require_POST
@perm_required("orders.view_salesorder")
def pasted(request: HttpRequest) -> JsonResponse:
    """`{"table": [["SKU", "2", "箱"], …]}` as `{"rows": […]}`: values for the row's fields, `units`, and `errors` by column."""
    try:
        sent = json.loads(request.body) if len(request.body) <= LARGEST else None
        table = [[str(cell) for cell in row] for row in sent["table"]]
    except (ValueError, TypeError, KeyError):
        return JsonResponse({"error": _("This is not a table.")}, status=400)
    if len(table) > MAX_LINES:
        return JsonResponse({"error": _("An order has at most %(most)s lines.") % {"most": MAX_LINES}}, status=400)
    rows = rows_of(table)
    names = unit_names({row["product"] for row in rows if row.get("product")})
    for row in rows:
        row["units"] = names.get(row.get("product", 0), [])
    return JsonResponse({"rows": rows})
