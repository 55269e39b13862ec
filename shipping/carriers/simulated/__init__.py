"""A carrier that does not exist, for the demo: it really calls back over HTTP, as real ones do.

When it hears of a parcel, it plans the parcel's scans over some minutes; each is posted, signed, to our own address
when its time has come (see `shipping.calls`). Off unless the installation is a demo (`settings.DEMO_CARRIER`).
"""

import datetime as dt
import json

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from erp.models import Outbox
from shipping import calls
from shipping.carriers.base import CallFailed
from shipping.carriers.http import post
from shipping.carriers.signed import Signed, sign
from shipping.models import Carrier, Parcel

STEP = calls.STEP
# State, words, seconds after the handover.
ROUTE = (
    (Parcel.State.COLLECTED, "快件已由网点揽收", 40),
    (Parcel.State.IN_TRANSIT, "快件已到达转运中心，正发往目的地", 120),
    (Parcel.State.OUT_FOR_DELIVERY, "快递员正在派送，请保持电话畅通", 260),
    (Parcel.State.DELIVERED, "已签收，签收人：本人", 420),
)


class Simulated(Signed):
    """Plans a trip and posts its scans."""

    label = gettext_lazy("simulated carrier (demo)")
    follows = True

    def subscribe(self, parcel: Parcel) -> None:
        """Plan the trip; planned twice it is the same trip."""
        if not settings.DEMO_CARRIER:
            raise CallFailed("the simulated carrier works in the demo only", for_good=True)
        now = timezone.now()
        Outbox.objects.bulk_create(
            [
                Outbox(
                    kind=STEP,
                    key=f"simulated:{parcel.pk}:{state}",
                    payload={"parcel": parcel.pk, "state": state, "text": text},
                    next_try_at=now + dt.timedelta(seconds=seconds),
                )
                for state, text, seconds in ROUTE
            ],
            ignore_conflicts=True,
        )


def post_step(row: Outbox) -> None:
    """Post one planned scan to our own webhook, signed as by a stranger. Raises CallFailed."""
    parcel = Parcel.objects.select_related("carrier").filter(pk=row.payload["parcel"]).first()
    if parcel is None or parcel.carrier is None or not settings.DEMO_CARRIER:
        raise CallFailed("nothing to follow any more", for_good=True)
    body = json.dumps(
        {
            "tracking_number": parcel.tracking_number,
            "event_id": row.key,
            "state": row.payload["state"],
            "text": row.payload["text"],
            "at": timezone.localtime().isoformat(),
        },
        ensure_ascii=False,
    ).encode()
    _post(parcel.carrier, body)


def _post(carrier: Carrier, body: bytes) -> None:
    clock = str(int(timezone.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "X-Timestamp": clock,
        "X-Signature": sign(carrier.secret, body, clock),
    }
    url = f"{settings.SITE_URL}{reverse('shipping:webhook', args=[carrier.code])}"
    status, text = post(url, body, headers)
    if status != 200:
        raise CallFailed(f"{status} {text[:200]}", for_good=status in (404, 422))
