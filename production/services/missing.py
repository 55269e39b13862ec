"""Components that turn out to be missing: production orders give them up before customers' orders do."""

from typing import Any

from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import StatusChange, User
from inventory.services import give_up_parts, held_by, release_items, shortfalls
from production.models import ProductionComponent
from production.services.components import HOLDER, _ask_for_the_rest, supply_waiting
from production.services.locks import lock_production_orders


def give_up_missing(document: Any, *, change: StatusChange | None, by: User | None) -> None:
    """Take components back that the shelf does not hold, and ask for them again (follower, before the loss is written).

    Low priority first, then the latest due date. Raises BusinessError when stock was promised in this very moment.
    """
    holders = held_by(document, HOLDER)
    if not holders:
        return
    components = {row.pk: row for row in ProductionComponent.objects.filter(pk__in=holders)}
    orders = {order.pk: order for order in lock_production_orders({row.order_id for row in components.values()})}
    found = shortfalls(document, locked=True)
    asked = {row.holder_id for one in found for row, _free in one.held if row.holder_type == HOLDER}
    if asked - set(components):
        raise BusinessError(_("Stock was promised to another order just now."), hint=_("Try again."))
    components = {row.pk: row for row in ProductionComponent.objects.filter(pk__in=holders).select_related("product")}
    turn = {pk: _turn(orders[row.order_id]) for pk, row in components.items() if row.order_id in orders}
    parts = give_up_parts(found, HOLDER, turn)
    release_items(parts, holder_type=HOLDER, by=by, reason="missing")
    for (pk, _item), quantity in parts.items():
        components[pk].reserved -= quantity
    lost = [components[pk] for pk in {pk for pk, _item in parts}]
    ProductionComponent.objects.bulk_update(lost, ["reserved"])
    _ask_for_the_rest([orders[pk] for pk in sorted({row.order_id for row in lost})], lost, by=by)


def _turn(order: Any) -> tuple[int, str, int]:
    """Whose components are given up first: little urgent, due late, young."""
    late = order.due.toordinal() if order.due else 10**7
    return order.priority, f"{10**8 - late:09d}", -order.pk


def supply_found(document: Any, *, change: StatusChange | None, by: User | None) -> None:
    """Give what was found to the production orders that lack it (follower, after the sales orders)."""
    if products := document.changed_products():
        supply_waiting(products, warehouse_id=document.warehouse_id, by=by)
