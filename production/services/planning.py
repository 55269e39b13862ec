"""Planning production: orders out of needs, their snapshot of the bill of materials, and giving them up."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.money import ZERO, round_quantity
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance, record_creation
from inventory.models import Product, SupplyRequest, Warehouse
from inventory.services import cancel_supply
from orders.models import OrderLine, SalesOrder
from production.models import BillOfMaterials, ProductionComponent, ProductionOrder
from production.selectors import active_bom, unplanned_needs
from production.services.components import reserve_components
from production.services.locks import lock_production_orders, lock_sales_order_of

DEEPEST = 8  # levels of made components under one order; more is a bill of materials that contains itself


@transaction.atomic
def plan_order(document: SalesOrder, *, change: StatusChange | None, by: User | None) -> list[ProductionOrder]:
    """Make production orders for everything that a sales order waits for and nobody makes yet.

    Harmless to repeat: what is being made already counts.
    """
    requests = SupplyRequest.objects.filter(
        document_type=SalesOrder._meta.label,
        document_id=document.pk,
        supply=Product.Supply.MAKE,
        status=SupplyRequest.Status.OPEN,
    ).select_related("product", "warehouse")
    made = [make_for_request(request, by=by) for request in requests.order_by("id")]
    return [order for order in made if order is not None]


@transaction.atomic
def plan_need(request: SupplyRequest, *, by: User | None) -> ProductionOrder | None:
    """A person plans a need that nobody makes enough for; None when enough is being made meanwhile."""
    SupplyRequest.objects.select_for_update().get(pk=request.pk)
    need = unplanned_needs().filter(pk=request.pk).first()
    return _make(need, need.lacking, by=by) if need is not None else None  # type: ignore[attr-defined]


@transaction.atomic
def make_for_request(request: SupplyRequest, *, by: User | None) -> ProductionOrder | None:
    """Make one production order for what a need lacks beyond what is being made for it; None when it lacks nothing."""
    running = request.production_orders.filter(status__in=ProductionOrder.OPEN)
    coming = sum((order.remaining for order in running), ZERO)
    lacking = request.quantity - request.covered - coming
    return _make(request, lacking, by=by) if lacking > 0 else None


def _make(request: SupplyRequest, quantity: Decimal, *, by: User | None) -> ProductionOrder:
    return create_production_order(
        product=request.product,
        quantity=quantity,
        warehouse=request.warehouse,
        by=by,
        due=request.needed_by,
        request=request,
        priority=request.priority,
        wish=_wish_of(request),
    )


def _wish_of(request: SupplyRequest) -> str:
    """What the customer asked for on the line that waits."""
    if request.holder_type != OrderLine._meta.label:
        return ""
    return OrderLine.objects.filter(pk=request.holder_id).values_list("wish", flat=True).first() or ""


@verb
def create_production_order(
    *,
    product: Product,
    quantity: Decimal,
    warehouse: Warehouse,
    by: User | None,
    due: dt.date | None = None,
    request: SupplyRequest | None = None,
    priority: int = 0,
    wish: str = "",
) -> ProductionOrder:
    """Plan the making of a product: snapshot its bill of materials, reserve components, ask for what is missing.

    `quantity` is in the product's stock unit. Raises BusinessError when the product cannot be made.
    """
    quantity = round_quantity(quantity)
    _check_can_be_made(product, quantity, request)
    bom = active_bom(product)
    order = ProductionOrder(
        number=next_number("MO"),
        product=product,
        warehouse=warehouse,
        quantity=quantity,
        due=due,
        priority=priority,
        request=request,
        wish=wish,
        operations=_operations(bom),
        created_by=by,
    )
    order.save()
    ProductionComponent.objects.bulk_create(_components(order, bom))
    record_creation(order, by=by)
    reserve_components([order], by=by)
    return order


def _check_can_be_made(product: Product, quantity: Decimal, request: SupplyRequest | None) -> None:
    if quantity <= 0:
        raise BusinessError(_("The quantity must be more than zero."), field="quantity")
    if not product.is_stocked:
        raise BusinessError(
            _("%(product)s is a service; services are not produced.") % {"product": product}, field="product"
        )
    if not product.is_active:
        raise BusinessError(_("%(product)s is no longer active.") % {"product": product}, field="product")
    _check_not_inside_itself(product, request)


def _check_not_inside_itself(product: Product, request: SupplyRequest | None) -> None:
    """Walk up the production orders that need this one; a product that needs itself would never end."""
    for _level in range(DEEPEST):
        if request is None or request.document_type != ProductionOrder._meta.label:
            return
        above = ProductionOrder.objects.select_related("request").get(pk=request.document_id)
        if above.product_id == product.pk:
            break
        request = above.request
    raise BusinessError(
        _("The bill of materials of %(product)s contains the product itself.") % {"product": product},
        hint=_("Correct the bill of materials first."),
        code="bom_cycle",
    )


def _components(order: ProductionOrder, bom: BillOfMaterials | None) -> list[ProductionComponent]:
    if bom is None:
        return []
    return [
        ProductionComponent(
            order=order,
            product_id=line.component_id,
            per_unit=line.quantity,
            needed=round_quantity(line.quantity * order.quantity),
        )
        for line in bom.lines.all()
    ]


def _operations(bom: BillOfMaterials | None) -> list[dict[str, Any]]:
    if bom is None:
        return []
    return [
        {
            "sequence": step.sequence,
            "name": step.name,
            "work_center": step.work_center.name,
            "minute_cost": str(step.work_center.minute_cost),
            "setup_minutes": str(step.setup_minutes),
            "unit_minutes": str(step.unit_minutes),
        }
        for step in bom.operations.all()
    ]


@verb
def move(order: ProductionOrder, name: str, *, by: User | None, note: str = "") -> StatusChange:
    """Make one step of a production order (start, cancel), locking the sales order behind it first."""
    lock_sales_order_of(order)
    return advance(order, name, by=by, note=note)


@transaction.atomic
def cancel_for_order(document: SalesOrder, *, change: StatusChange | None, by: User | None) -> None:
    """A sales order was cancelled: give up what is only planned for it; what is in progress is finished for stock."""
    requests = SupplyRequest.objects.filter(document_type=SalesOrder._meta.label, document_id=document.pk)
    ids = list(requests.values_list("pk", flat=True))
    holders = list(document.lines.values_list("pk", flat=True))
    cancel_supply(holder_type=OrderLine._meta.label, holder_ids=holders)
    drop_orders(ids, note=document.number)


def drop_orders(request_ids: Collection[int], *, note: str) -> None:
    """Cancel the planned production orders of needs that fell away; those in progress go on for stock."""
    planned = ProductionOrder.objects.filter(request_id__in=request_ids, status=ProductionOrder.Status.PLANNED)
    for order in lock_production_orders(planned.values_list("pk", flat=True)):
        if order.status == ProductionOrder.Status.PLANNED:
            advance(order, "cancel", by=None, note=note)
