"""What customers owe past its day. Money is kept on a floor above orders, which ask here: its reader has a dotted name."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal

from django.utils.module_loading import import_string

SOURCE = "finance.selectors.overdue_of"


@dataclass(frozen=True, slots=True)
class Overdue:
    """What one customer owes past its day, in the company's currency, and for how many days the oldest."""

    amount: Decimal
    days: int


def overdue_of(customer_ids: Collection[int]) -> dict[int, Overdue]:
    """What these customers owe past its day; those who owe nothing are left out. One query."""
    read: Callable[[Collection[int]], dict[int, Overdue]] = import_string(SOURCE)
    return read(customer_ids)
