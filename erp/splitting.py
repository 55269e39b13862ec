"""What apps above know and move when a part of an order goes to another one, as dotted names.

Orders are split and merged on the ground floor of the business; only production knows what is being made for a line,
only shipping what lies packed, only finance what is billed.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.module_loading import import_string

# `(order) → {(line id, stock item id): quantity}`: goods that are off the shelves and stay with the order.
TAKEN = "shipping.services.taken_goods"
# `(order) → {line id: amounts}`: what is on receivables, drafts included (`quantity`, `untaxed`, `tax`).
BILLED = "finance.services.billed_lines"
# `(source, target, quantity, by=…)`: so much of what is being made for one need is made for another from now on.
DIVIDE_WORK = "production.services.divide_work"
# `(source, target)`: all that is made for one need counts for another from now on.
JOIN_WORK = "production.services.join_work"


def taken_goods(order: Any) -> Mapping[tuple[int, int], Decimal]:
    """Picked and packed goods that have not left yet, by order line and stock item."""
    found: Mapping[tuple[int, int], Decimal] = import_string(TAKEN)(order)
    return found


def billed_lines(order: Any) -> Mapping[int, Any]:
    """Quantities and amounts on the order's receivables, by order line."""
    found: Mapping[int, Any] = import_string(BILLED)(order)
    return found


def divide_work(source: Any, target: Any, quantity: Decimal, *, by: Any) -> None:
    """Let production make so much of a need for another one."""
    import_string(DIVIDE_WORK)(source, target, quantity, by=by)


def join_work(source: Any, target: Any) -> None:
    """Let all that production makes for a need count for another one."""
    import_string(JOIN_WORK)(source, target)
