"""The verbs of production: the only code that writes it."""

from production.services.amending import follow_amendment
from production.services.components import (
    HOLDER,
    release_components,
    replan_components,
    reserve_components,
    supply_components,
    supply_waiting,
)
from production.services.dividing import divide_work, join_work
from production.services.missing import give_up_missing, supply_found
from production.services.planning import cancel_for_order, create_production_order, move, plan_need, plan_order
from production.services.reporting import report

__all__ = [
    "HOLDER",
    "cancel_for_order",
    "create_production_order",
    "divide_work",
    "follow_amendment",
    "give_up_missing",
    "join_work",
    "move",
    "plan_need",
    "plan_order",
    "release_components",
    "replan_components",
    "report",
    "reserve_components",
    "supply_components",
    "supply_found",
    "supply_waiting",
]
