"""The phone's screen between the shelves, and the commands it sends."""

import json
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp.errors import BusinessError, NotPermitted
from erp.web import get_or_404, go, may, perm_required, render_page
from shipping import services
from shipping.models import PickLine, PickList, ScanCommand, Wave
from shipping.scanstate import scan_state
from shipping.services.scanning import REASONS
from shipping.views.waves import wave_or_404
from shipping.words import scan_words

LONGEST = 100_000  # characters of one delivery
BIGGEST = Decimal(10) ** 9


def _target(request: HttpRequest, number: str) -> Wave | PickList:
    if number.startswith("WV-"):
        return wave_or_404(request, number)
    lists = PickList.objects.visible_to(request.user)
    return get_or_404(lists.select_related("order__customer", "picker", "wave"), number=number)


@require_GET
@perm_required("shipping.view_picklist", "shipping.pick_picklist")
def scan_page(request: HttpRequest, number: str) -> HttpResponse:
    """One stop after the other, in big letters."""
    target = _target(request, number)
    if isinstance(target, PickList) and target.wave is not None and target.status == PickList.Status.OPEN:
        return go(request, "shipping:scan", target.wave.number)
    holder = target.assignee if isinstance(target, Wave) else target.picker
    open_states = (Wave.Status.OPEN, Wave.Status.PICKING) if isinstance(target, Wave) else (PickList.Status.OPEN,)
    running = target.status in open_states
    begun = target.status == Wave.Status.PICKING if isinstance(target, Wave) else holder is not None
    context: dict[str, Any] = {
        "target": target,
        "is_wave": isinstance(target, Wave),
        "holder": holder,
        "running": running,
        "mine": running and begun and holder == request.user,
        "other": running and holder is not None and holder != request.user,
        "state": scan_state(target),
        "words": scan_words(),
        "reasons": {key: str(label) for key, label in REASONS.items()},
        "can_pack": may(request.user, "shipping.pack_shipment"),
    }
    response = render_page(request, "shipping/scan.html", context)
    # The reader of the camera's pictures is a WebAssembly program of ours.
    response.csp = {"script-src": ["'self'", "'wasm-unsafe-eval'"]}  # type: ignore[attr-defined]
    return response


@require_POST
@perm_required("shipping.view_picklist", "shipping.pick_picklist")
def scan_claim(request: HttpRequest, number: str) -> HttpResponse:
    """Begin, or take over on purpose."""
    target, take_over = _target(request, number), bool(request.POST.get("take_over"))
    if isinstance(target, Wave):
        services.claim_wave(target, by=request.user, take_over=take_over)
    else:
        services.claim_list(target, by=request.user, take_over=take_over)
    return go(request, "shipping:scan", target.number)


@require_POST
@perm_required("shipping.view_picklist", "shipping.pick_picklist")
def scan_commands(request: HttpRequest, number: str) -> HttpResponse:
    """Apply a phone's numbered commands; answers each, with the state as it is now (JSON both ways)."""
    target = _target(request, number)
    try:
        client, scans = _read(request)
        answers, expected = services.apply_scans(target, client=client, scans=scans, by=request.user)
    except BusinessError as refusal:
        status = 403 if isinstance(refusal, NotPermitted) else 422
        return JsonResponse({"error": refusal.message, "code": refusal.code}, status=status)
    return JsonResponse(
        {
            "answers": [{"number": one.number, "refusal": services.refusal_words(one)} for one in answers],
            "expected": expected,
            "state": scan_state(_target(request, number)),
        }
    )


def _read(request: HttpRequest) -> tuple[uuid.UUID, list[services.Scan]]:
    wrong = BusinessError(_("The scans cannot be read."), code="unreadable")
    if len(request.body) > LONGEST:
        raise wrong
    try:
        data = json.loads(request.body)
        return uuid.UUID(str(data["client"])), [_scan(one) for one in data["commands"]]
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise wrong from error


def _scan(one: dict[str, Any]) -> services.Scan:
    number, item, quantity = int(one["number"]), int(one["item"]), Decimal(str(one.get("quantity") or 0))
    if not 0 < number < 2**31 or not 0 < item < 2**63 or not quantity.is_finite() or abs(quantity) > BIGGEST:
        raise ValueError
    return services.Scan(
        number=number,
        kind=ScanCommand.Kind(one["kind"]).value,
        item=item,
        quantity=quantity,
        **{name: str(one.get(name) or "").strip()[:60] for name in ("place", "code", "lot")},
        reason=str(one.get("reason") or "")[:20],
    )


@require_POST
@perm_required("shipping.view_picklist", "shipping.pick_picklist")
def scan_finish(request: HttpRequest, number: str) -> HttpResponse:
    """Confirm every list as it was scanned."""
    target = _target(request, number)
    lists = services.finish_scanning(target, by=request.user)
    short = PickLine.objects.filter(pick_list__in=lists).exclude(short_reason="").exists()
    if short:
        messages.warning(
            request, _("%(number)s is picked in part; the order waits for what was missing.") % {"number": target}
        )
    else:
        messages.success(request, _("%(number)s is picked.") % {"number": target})
    if (
        isinstance(target, PickList)
        and target.status == PickList.Status.PICKED
        and may(request.user, "shipping.pack_shipment")
    ):
        return go(request, "shipping:pack", target.number)
    return go(request, target) if isinstance(target, Wave) else go(request, "shipping:list")
