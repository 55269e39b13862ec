"""Calls out to carriers' partners: written in the business transaction, made after commit, tried again when they fail.

A row is claimed in a short transaction of its own, called outside any, and marked done only after the partner agreed.
A worker that dies in between leaves its claim behind; the sweep takes it over. A call may be made twice; each partner
knows a repeat (a second subscription of the same parcel, the same event number).
"""

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from functools import partial

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from erp.models import Outbox
from shipping.models import Carrier, Parcel

log = logging.getLogger(__name__)
FOLLOW = "carrier_follow"
STEP = "carrier_step"  # of the simulated carrier
KINDS = (FOLLOW, STEP)
BATCH = 10  # claimed at once: with the time limit of one call far below the life of a claim
CLAIMED = dt.timedelta(minutes=5)
MOST_ATTEMPTS = 10
BACKOFF = tuple(dt.timedelta(seconds=seconds) for seconds in (15, 60, 300, 1800, 7200))


def follow_parcels(carrier: Carrier, parcels: Iterable[Parcel]) -> None:
    """Have the carrier's partner follow parcels, after commit; nothing where nobody follows. A repeat is harmless."""
    from shipping.carriers import adapter_of

    if not adapter_of(carrier).follows:
        return
    rows = [
        Outbox(kind=FOLLOW, key=f"follow:{parcel.pk}:{parcel.tracking_number}", payload={"parcel": parcel.pk})
        for parcel in parcels
    ]
    Outbox.objects.bulk_create(rows, ignore_conflicts=True)
    # Robust: when the broker is away the handover stands, and the sweep calls.
    transaction.on_commit(partial(_call, [row.key for row in rows]), robust=True)


def _call(keys: list[str]) -> None:
    from shipping.tasks import call_carriers

    call_carriers.delay(keys)


def make_calls(keys: Sequence[str] | None = None) -> int:
    """Make these calls (all that wait, if none are named) that are due and nobody else makes; returns how many."""
    made = 0
    while rows := claim(keys):
        made += sum(_make(row) for row in rows)
    return made


def claim(keys: Sequence[str] | None = None) -> list[Outbox]:
    """Take up to a batch of due rows for this process; rows locked or freshly claimed by others are passed over."""
    now = timezone.now()
    due = Q(status=Outbox.Status.WAITING, next_try_at__lte=now)
    stuck = Q(status=Outbox.Status.SENDING, claimed_at__lt=now - CLAIMED)
    rows = Outbox.objects.filter(due | stuck, kind__in=KINDS)
    if keys is not None:
        rows = rows.filter(key__in=keys)
    with transaction.atomic():
        claimed = list(rows.select_for_update(skip_locked=True).order_by("next_try_at", "id")[:BATCH])
        Outbox.objects.filter(pk__in=[row.pk for row in claimed]).update(
            status=Outbox.Status.SENDING, claimed_at=now, attempts=F("attempts") + 1
        )
    for row in claimed:
        row.claimed_at, row.attempts = now, row.attempts + 1
    return claimed


def _make(row: Outbox) -> bool:
    from shipping.carriers.base import CallFailed

    try:
        _carry_out(row)
    except CallFailed as failure:
        _note_failure(row, failure, for_good=failure.for_good)
        return False
    except Exception as failure:  # one partner's surprise must not stop the calls to others
        log.exception("call %s failed", row.key)
        _note_failure(row, failure, for_good=False)
        return False
    _finish(row, status=Outbox.Status.DONE, done_at=timezone.now(), last_error="")
    return True


def _carry_out(row: Outbox) -> None:
    from shipping.carriers import adapter_of
    from shipping.carriers.simulated import post_step

    if row.kind == STEP:
        post_step(row)
        return
    parcel = Parcel.objects.select_related("carrier", "shipment__order").filter(pk=row.payload["parcel"]).first()
    # A number that was corrected meanwhile has a row of its own.
    if parcel is None or parcel.carrier is None or not row.key.endswith(f":{parcel.tracking_number}"):
        return
    adapter_of(parcel.carrier).subscribe(parcel)


def _note_failure(row: Outbox, error: Exception, *, for_good: bool) -> None:
    final = for_good or row.attempts >= MOST_ATTEMPTS
    log.warning("call %s failed (attempt %s%s): %s", row.key, row.attempts, ", for good" if final else "", error)
    status = Outbox.Status.FAILED if final else Outbox.Status.WAITING
    later = timezone.now() + BACKOFF[min(row.attempts, len(BACKOFF)) - 1]
    _finish(row, status=status, last_error=f"{type(error).__name__}: {error}"[:2000], next_try_at=later)


def _finish(row: Outbox, **result: object) -> None:
    """Write a result, unless the claim has meanwhile passed to another worker."""
    Outbox.objects.filter(pk=row.pk, status=Outbox.Status.SENDING, claimed_at=row.claimed_at).update(**result)
