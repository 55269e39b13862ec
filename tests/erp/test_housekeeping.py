"""What is forgotten, and what is kept."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone

from erp import housekeeping
from erp.models import IdempotencyKey

pytestmark = pytest.mark.django_db


def test_old_keys_go_in_batches_and_young_ones_stay(cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 3)
    old = timezone.now() - dt.timedelta(days=housekeeping.KEPT_DAYS, minutes=1)
    for number in range(8):
        IdempotencyKey.objects.create(client=cast.sales, key=f"old-{number}", request_hash="", created_at=old)
    IdempotencyKey.objects.create(client=cast.sales, key="young", request_hash="")
    assert housekeeping.forget_old_keys() == 8
    assert [row.key for row in IdempotencyKey.objects.all()] == ["young"]
    assert housekeeping.forget_old_keys() == 0
