"""Ledgers against balances whenever somebody asks; the last result is kept for all who may see it."""

import datetime as dt
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone, translation

from inventory.models import StockMove
from inventory.verify import differences

KEY, RUNNING = "inventory:comparison", "inventory:comparison:running"
SHOWN = 200  # differences that are kept
LARGE = 100_000  # moves from which on the comparison is left to a worker
LONGEST = 60 * 60  # seconds after which a comparison that never ended counts as lost


def is_large() -> bool:
    """Whether comparing takes longer than a person would wait; by the planner's estimate, which counts nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [StockMove._meta.db_table])
        return bool(cursor.fetchone()[0] >= LARGE)


def compare(*, by: str = "") -> dict[str, Any]:
    """Compare everything and keep the result: when, who, seconds, how many differ, and the first of them in words."""
    began = time.monotonic()
    found: dict[str, list[str]] = {}
    count = 0
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found[language], count = [], 0
            for sentence in differences():
                count += 1
                if count <= SHOWN:
                    found[language].append(sentence)
        if not count:  # nothing to say in any language
            break
    result = {
        "at": timezone.now().isoformat(),
        "by": by,
        "seconds": round(time.monotonic() - began, 1),
        "count": count,
        "found": found,
    }
    cache.set(KEY, result, timeout=None)
    cache.delete(RUNNING)
    return result


def last_result() -> dict[str, Any] | None:
    """The last comparison with its differences in the reader's language; None when there was none yet."""
    result = cache.get(KEY)
    if result is None:
        return None
    language = translation.get_language() or settings.LANGUAGE_CODE
    found = result["found"]
    return {
        **result,
        "at": dt.datetime.fromisoformat(result["at"]),
        "lines": found.get(language) or next(iter(found.values()), []),
    }


def is_running() -> bool:
    """Whether a worker was asked to compare and has not ended yet."""
    return bool(cache.get(RUNNING))


def ask_worker(*, by: str) -> None:
    """Leave the comparison to a worker; asked twice, it is done once."""
    if cache.add(RUNNING, True, timeout=LONGEST):
        from inventory.tasks import compare_stock

        compare_stock.delay(by=by)
