"""What apps above know of the money of a project's orders, as dotted names.

Each is called with a queryset of order ids and answers in CNY under the names of `ProjectMoney`'s fields; the same name
from several apps is added up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.module_loading import import_string

SOURCES = [
    "finance.selectors.billed_of_orders",
    "shipping.selectors.cost_of_orders",
    "aftersales.selectors.returned_cost_of_orders",
]


@dataclass(slots=True)
class ProjectMoney:
    """In CNY: what is on receivables less credit notes, what of it is open, and what the goods cost that left."""

    billed: Decimal = Decimal(0)
    outstanding: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)


def money_of(order_ids: Any) -> ProjectMoney:
    """Ask every app. A few queries, whatever the number of orders."""
    found = ProjectMoney()
    for path in SOURCES:
        answer: Mapping[str, Decimal] = import_string(path)(order_ids)
        for name, value in answer.items():
            setattr(found, name, getattr(found, name) + value)
    return found
