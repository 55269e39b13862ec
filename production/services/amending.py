"""What production does about a change of an order: planned orders grow, shrink or go; what is begun is finished."""

from decimal import Decimal

from django.db import transaction

from erp.models import StatusChange, User
from erp.money import ZERO, round_quantity
from erp.workflow import advance
from inventory.models import SupplyRequest
from inventory.services import Need, release, state_needs
from orders.models import Amendment, OrderLine, SalesOrder
from orders.services.fulfilment import allocate_free
from production.models import ProductionComponent, ProductionOrder
from production.services.components import HOLDER, supply_waiting
from production.services.locks import lock_production_orders
from production.services.planning import drop_orders, plan_order

Planned = ProductionOrder.Status.PLANNED


@transaction.atomic
def follow_amendment(document: Amendment, *, change: StatusChange, by: User | None) -> None:
    """Make as much as the order lacks now, by its new date and wish (follower of “apply”).

    What is begun is finished; what is made beyond the need goes to free stock.
    """
    order = SalesOrder.objects.get(pk=document.order_id)
    requests = SupplyRequest.objects.filter(document_type=SalesOrder._meta.label, document_id=order.pk)
    making = requests.filter(holder_id__in=_moved(document), production_orders__status__in=ProductionOrder.OPEN)
    for request in making.distinct().order_by("id"):
        if request.status == SupplyRequest.Status.OPEN:
            fit(request, note=document.number, by=by)
        else:
            drop_orders([request.pk], note=document.number)
    _restate(order)
    if order.status == SalesOrder.Status.IN_PRODUCTION:
        plan_order(order, change=None, by=by)


def _moved(amendment: Amendment) -> list[int]:
    """The present lines whose quantity changes, those that go included."""
    after = {row["line"]: Decimal(row["quantity"]) for row in amendment.after["lines"] if row["line"]}
    return [
        row["line"] for row in amendment.before["lines"] if Decimal(row["quantity"]) != after.get(row["line"], ZERO)
    ]


def fit(request: SupplyRequest, *, note: str, by: User | None) -> None:
    """Take what is planned beyond a need back, the newest planned order first; orders in progress stay as they are."""
    ids = request.production_orders.filter(status__in=ProductionOrder.OPEN).values_list("pk", flat=True)
    orders = lock_production_orders(ids)
    surplus = sum((order.remaining for order in orders), ZERO) - max(request.quantity - request.covered, ZERO)
    for order in reversed(orders):
        if surplus <= 0:
            return
        if order.status != Planned:
            continue
        if order.quantity <= surplus:
            surplus -= order.quantity
            advance(order, "cancel", by=None, note=note)
        else:
            resize(order, order.quantity - surplus, note=note, by=by)
            surplus = ZERO


def resize(order: ProductionOrder, quantity: Decimal, *, note: str, by: User | None) -> None:
    """Let a locked planned order make less: components that it holds beyond that are free again."""
    order.quantity = round_quantity(quantity)
    order.save(update_fields=["quantity"])
    components = list(order.components.select_related("product").order_by("product_id"))
    for row in components:
        row.needed = round_quantity(row.per_unit * order.quantity)
    excess = {row.pk: row.reserved + row.issued - row.needed for row in components}
    excess = {pk: quantity for pk, quantity in excess.items() if quantity > 0}
    given = release(holder_type=HOLDER, holder_ids=list(excess), by=by, reason="amended", quantities=excess)
    for row in components:
        row.reserved -= given.get(row.pk, ZERO)
    ProductionComponent.objects.bulk_update(components, ["needed", "reserved"])
    _restate_components(order, components, note=note, by=by)
    if freed := [row.product_id for row in components if given.get(row.pk)]:
        allocate_free(freed, warehouse_id=order.warehouse_id, by=by)
        supply_waiting(freed, warehouse_id=order.warehouse_id, by=by)


def _restate_components(
    order: ProductionOrder, components: list[ProductionComponent], *, note: str, by: User | None
) -> None:
    """Less is lacking: what is planned for components that we make ourselves shrinks as well."""
    state_needs(
        [Need(row.pk, row.product, row.lacking) for row in components],
        holder_type=HOLDER,
        document=order,
        warehouse_id=order.warehouse_id,
        needed_by=order.due,
        priority=order.priority,
    )
    rows = SupplyRequest.objects.filter(holder_type=HOLDER, holder_id__in=[row.pk for row in components])
    for request in rows.filter(production_orders__status=Planned).distinct().order_by("id"):
        if request.status == SupplyRequest.Status.OPEN:
            fit(request, note=note, by=by)
        else:
            drop_orders([request.pk], note=note)


def _restate(order: SalesOrder) -> None:
    """Open production orders of an order follow its date, its urgency and the wishes of its lines."""
    wishes = dict(OrderLine.objects.filter(order=order).values_list("pk", "wish"))
    rows = ProductionOrder.objects.filter(
        request__document_type=SalesOrder._meta.label,
        request__document_id=order.pk,
        status__in=ProductionOrder.OPEN,
    )
    changed = []
    for row in lock_production_orders(rows.values_list("pk", flat=True)):
        wanted = (
            order.promised_date,
            order.priority,
            wishes.get(row.request.holder_id if row.request else 0, row.wish),
        )
        if (row.due, row.priority, row.wish) != wanted:
            row.due, row.priority, row.wish = wanted
            changed.append(row)
    ProductionOrder.objects.bulk_update(changed, ["due", "priority", "wish"])
