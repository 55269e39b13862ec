"""Where carriers report: `POST /shipping/webhooks/<carrier code>/`, for some with an unguessable end."""

import logging

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from erp.errors import BusinessError
from shipping import webhooks
from shipping.carriers import adapter_of
from shipping.carriers.base import BadSignature
from shipping.models import Carrier

log = logging.getLogger(__name__)
LONGEST = 256 * 1024  # bytes; a whole trace of a long way has some fifty


@csrf_exempt
@require_POST
def carrier_webhook(request: HttpRequest, code: str, token: str = "") -> JsonResponse:
    """Take a report: 200 taken or known already, 401 not signed, 404 no such carrier or parcel, 422 cannot be read."""
    carrier = Carrier.objects.filter(code__iexact=code, is_active=True).first()
    if carrier is None:
        return JsonResponse({"error": "unknown_carrier"}, status=404)
    adapter = adapter_of(carrier)
    if int(request.headers.get("Content-Length") or 0) > LONGEST:
        return adapter.refused(413, {"error": "too_long"})
    try:
        event = webhooks.take(carrier, adapter.receive(carrier, request, token=token))
    except BadSignature:
        log.warning("webhook of %s refused: signature", carrier.code)
        return adapter.refused(401, {"error": "bad_signature"})
    except BusinessError as error:
        return adapter.refused(422, {"error": error.code, "message": error.message, "field": error.field})
    if event is None:
        return adapter.refused(404, {"error": "unknown_parcel"})
    return adapter.accepted(carrier, {"event": event.pk, "state": event.parcel.state})
