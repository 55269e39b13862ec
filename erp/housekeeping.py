"""What nobody asks for any more is forgotten, a little at a time, so that its tables stay as small as a month of work."""

import datetime as dt

from django.utils import timezone

from erp.models import IdempotencyKey

KEPT_DAYS = 30  # a client that repeats a request after that long gets a new answer
BATCH = 5_000  # rows deleted in one statement


def forget_old_keys(*, now: dt.datetime | None = None) -> int:
    """Delete the idempotency keys older than KEPT_DAYS; returns how many. They are made in the order of their ids."""
    until = (now or timezone.now()) - dt.timedelta(days=KEPT_DAYS)
    forgotten = 0
    while True:
        oldest = IdempotencyKey.objects.order_by("id").values_list("id", "created_at")[:BATCH]
        ids = [pk for pk, created_at in oldest if created_at < until]
        forgotten += IdempotencyKey.objects.filter(pk__in=ids).delete()[0] if ids else 0
        if len(ids) < BATCH:
            return forgotten
