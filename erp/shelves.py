"""What is off the shelves though the books still show it there: goods that were picked and have not left the house.

Whoever counts a shelf does not find them, and nobody may give away what stands packed at the door. The apps that take
goods from shelves are named here by dotted names, as in `erp.process`.
"""

from collections.abc import Callable, Collection
from decimal import Decimal

from django.utils.module_loading import import_string

SOURCES = ["shipping.services.off_shelf"]
Taken = dict[tuple[str, int, int], Decimal]  # holder's kind, holder, stock item: stock units


def off_shelf(item_ids: Collection[int]) -> Taken:
    """What was taken from these stock items and is still in the house, by holder; one query a source."""
    found: Taken = {}
    for path in SOURCES:
        source: Callable[[Collection[int]], Taken] = import_string(path)
        found |= source(item_ids)
    return found
