"""What is being made goes with the need it is made for, when a part of that need becomes another one."""

from decimal import Decimal

from django.db import transaction

from erp.models import User
from erp.money import ZERO, round_quantity
from erp.numbering import next_number
from erp.workflow import advance, record_creation
from inventory.models import Product, SupplyRequest
from inventory.selectors import reservations_of
from inventory.services import divide_need, hand_over_reservations, open_needs
from production.models import ProductionComponent, ProductionOrder
from production.services.components import HOLDER
from production.services.locks import lock_production_orders


@transaction.atomic
def divide_work(source: SupplyRequest, target: SupplyRequest, quantity: Decimal, *, by: User | None) -> None:
    """Let production make `quantity` of what it makes for `source` for `target`; the rest must stay enough for `source`.

    The youngest production orders go first; one that covers both is divided, components and progress included.
    """
    if source.pk == target.pk:
        return
    running = ProductionOrder.objects.filter(request=source, status__in=ProductionOrder.OPEN)
    orders = lock_production_orders(running.values_list("pk", flat=True))
    stays = source.quantity - source.covered if source.status == SupplyRequest.Status.OPEN else ZERO
    left = min(quantity, max(ZERO, sum((order.remaining for order in orders), ZERO) - stays))
    for order in reversed(orders):
        part = min(order.remaining, left)
        if part <= 0:
            continue
        if part == order.remaining and not order.good:
            order.request, order.due = target, target.needed_by
            order.save(update_fields=["request", "due"])
        else:
            _divide(order, part, target, by=by)
        left -= part


@transaction.atomic
def join_work(source: SupplyRequest, target: SupplyRequest) -> None:
    """All that was ever made for `source` counts for `target`."""
    made = ProductionOrder.objects.filter(request=source)
    keys = [order.pk for order in lock_production_orders(made.values_list("pk", flat=True))]
    ProductionOrder.objects.filter(pk__in=keys).update(request=target)


def _divide(order: ProductionOrder, quantity: Decimal, target: SupplyRequest, *, by: User | None) -> None:
    part = ProductionOrder(
        number=next_number("MO"),
        status=order.status,
        product_id=order.product_id,
        warehouse_id=order.warehouse_id,
        quantity=quantity,
        due=target.needed_by,
        priority=target.priority,
        request=target,
        wish=order.wish,
        operations=order.operations,
        created_by=by,
    )
    part.save()
    record_creation(part, by=by, note=f"← {order.number}")
    order.quantity -= quantity
    order.save(update_fields=["quantity"])
    _divide_components(order, part, by=by)
    if order.status == ProductionOrder.Status.IN_PROGRESS and not order.remaining:
        advance(order, "finish", by=None)


def _divide_components(order: ProductionOrder, part: ProductionOrder, *, by: User | None) -> None:
    """What is reserved stays with the order as far as it needs it; the part gets the rest, and asks for what lacks."""
    rows = list(order.components.select_related("product").order_by("product_id"))
    twins = [
        ProductionComponent(
            order=part,
            product_id=row.product_id,
            per_unit=row.per_unit,
            needed=round_quantity(row.per_unit * part.quantity),
        )
        for row in rows
    ]
    for row, twin in zip(rows, twins, strict=True):
        row.needed = max(row.issued, row.needed - twin.needed)
        twin.reserved = min(twin.needed, max(ZERO, row.reserved + row.issued - row.needed))
        row.reserved -= twin.reserved
    ProductionComponent.objects.bulk_create(twins)
    ProductionComponent.objects.bulk_update(rows, ["needed", "reserved"])
    _hand_over(rows, twins, by=by)
    _divide_needs(rows, twins, part, by=by)


def _hand_over(rows: list[ProductionComponent], twins: list[ProductionComponent], *, by: User | None) -> None:
    left = {row.pk: twin.reserved for row, twin in zip(rows, twins, strict=True)}
    target = {row.pk: twin.pk for row, twin in zip(rows, twins, strict=True)}
    parts: dict[tuple[int, int, int], Decimal] = {}
    for held in reversed(reservations_of(HOLDER, list(left))):
        if quantity := min(held.quantity, left[held.holder_id]):
            parts[held.holder_id, target[held.holder_id], held.item_id] = quantity
            left[held.holder_id] -= quantity
    hand_over_reservations(parts, holder_type=HOLDER, by=by, reason="divided")


def _divide_needs(
    rows: list[ProductionComponent], twins: list[ProductionComponent], part: ProductionOrder, *, by: User | None
) -> None:
    needs = open_needs(holder_type=HOLDER, holder_ids=[row.pk for row in rows])
    for row, twin in zip(rows, twins, strict=True):
        need = needs.get(row.pk)
        if need is None or not twin.lacking:
            continue
        mine = divide_need(need, twin.lacking, rest=row.lacking, holder_id=twin.pk, document=part)
        if need.supply == Product.Supply.MAKE:
            divide_work(need, mine, twin.lacking, by=by)
