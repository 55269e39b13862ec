"""When a shipment should arrive: the carrier's own word, else what earlier ones took, else the service's usual days."""

import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone

from shipping.models import CarrierService, ExpectedFrom, Shipment, TransitTime

ENOUGH = 5  # earlier shipments, before their days say anything
MONTHS = 12  # older ones say nothing about today


@dataclass(frozen=True, slots=True)
class Expectation:
    """A day that half of all shipments make, one that nine of ten make (None: not known), and whence we know."""

    on: dt.date
    by: dt.date | None
    source: str


def province_of(address: dict[str, str]) -> str:
    """The province a shipment goes to, as `TransitTime` groups by it."""
    return (address.get("province") or "").strip()[:40]


def expect(service: CarrierService, *, province: str, left: dt.date) -> Expectation:
    """When a shipment that leaves on a day should arrive. At most one query."""
    rows = TransitTime.objects.filter(service=service, province__in={province, ""}, shipments__gte=ENOUGH)
    known = max(rows, key=lambda row: row.province, default=None)
    if known is None:
        return Expectation(left + dt.timedelta(days=service.transit_days), None, ExpectedFrom.SERVICE)
    return Expectation(_after(left, known.p50), _after(left, known.p90), ExpectedFrom.HISTORY)


def _after(day: dt.date, days: Decimal) -> dt.date:
    return day + dt.timedelta(days=math.ceil(days))


def keep_expectation(shipment: Shipment, expected_on: dt.date) -> None:
    """Take the carrier's day of arrival; call with the shipment locked. A day before it left is nonsense."""
    left = shipment.handed_over_at
    if left is None or expected_on < timezone.localdate(left) or shipment.delivered_at is not None:
        return
    if (shipment.expected_on, shipment.expected_from) == (expected_on, ExpectedFrom.CARRIER):
        return
    shipment.expected_on, shipment.expected_by = expected_on, None
    shipment.expected_from = ExpectedFrom.CARRIER
    shipment.save(update_fields=["expected_on", "expected_by", "expected_from"])


_LEARN = """
    INSERT INTO shipping_transittime (service_id, province, shipments, p50, p90, computed_at)
    SELECT service_id, coalesce(province, ''), count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY days), percentile_cont(0.9) WITHIN GROUP (ORDER BY days), now()
    FROM (
        SELECT s.service_id, left(trim(coalesce(o.ship_to ->> 'province', '')), 40) AS province,
               greatest(extract(epoch FROM s.delivered_at - s.handed_over_at) / 86400, 0)::numeric AS days
        FROM shipping_shipment s JOIN orders_salesorder o ON o.id = s.order_id
        WHERE s.status = 'delivered' AND s.service_id IS NOT NULL
          AND s.handed_over_at >= now() - make_interval(months => %s) AND s.delivered_at IS NOT NULL
    ) one
    GROUP BY GROUPING SETS ((service_id, province), (service_id))
    HAVING grouping(province) = 1 OR province <> ''
"""


@transaction.atomic
def learn_transit_times() -> int:
    """Compute anew how long each service takes to each province and anywhere; returns how many rows. Once a night."""
    TransitTime.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(_LEARN, [MONTHS])
        return cursor.rowcount
