"""Customers that may be one: the same tax number, the same phone, or nearly the same name."""

import time
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from erp.models import User
from orders.models import Customer

SIMILAR = 0.75  # of pinyin, by trigrams: a letter, a word or a typing slip apart
BATCH = 100  # customers whose names are compared with all older ones by one statement
PATIENCE = 1.0  # seconds of comparing names before the page is shown with what was found
MOST = 50

REASONS = {"tax": _("same tax number"), "phone": _("same phone"), "name": _("similar name")}

# Pairs (older, newer); every one is led by an index.
_PAIRS = {
    "tax": """
        SELECT a.id, b.id FROM orders_customer a JOIN orders_customer b ON b.tax_number = a.tax_number AND b.id > a.id
        WHERE a.tax_number <> '' AND b.tax_number <> '' AND a.merged_into_id IS NULL AND b.merged_into_id IS NULL
        LIMIT %(most)s
    """,
    "phone": """
        SELECT DISTINCT c.customer_id, d.customer_id FROM orders_contact c
        JOIN orders_contact d ON d.phone = c.phone AND d.customer_id > c.customer_id
        JOIN orders_customer a ON a.id = c.customer_id AND a.merged_into_id IS NULL
        JOIN orders_customer b ON b.id = d.customer_id AND b.merged_into_id IS NULL
        WHERE c.phone <> '' LIMIT %(most)s
    """,
    "name": """
        SELECT a.id, b.id FROM (
            SELECT id, pinyin FROM orders_customer
            WHERE merged_into_id IS NULL AND pinyin <> '' AND id <= %(newest)s AND id >= %(oldest)s
        ) b CROSS JOIN LATERAL (
            SELECT id FROM orders_customer o
            WHERE upper(o.pinyin) %% upper(b.pinyin) AND o.id < b.id AND o.merged_into_id IS NULL LIMIT 5
        ) a ORDER BY b.id DESC, a.id
    """,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two customers, the older first, and why they may be one."""

    older: Customer
    newer: Customer
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Likely:
    """Pairs that were found; `older` continues the look at names where it was left off, None when all were compared."""

    pairs: list[Pair]
    older: int | None


def likely_duplicates(user: User, *, older: int | None = None) -> Likely:
    """Pairs of customers the person may see that are probably one, the surest first.

    Tax numbers and phones are compared at once; names from the newest customer back, in batches led by the trigram
    index, until enough are found or a second has passed. `older` goes on from there. Four queries, two a batch.
    """
    found: dict[tuple[int, int], list[str]] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for reason in ("tax", "phone") if older is None else ():
            cursor.execute(_PAIRS[reason], {"most": MOST})
            for pair in cursor.fetchall():
                found.setdefault(pair, []).append(reason)
        named, left = _names(cursor, older)
    for pair in named:
        found.setdefault(pair, []).append("name")
    keys = {key for pair in found for key in pair}
    seen = Customer.objects.visible_to(user).select_related("owner").in_bulk(keys)
    pairs = [
        Pair(seen[older], seen[newer], tuple(str(REASONS[reason]) for reason in reasons))
        for (older, newer), reasons in found.items()
        if older in seen and newer in seen
    ]
    return Likely(sorted(pairs, key=lambda pair: (-len(pair.reasons), pair.older.code)), left)


def _names(cursor: Any, newest: int | None) -> tuple[list[tuple[int, int]], int | None]:
    """Pairs of nearly the same name, the newest first, and from which customer on to look next."""
    cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(SIMILAR)])
    found: list[tuple[int, int]] = []
    until = time.monotonic() + PATIENCE
    while len(found) < MOST:
        rows = Customer.objects.filter(merged_into=None).exclude(pinyin="").order_by("-id")
        rows = rows if newest is None else rows.filter(pk__lte=newest)
        batch = list(rows.values_list("pk", flat=True)[: BATCH + 1])
        if not batch:
            return found, None
        cursor.execute(_PAIRS["name"], {"newest": batch[0], "oldest": batch[:BATCH][-1]})
        found += cursor.fetchall()
        newest = batch[BATCH] if len(batch) > BATCH else None
        if newest is None or time.monotonic() > until:
            return found, newest
    return found, newest
