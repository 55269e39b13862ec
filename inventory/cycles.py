"""Which products are due to be counted: by what they turn over (ABC) and by when they were counted last."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

from django.db.models import Max, Sum
from django.utils import timezone

from erp.money import ZERO
from inventory.models import CountLine, Place, Product, StockCount, StockItem, StockMove, Warehouse

A, B, C = "A", "B", "C"
SHARES = ((A, Decimal("0.80")), (B, Decimal("0.95")))  # of the value that left within a year; C is the rest
EVERY = {A: 30, B: 90, C: 180}  # days between two counts
YEAR = dt.timedelta(days=365)


def abc_classes(warehouse: Warehouse) -> dict[int, str]:
    """Products that left the warehouse within a year, by the value that left; whatever is not named is C. One query."""
    rows = (
        StockMove.objects.filter(
            source__warehouse=warehouse,
            target__kind__in=(Place.Kind.CUSTOMER, Place.Kind.PRODUCTION),
            at__gte=timezone.now() - YEAR,
        )
        .values("product_id")
        .annotate(worth=Sum("value"))
        .order_by("-worth", "product_id")
    )
    found = list(rows.values_list("product_id", "worth"))
    total = sum((worth for _pk, worth in found), ZERO)
    classes, before = {}, ZERO
    for pk, worth in found:
        # A product belongs to the class in which its share begins, so that the first one is always A.
        classes[pk] = next((name for name, share in SHARES if before < total * share), C)
        before += worth
    return classes


def due_products(
    warehouse: Warehouse, *, classes: Collection[str] = (), days: int | None = None, limit: int = 200
) -> list[Product]:
    """Products in stock whose last count is too long ago: never counted first, then A before B before C.

    `days` replaces the usual interval of each class; `classes` leaves only some. Products on an open count are left out.
    Five queries.
    """
    kinds = abc_classes(warehouse)
    there = set(
        StockItem.objects.filter(
            place__warehouse=warehouse, place__kind__in=Place.IN_WAREHOUSE, on_hand__gt=0
        ).values_list("product_id", flat=True)
    )
    lines = CountLine.objects.filter(document__warehouse=warehouse)
    open_counts = StockCount.objects.filter(
        warehouse=warehouse, status__in=(StockCount.Status.DRAFT, *StockCount.UNDER_WAY)
    )
    busy = set(lines.filter(document__in=open_counts).values_list("product_id", flat=True)) | set(
        Product.objects.filter(pk__in=open_counts.values("products")).values_list("pk", flat=True)
    )
    posted = lines.filter(document__status=StockCount.Status.POSTED)
    last: dict[int, dt.datetime] = dict(
        posted.values("product_id").annotate(at=Max("counted_at")).values_list("product_id", "at")
    )
    now = timezone.now()
    due = []
    for pk in there - busy:
        kind = kinds.get(pk, C)
        at = last.get(pk)
        waits = EVERY[kind] if days is None else days
        if (not classes or kind in classes) and (at is None or at <= now - dt.timedelta(days=waits)):
            due.append((kind, at is not None, at, pk))
    chosen = [pk for *_rest, pk in sorted(due, key=lambda row: (row[0], row[1], row[2] or now, row[3]))[:limit]]
    products = Product.objects.in_bulk(chosen)
    return [products[pk] for pk in chosen]
