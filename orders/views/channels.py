"""Web shops: the door for their deliveries, and the queue of what could not be taken."""

import json
import logging
from typing import Any, cast

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from erp.errors import BusinessError
from erp.models import User
from erp.privacy import may_see_personal_data
from erp.web import (
    capped_counts,
    changed_query,
    get_or_404,
    go,
    keyset_page,
    live_token,
    perm_required,
    render_page,
    unchanged,
)
from inventory.models import Product
from orders.channels import adapter_of
from orders.channels.masking import masked
from orders.channels.mending import dismiss, map_sku, retry, wanted_skus
from orders.channels.receiving import receive
from orders.models import Channel, ChannelOrder

log = logging.getLogger(__name__)
RIGHT = "orders.change_salesorder"
State = ChannelOrder.State
TABS = {
    State.FAILED: gettext_lazy("Failed"),
    State.WAITING: gettext_lazy("Waiting"),
    State.TAKEN: gettext_lazy("Taken in"),
    State.IGNORED: gettext_lazy("Not needed"),
}
REFUSED_SHOWN = 60 * 60 * 24


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, code: str) -> HttpResponse:
    """A shop's delivery: verified over the raw body before anything is read, kept, and answered at once."""
    channel = Channel.objects.filter(code=code).first()
    adapter = adapter_of(channel) if channel else None
    if channel is None or adapter is None:
        return _plain("unknown channel", 404)
    if adapter.is_ping(request):
        return _plain("pong", 200)
    if not adapter.verify(request, secret=channel.secret):
        log.warning("channel %s: a delivery with a wrong signature was refused", code)
        cache.set(_refused_key(channel), timezone.now(), timeout=REFUSED_SHOWN)
        return _plain("wrong signature", 401)
    row = receive(channel, adapter, request)
    return _plain(row.state, 200)


def _refused_key(channel: Channel) -> str:
    return f"channel-refused:{channel.pk}"


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


def _deliveries(request: HttpRequest) -> Any:
    rows = ChannelOrder.objects.visible_to(_person(request)).delivered()
    return rows.select_related("channel", "order")


@perm_required(RIGHT)
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """What shops sent: what failed and why, what waits, what became of the rest."""
    rows = _deliveries(request).defer("body")
    state = request.GET.get("state", State.FAILED)
    state = state if state in State.values else State.FAILED
    channels = _shops()
    chosen = next((c for c in channels if str(c.pk) == request.GET.get("channel")), None)
    if chosen:
        rows = rows.filter(channel=chosen)
    if number := request.GET.get("q", "").strip():
        rows = rows.filter(external_number__istartswith=number)
    page = keyset_page(rows.filter(state=state), "-id", request.GET.get("cursor"), limit=40)
    counts = capped_counts({name: rows.filter(state=name) for name in (State.FAILED, State.WAITING)})
    token = live_token(*counts.values(), *[(row.pk, row.state) for row in page])
    if same := unchanged(request, token):
        return same
    context = {
        "page": page,
        "token": token,
        "state": state,
        "tabs": [
            {
                "label": label,
                "href": changed_query(request, state=name, cursor=None),
                "count": counts.get(name),
                "current": state == name,
            }
            for name, label in TABS.items()
        ],
        "shops": [(str(c.pk), str(c)) for c in channels],
        "notes": _notes(channels),
        "any_shop": bool(channels),
        "may_configure": _person(request).has_perm("orders.change_channel"),
    }
    block = "rows" if "cursor" in request.GET else "list"
    return render_page(request, "orders/channels.html", context, block=block)


def _shops() -> list[Channel]:
    return list(Channel.objects.exclude(adapter=""))


def _notes(channels: list[Channel]) -> list[str]:
    """What is wrong with a shop as a whole."""
    refused = cache.get_many([_refused_key(channel) for channel in channels])
    notes = [
        _("%(channel)s: the last delivery with a wrong signature was refused at %(at)s. Compare the webhook secret.")
        % {"channel": channel, "at": f"{timezone.localtime(refused[_refused_key(channel)]):%Y-%m-%d %H:%M}"}
        for channel in channels
        if _refused_key(channel) in refused
    ]
    return notes + [
        _("%(channel)s has no webhook secret yet: every delivery is refused.") % {"channel": channel}
        for channel in channels
        if not channel.secret
    ]


@perm_required(RIGHT)
@require_GET
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery: what became of it, what can be done, and what exactly came."""
    return _show(request, get_or_404(_deliveries(request), pk=pk))


def _show(request: HttpRequest, row: ChannelOrder, *, error: BusinessError | None = None) -> HttpResponse:
    token = live_token(row.state, row.finding, row.attempts)
    if error is None and (same := unchanged(request, token)):
        return same
    whole = may_see_personal_data(_person(request))
    context = {
        "row": row,
        "token": token,
        "error": error,
        "skus": wanted_skus(row),
        "typed": request.POST,
        "text": _readable(row, whole=whole),
        "masked": not whole,
    }
    return render_page(request, "orders/delivery.html", context, block="state", status=422 if error else 200)


def _readable(row: ChannelOrder, *, whole: bool) -> str:
    """The message in lines; one that cannot be read is shown as it came, to those who may see everything."""
    try:
        payload = json.loads(row.body)
    except (ValueError, RecursionError):
        return row.body if whole else ""
    return json.dumps(payload if whole else masked(payload), ensure_ascii=False, indent=2)


@perm_required(RIGHT)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a failed delivery again."""
    retry(get_or_404(_deliveries(request), pk=pk), by=_person(request))
    messages.success(request, _("It is tried again now."))
    return go(request, "orders:delivery", pk)


@perm_required(RIGHT)
@require_POST
def put_aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a failed delivery out of the queue."""
    dismiss(get_or_404(_deliveries(request), pk=pk), by=_person(request))
    return go(request, "orders:channels")


@perm_required(RIGHT)
@require_POST
def meant(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which product the shop means, and try again all that waits for it."""
    row = get_or_404(_deliveries(request), pk=pk)
    sku, key = request.POST.get("external_sku", ""), request.POST.get("product", "").strip()
    product = Product.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None
    try:
        if sku not in wanted_skus(row):
            raise BusinessError(_("The delivery does not ask for “%(sku)s” any more.") % {"sku": sku})
        if product is None:
            raise BusinessError(_("Please choose the product that is meant by “%(sku)s”.") % {"sku": sku})
        mended = map_sku(row.channel, external_sku=sku, product=product, by=_person(request))
    except BusinessError as refusal:
        return _show(request, row, error=refusal)
    messages.success(
        request,
        ngettext(
            "%(sku)s is known now; %(num)s order is tried again.",
            "%(sku)s is known now; %(num)s orders are tried again.",
            mended,
        )
        % {"sku": sku, "num": mended},
    )
    return go(request, "orders:delivery", pk)
