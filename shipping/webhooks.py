"""What carriers send: proof that it is theirs, and its words in ours."""

import datetime as dt
import hashlib
import hmac
import json
from dataclasses import dataclass

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from shipping.models import Carrier, Parcel, TrackingEvent
from shipping.services import record_event

TOLERANCE = 300  # seconds between the carrier's clock and ours


class BadSignature(Exception):
    """The message is not signed by the carrier, or is too old to be believed."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One report on a parcel as the carrier sends it."""

    tracking_number: str
    event_id: str
    state: str
    text: str
    place: str
    at: dt.datetime


def sign(secret: str, body: bytes) -> str:
    """The signature of a message: HMAC-SHA256 of the raw body, in hexadecimal."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def check_signature(carrier: Carrier, body: bytes, *, signature: str, timestamp: str) -> None:
    """Raise BadSignature unless the body is signed with the carrier's secret and the timestamp is of now.

    `timestamp` is in seconds since 1970. A carrier without a secret cannot send anything.
    """
    if not carrier.secret or not hmac.compare_digest(
        sign(carrier.secret, body).encode(), signature.strip().lower().encode()
    ):
        raise BadSignature
    if not timestamp.isdigit() or abs(timezone.now().timestamp() - int(timestamp)) > TOLERANCE:
        raise BadSignature


def parse(body: bytes) -> Scan:
    """Read a message. Raises BusinessError naming the field that is wrong."""
    try:
        data = json.loads(body)
    except ValueError as error:
        raise BusinessError(_("The message is not JSON."), code="not_json") from error
    if not isinstance(data, dict):
        raise BusinessError(_("The message is not a JSON object."), code="not_json")
    texts = {name: data.get(name, "") for name in ("tracking_number", "event_id", "state", "text", "place", "at")}
    for name, value in texts.items():
        if not isinstance(value, str) or (not value.strip() and name != "place"):
            raise BusinessError(_("“%(field)s” is missing or not a text.") % {"field": name}, field=name)
    if len(texts["event_id"]) > 60:
        raise BusinessError(_("“%(field)s” is too long.") % {"field": "event_id"}, field="event_id")
    return Scan(**{**texts, "at": _moment(texts["at"])})


def _moment(text: str) -> dt.datetime:
    """A time with or without zone; without, it is Chinese time as carriers write it."""
    try:
        at = parse_datetime(text.strip())
    except ValueError:
        at = None
    if at is None:
        raise BusinessError(_("“%(text)s” is not a time.") % {"text": text}, field="at")
    return timezone.make_aware(at) if timezone.is_naive(at) else at


def take(carrier: Carrier, scan: Scan) -> TrackingEvent | None:
    """Record a carrier's report; None when we know no such parcel. A repeat of the same event changes nothing."""
    number = "".join(scan.tracking_number.split()).upper()
    parcel = Parcel.objects.filter(carrier=carrier, tracking_number=number).first()
    if parcel is None:
        return None
    return record_event(
        parcel,
        state=scan.state,
        text=scan.text,
        at=scan.at,
        place=scan.place,
        key=f"{carrier.code}:{scan.event_id}",
    )
