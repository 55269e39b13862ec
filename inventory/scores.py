"""How reliable suppliers are, counted from what they delivered."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Avg, Count, DecimalField, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from inventory.models import GoodsReceipt, PurchaseLine, PurchaseOrder, ReceiptLine

MONTHS = 12
DAYS = 365


@dataclass(slots=True)
class Score:
    """Deliveries of one supplier since a day; one line of a goods receipt is one delivery.

    On time is what arrived by the day promised when the order was placed; `overdue` lines should be here and are not.
    `good` is the share of the goods that was accepted, averaged over the deliveries that were inspected.
    """

    since: dt.date = field(default_factory=timezone.localdate)
    on_time: int = 0
    late: int = 0
    overdue: int = 0
    days_late: int = 0
    inspected: int = 0
    good: Decimal | None = None

    @property
    def deliveries(self) -> int:
        """What was promised for a day in the window: delivered, or overdue by now."""
        return self.on_time + self.late + self.overdue

    @property
    def punctuality(self) -> Decimal | None:
        """Share of deliveries on time, None without any."""
        return Decimal(self.on_time) / self.deliveries if self.deliveries else None


def scores_of(supplier_ids: Collection[int]) -> dict[int, Score]:
    """Scores of suppliers over the last twelve months. Two queries."""
    today = timezone.localdate()
    since = today - dt.timedelta(days=DAYS)
    found = {pk: Score(since) for pk in supplier_ids}
    for row in _delivered(supplier_ids, since):
        one = found[row["receipt__order__supplier"]]
        one.on_time, one.late, one.inspected = row["on_time"], row["late"], row["inspected"]
        one.days_late = _days(row["lateness"])
        if row["good"] is not None:
            one.good = Decimal(row["good"]).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    overdue = (
        PurchaseLine.objects.outstanding()
        .filter(
            order__supplier__in=supplier_ids,
            order__status__in=PurchaseOrder.OPEN,
            order__promised_on__lt=today,
            order__promised_on__gte=since,
        )
        .values_list("order__supplier")
        .annotate(lines=Count("id"))
    )
    for supplier_id, lines in overdue:
        found[supplier_id].overdue = lines
    return found


def _delivered(supplier_ids: Collection[int], since: dt.date) -> list[Any]:
    arrived = TruncDate("receipt__created_at")
    promised = F("receipt__order__promised_on")
    judged = F("accepted") + F("rejected")
    start = timezone.make_aware(dt.datetime.combine(since, dt.time()))
    rows = ReceiptLine.objects.filter(
        receipt__status=GoodsReceipt.Status.POSTED,
        receipt__created_at__gte=start,
        receipt__order__supplier__in=supplier_ids,
    )
    share = ExpressionWrapper(F("accepted") / judged, output_field=DecimalField(max_digits=12, decimal_places=6))
    return list(
        rows.annotate(arrived=arrived)
        .values("receipt__order__supplier")
        .annotate(
            on_time=Count("id", filter=Q(arrived__lte=promised)),
            late=Count("id", filter=Q(arrived__gt=promised)),
            lateness=Avg(
                ExpressionWrapper(F("arrived") - promised, output_field=DurationField()), filter=Q(arrived__gt=promised)
            ),
            inspected=Count("id", filter=Q(accepted__gt=0) | Q(rejected__gt=0)),
            good=Avg(share, filter=Q(accepted__gt=0) | Q(rejected__gt=0)),
        )
    )


def _days(lateness: dt.timedelta | None) -> int:
    """Average lateness in whole days, at least one where something was late."""
    return max(round(lateness.total_seconds() / 86400), 1) if lateness else 0
