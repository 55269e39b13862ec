"""Lists of the API: `{"items": [...], "next": cursor or null}`, newest or first by key, never counted."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Schema

from erp.rest.problems import FieldError, Problem
from erp.web.lists import MAX_LIMIT, keyset_page, readable_cursor

Item = TypeVar("Item")


class Listing(Schema, Generic[Item]):
    """One page of a list. `next` goes into `?cursor=` to get the page after it; null on the last page."""

    items: list[Item]
    next: str | None = None


def page(
    rows: QuerySet[Any],
    *,
    order: str | tuple[str, ...] = "-id",
    cursor: str = "",
    limit: int = 40,
    show: Callable[[Any], Any],
) -> dict[str, Any]:
    """One page of `rows` in `order`, each row turned into its document by `show`; one query.

    Raises Problem 422 for a limit outside 1–200 and for a cursor that is not one of ours.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise Problem.of_parameter("limit", _("Between 1 and %(most)s.") % {"most": MAX_LIMIT})
    if cursor and not readable_cursor(cursor, order):
        raise Problem.of_parameter("cursor", _("Use the value of “next” of the page before, unchanged."))
    found = keyset_page(rows, order, cursor or None, limit)
    return {"items": [show(row) for row in found.items], "next": found.next}


__all__ = ["FieldError", "Listing", "page"]
