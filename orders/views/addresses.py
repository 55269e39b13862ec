"""Pasted addresses taken apart, for the forms that have an address."""

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from erp.web import perm_required
from orders.addresses import LONGEST, parse_address


@require_POST
@perm_required("orders.view_customer")
def parse(request: HttpRequest) -> JsonResponse:
    """The parts of `text` as JSON; what it does not say is empty. Posted, so that addresses stay out of the logs."""
    text = request.POST.get("text", "").strip()
    if not text:
        return JsonResponse({"error": _("Paste an address first.")}, status=400)
    if len(text) > LONGEST:
        return JsonResponse(
            {"error": _("That is longer than an address. Paste at most %(most)s characters.") % {"most": LONGEST}},
            status=400,
        )
    return JsonResponse(parse_address(text).as_dict())
