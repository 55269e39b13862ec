"""What waits for a person (待办), gathered from every app: the home page's content.

Each app says in its `work.py` what waits for whom; the apps are named here. A source is called as `work_for(user)` and
yields groups of which it shows the most urgent rows.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.module_loading import import_string

from erp.web.lists import capped_count

SOURCES = [
    "orders.work.work_for",
    "orders.work_changes.work_for",
    "inventory.work.work_for",
    "inventory.work_stock.work_for",
    "production.work.work_for",
    "shipping.work.work_for",
    "finance.work.work_for",
    "aftersales.work.work_for",
]
ROWS = 6  # of one group on the home page
CAP = 1000


@dataclass(frozen=True, slots=True)
class Act:
    """What can be done about a row at once: a POST with `fields`, or, without `post`, a page to open."""

    label: str
    url: str
    post: bool = False
    fields: dict[str, str] = field(default_factory=dict)
    kind: str = ""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing to do: what it is, where it is, and why it is on the list."""

    title: str
    url: str
    sub: str = ""
    note: str = ""
    status: str = ""
    status_label: str = ""
    amount: Decimal | None = None
    due: date | None = None
    since: datetime | None = None
    late: bool = False
    acts: list[Act] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class WorkGroup:
    """Things of one kind that wait for the person. `tone` is red where something is wrong already."""

    key: str
    title: str
    icon: str
    count: str
    items: list[WorkItem]
    url: str = ""
    tone: str = "amber"


Source = Callable[[Any], Iterator[WorkGroup]]


def group(
    key: str,
    title: str,
    icon: str,
    rows: QuerySet[Any],
    make: Callable[[list[Any]], Iterable[WorkItem]],
    *,
    url: str = "",
    tone: str = "amber",
) -> Iterator[WorkGroup]:
    """Yield the group of a query when it has rows: one query, and a capped count only when more than a few wait."""
    found = list(rows[: ROWS + 1])
    if found:
        count = capped_count(rows, CAP) if len(found) > ROWS else str(len(found))
        yield WorkGroup(
            key=key, title=title, icon=icon, count=count, items=list(make(found[:ROWS])), url=url, tone=tone
        )


def sources() -> list[Source]:
    """The functions that know what waits, in the order of the page."""
    return [import_string(path) for path in SOURCES]


def work_for(user: Any) -> list[WorkGroup]:
    """Everything that waits for this person; what is wrong already comes first."""
    groups = [found for source in sources() for found in source(user)]
    return sorted(groups, key=lambda found: found.tone != "red")
