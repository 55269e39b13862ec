"""Where carriers report: `POST /shipping/webhooks/<carrier code>/`."""

import logging

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from erp.errors import BusinessError
from shipping import webhooks
from shipping.models import Carrier

log = logging.getLogger(__name__)
LONGEST = 64 * 1024  # bytes


@csrf_exempt
@require_POST
def carrier_webhook(request: HttpRequest, code: str) -> JsonResponse:
    """Take one scan: 200 taken or known already, 401 not signed, 404 no such carrier or parcel, 422 cannot be read."""
    carrier = Carrier.objects.filter(code__iexact=code, is_active=True).first()
    if carrier is None:
        return _refuse(404, "unknown_carrier")
    if int(request.headers.get("Content-Length") or 0) > LONGEST:
        return _refuse(413, "too_long")
    try:
        webhooks.check_signature(
            carrier,
            request.body,
            signature=request.headers.get("X-Signature", ""),
            timestamp=request.headers.get("X-Timestamp", ""),
        )
    except webhooks.BadSignature:
        log.warning("webhook of %s refused: signature", carrier.code)
        return _refuse(401, "bad_signature")
    try:
        event = webhooks.take(carrier, webhooks.parse(request.body))
    except BusinessError as error:
        return _refuse(422, error.code, message=error.message, field=error.field)
    if event is None:
        return _refuse(404, "unknown_parcel")
    return JsonResponse({"event": event.pk, "state": event.parcel.state})


def _refuse(status: int, code: str, **more: str) -> JsonResponse:
    return JsonResponse({"error": code, **more}, status=status)
