"""What every carrier must be able to tell us, in our words, whatever its own format is."""

import datetime as dt
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shipping.models import Carrier, Parcel

CALL_SECONDS = 10  # how long a call out may take


class BadSignature(Exception):
    """The message is not signed by the carrier, or is too old to be believed."""


class CallFailed(Exception):
    """A call to the partner brought nothing. `for_good`: the same call would be refused again."""

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        super().__init__(message)
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan of a parcel. `event_id` is the same in every repeat; `trouble` one of `Trouble`, or empty."""

    event_id: str
    state: str
    text: str
    at: dt.datetime
    place: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What one message says of one parcel: scans, a day of arrival, or why nothing more will come."""

    tracking_number: str
    scans: list[Scan] = field(default_factory=list)
    expected_on: dt.date | None = None
    silence: str = ""


class Adapter:
    """One partner. Stateless: what differs from carrier to carrier is in the `Carrier`."""

    label: str | Promise = _("nobody: people write it down")
    follows = False  # whether the partner wants to be told of each parcel that it shall follow

    def receive(self, carrier: Carrier, request: HttpRequest, *, token: str) -> Report:
        """Read a message. Raises BadSignature, or BusinessError naming the field that is wrong."""
        raise BadSignature

    def accepted(self, carrier: Carrier, answer: dict[str, object]) -> JsonResponse:
        """What the partner wants to hear when a message was taken, or was known already."""
        return JsonResponse(answer)

    def refused(self, status: int, answer: dict[str, str]) -> JsonResponse:
        """What the partner hears when a message was not taken."""
        return JsonResponse(answer, status=status)

    def subscribe(self, parcel: Parcel) -> None:
        """Ask the partner to follow a parcel. Called outside any transaction, perhaps twice. Raises CallFailed."""

    def query(self, parcel: Parcel) -> Report | None:
        """Ask what became of a parcel; None where the partner cannot be asked. Raises CallFailed."""
        return None


def callback_token(carrier: Carrier) -> str:
    """The unguessable end of a carrier's callback address, for partners whose signatures are weak."""
    return salted_hmac("shipping.callback", f"{carrier.pk}:{carrier.code}", algorithm="sha256").hexdigest()[:32]


def callback_url(carrier: Carrier) -> str:
    """The whole address that a partner calls."""
    return f"{settings.SITE_URL}{reverse('shipping:webhook', args=[carrier.code, callback_token(carrier)])}"


def is_own_address(carrier: Carrier, token: str) -> bool:
    """Whether a call came to the carrier's unguessable address."""
    return constant_time_compare(callback_token(carrier), token)
