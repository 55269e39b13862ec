"""Finance's periodic work."""

import datetime as dt

from celery import shared_task
from django.utils import timezone

from finance import services


@shared_task
def post_pending_stock(days: int | None = 2) -> int:
    """Post stock movements that no document posted: of the last `days`, or of all time (nightly)."""
    since = timezone.now() - dt.timedelta(days=days) if days else None
    return services.post_pending_stock(since=since)
