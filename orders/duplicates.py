"""Customers that may be one: the same tax number, the same phone, or nearly the same name."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from erp.models import User
from orders.models import Customer

SIMILAR = 0.75  # of pinyin, by trigrams: a letter, a word or a typing slip apart
NEWEST = 100  # names are compared for so many of the newest customers
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
            SELECT id, pinyin FROM orders_customer WHERE merged_into_id IS NULL AND pinyin <> ''
            ORDER BY id DESC LIMIT %(newest)s
        ) b CROSS JOIN LATERAL (
            SELECT id FROM orders_customer o
            WHERE upper(o.pinyin) %% upper(b.pinyin) AND o.id < b.id AND o.merged_into_id IS NULL LIMIT 5
        ) a LIMIT %(most)s
    """,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two customers, the older first, and why they may be one."""

    older: Customer
    newer: Customer
    reasons: tuple[str, ...]


def likely_duplicates(user: User) -> list[Pair]:
    """Pairs of customers the person may see that are probably one, the surest first. Five queries."""
    found: dict[tuple[int, int], list[str]] = {}
    for reason, older, newer in _pairs():
        found.setdefault((older, newer), []).append(reason)
    keys = {key for pair in found for key in pair}
    seen = Customer.objects.visible_to(user).select_related("owner").in_bulk(keys)
    pairs = [
        Pair(seen[older], seen[newer], tuple(str(REASONS[reason]) for reason in reasons))
        for (older, newer), reasons in found.items()
        if older in seen and newer in seen
    ]
    return sorted(pairs, key=lambda pair: (-len(pair.reasons), pair.older.code))[:MOST]


def _pairs() -> Iterator[tuple[str, int, int]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(SIMILAR)])
        for reason, query in _PAIRS.items():
            cursor.execute(query, {"most": MOST, "newest": NEWEST})
            for older, newer in cursor.fetchall():
                yield reason, older, newer
