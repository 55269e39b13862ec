"""Our own format, for carriers and bridges that can be programmed: one scan as JSON, signed with HMAC-SHA256.

    POST /shipping/webhooks/<code>/
    X-Timestamp: 1795320000                      seconds since 1970, at most five minutes from ours
    X-Signature: hex(HMAC-SHA256(secret, timestamp + "." + raw body))
    {"tracking_number": "SF1", "event_id": "17", "state": "in_transit", "text": "到达杭州转运中心",
     "at": "2026-11-21T14:05:00+08:00", "place": "杭州", "trouble": "", "expected_on": "2026-11-23"}

A repeat is sent with a timestamp of its own and the same `event_id`.
"""

import datetime as dt
import hashlib
import hmac
import json
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp.errors import BusinessError
from shipping.carriers.base import Adapter, BadSignature, Report, Scan
from shipping.models import Carrier, Trouble

TOLERANCE = 300  # seconds between the carrier's clock and ours
NEEDED = ("tracking_number", "event_id", "state", "text", "at")
OPTIONAL = ("place", "trouble", "expected_on")


class Signed(Adapter):
    """Messages in our own format."""

    label = gettext_lazy("our own format (signed JSON)")

    def receive(self, carrier: Carrier, request: HttpRequest, *, token: str) -> Report:
        """Read one scan."""
        check_signature(
            carrier.secret,
            request.body,
            signature=request.headers.get("X-Signature", ""),
            timestamp=request.headers.get("X-Timestamp", ""),
        )
        return parse(carrier, request.body)


def sign(secret: str, body: bytes, timestamp: str) -> str:
    """The signature of a message: HMAC-SHA256 over timestamp, a full stop and the raw body, in hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def check_signature(secret: str, body: bytes, *, signature: str, timestamp: str) -> None:
    """Raise BadSignature unless body and timestamp are signed with the secret and the timestamp is of now.

    A carrier without a secret cannot send anything.
    """
    timestamp = timestamp.strip()
    if not secret or not (timestamp.isascii() and timestamp.isdigit()):
        raise BadSignature
    if not hmac.compare_digest(sign(secret, body, timestamp).encode(), signature.strip().lower().encode()):
        raise BadSignature
    if abs(timezone.now().timestamp() - int(timestamp)) > TOLERANCE:
        raise BadSignature


def parse(carrier: Carrier, body: bytes) -> Report:
    """Read a message. Raises BusinessError naming the field that is wrong."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BusinessError(_("The message is not JSON."), code="not_json") from error
    if not isinstance(data, dict):
        raise BusinessError(_("The message is not a JSON object."), code="not_json")
    texts = {name: _text(data, name, needed=name in NEEDED) for name in (*NEEDED, *OPTIONAL)}
    if len(texts["event_id"]) > 60:
        raise BusinessError(_("“%(field)s” is too long.") % {"field": "event_id"}, field="event_id")
    if texts["trouble"] and texts["trouble"] not in Trouble.values:
        raise BusinessError(_("“%(text)s” is not known.") % {"text": texts["trouble"]}, field="trouble")
    scan = Scan(
        event_id=texts["event_id"],
        state=texts["state"],
        text=texts["text"],
        place=texts["place"],
        trouble=texts["trouble"],
        at=_moment(texts["at"]),
    )
    return Report(texts["tracking_number"], [scan], expected_on=_day(texts["expected_on"]))


def _text(data: dict[str, Any], name: str, *, needed: bool) -> str:
    value = data.get(name, "")
    if not isinstance(value, str) or "\x00" in value or (needed and not value.strip()):
        raise BusinessError(_("“%(field)s” is missing or not a text.") % {"field": name}, field=name)
    return value


def _moment(text: str) -> dt.datetime:
    """A time with or without zone; without, it is Chinese time as carriers write it."""
    try:
        at = parse_datetime(text.strip())
    except ValueError:
        at = None
    if at is None:
        raise BusinessError(_("“%(text)s” is not a time.") % {"text": text}, field="at")
    return timezone.make_aware(at) if timezone.is_naive(at) else at


def _day(text: str) -> dt.date | None:
    try:
        day = parse_date(text.strip())
    except ValueError:
        day = None
    if text.strip() and day is None:
        raise BusinessError(_("“%(text)s” is not a day.") % {"text": text}, field="expected_on")
    return day
