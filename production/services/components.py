"""Components of production orders: what is reserved for them, what is missing, and who is asked to supply it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.db.models import F

from erp.models import StatusChange, User
from inventory.models import GoodsReceipt, Product, SupplyRequest
from inventory.services import Need, Want, cancel_supply, release, reserve, state_needs
from orders.services.fulfilment import allocate_free
from production.models import ProductionComponent, ProductionOrder
from production.services.locks import lock_production_orders

HOLDER = ProductionComponent._meta.label


@transaction.atomic
def reserve_components(orders: Sequence[ProductionOrder], *, by: User | None) -> None:
    """Reserve what the locked production orders lack, in the order given; ask purchasing or production for the rest.

    A component that we make ourselves gets a production order of its own.
    """
    lacking = _lacking(orders)
    given = _reserve(orders, lacking, by=by)
    for component in lacking:
        component.reserved += given.get(component.pk, Decimal(0))
    got = [component for component in lacking if given.get(component.pk)]
    ProductionComponent.objects.bulk_update(got, ["reserved"])
    _ask_for_the_rest(orders, lacking, by=by)


def _lacking(orders: Sequence[ProductionOrder]) -> list[ProductionComponent]:
    place = {order.pk: at for at, order in enumerate(orders)}
    rows = ProductionComponent.objects.filter(
        order_id__in=place, needed__gt=F("reserved") + F("issued")
    ).select_related("product")
    return sorted(rows, key=lambda row: (place[row.order_id], row.product_id))


def _reserve(
    orders: Sequence[ProductionOrder], lacking: Sequence[ProductionComponent], *, by: User | None
) -> dict[int, Decimal]:
    """Ask each warehouse once. Returns how much each component got."""
    warehouse = {order.pk: order.warehouse_id for order in orders}
    wants: dict[int, list[Want]] = defaultdict(list)
    for component in lacking:
        wants[warehouse[component.order_id]].append(Want(component.pk, component.product_id, component.lacking))
    given: dict[int, Decimal] = {}
    for warehouse_id, wanted in sorted(wants.items()):
        given |= reserve(wanted, holder_type=HOLDER, warehouse_id=warehouse_id, by=by, reason="production")
    return given


def _ask_for_the_rest(
    orders: Sequence[ProductionOrder], components: Sequence[ProductionComponent], *, by: User | None
) -> None:
    from production.services.planning import make_for_request

    for order in orders:
        requests = state_needs(
            [Need(row.pk, row.product, row.lacking) for row in components if row.order_id == order.pk],
            holder_type=HOLDER,
            document=order,
            warehouse_id=order.warehouse_id,
            needed_by=order.due,
            priority=order.priority,
        )
        for request in requests:
            if request.supply == Product.Supply.MAKE:
                make_for_request(request, by=by)


def supply_components(document: GoodsReceipt, *, change: StatusChange | None, by: User | None) -> None:
    """Goods arrived: give production orders what they wait for, after the sales orders were served."""
    products = document.lines.values_list("purchase_line__product_id", flat=True)
    supply_waiting(set(products), warehouse_id=document.place.warehouse_id or 0, by=by)


@transaction.atomic
def supply_waiting(product_ids: Collection[int], *, warehouse_id: int, by: User | None) -> None:
    """Give free stock of these products to the production orders that lack it: urgent first, then by due date.

    The caller may hold locks on stock already, so an order that somebody else is working on is not waited for: it is
    served right after this transaction, in one of its own.
    """
    waiting = _waiting_for(product_ids, warehouse_id)
    free = lock_production_orders(waiting, skip_locked=True)
    reserve_components(sorted(free, key=_urgency), by=by)
    if busy := set(waiting) - {order.pk for order in free}:
        transaction.on_commit(partial(_serve, sorted(busy), by=by), robust=True)


@transaction.atomic
def _serve(ids: Iterable[int], *, by: User | None) -> None:
    orders = [order for order in lock_production_orders(ids) if order.is_open]
    reserve_components(sorted(orders, key=_urgency), by=by)


def _waiting_for(product_ids: Collection[int], warehouse_id: int) -> list[int]:
    return list(
        ProductionOrder.objects.filter(
            status__in=ProductionOrder.OPEN,
            warehouse_id=warehouse_id,
            components__product_id__in=product_ids,
            components__needed__gt=F("components__reserved") + F("components__issued"),
        )
        .order_by("id")
        .values_list("pk", flat=True)
        .distinct()
    )


def _urgency(order: ProductionOrder) -> tuple[int, str, int]:
    return -order.priority, order.due.isoformat() if order.due else "9999", order.pk


@transaction.atomic
def replan_components(order: ProductionOrder, *, by: User | None) -> None:
    """A person asks again: reserve what has become free, and plan what nobody makes any more."""
    (locked,) = lock_production_orders([order.pk])
    if locked.is_open:
        reserve_components([locked], by=by)


@transaction.atomic
def release_components(document: ProductionOrder, *, change: StatusChange | None, by: User | None) -> None:
    """A production order ended: give back what it still holds, and tell whoever supplies it that nobody waits."""
    from production.services.planning import drop_orders

    components = {row.pk: row for row in ProductionComponent.objects.filter(order_id=document.pk)}
    given = release(holder_type=HOLDER, holder_ids=list(components), by=by, reason="production over")
    ProductionComponent.objects.filter(pk__in=components).update(reserved=0)
    open_requests = SupplyRequest.objects.filter(
        holder_type=HOLDER, holder_id__in=list(components), status=SupplyRequest.Status.OPEN
    )
    requests = list(open_requests.values_list("pk", flat=True))
    cancel_supply(holder_type=HOLDER, holder_ids=list(components))
    if requests:
        drop_orders(requests, note=document.number)
    if freed := [components[pk].product_id for pk, quantity in given.items() if quantity]:
        allocate_free(freed, warehouse_id=document.warehouse_id, by=by)
        supply_waiting(freed, warehouse_id=document.warehouse_id, by=by)
