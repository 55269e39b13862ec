"""Who moves what when two customers turn out to be one: each app's services, in the order of the locks.

Each is called as `move(loser, survivor, by=…)` in one transaction. An app whose tables name a customer adds its own.
"""

from collections.abc import Callable
from typing import Any

from django.utils.module_loading import import_string

CUSTOMER_MOVERS = [
    "orders.services.merging.move_orders",
    "finance.services.merging.move_money",
    "orders.services.merging.move_people",
]


def customer_movers() -> list[Callable[..., None]]:
    """The functions that move a customer's rows to another one."""
    return [import_string(path) for path in CUSTOMER_MOVERS]


def move_customer(loser: Any, survivor: Any, *, by: Any) -> None:
    """Run every mover."""
    for move in customer_movers():
        move(loser, survivor, by=by)
