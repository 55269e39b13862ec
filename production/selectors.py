"""Reads of production that more than one caller needs."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest, Least

from erp.fields import QuantityField
from erp.models import User
from erp.money import ZERO
from inventory.models import Product, SupplyRequest
from orders.models import SalesOrder
from production.models import BillOfMaterials, ProductionComponent, ProductionOrder


def active_bom(product: Product) -> BillOfMaterials | None:
    """The newest active bill of materials with lines and operations; None when there is none. Up to five queries."""
    return (
        BillOfMaterials.objects.filter(product=product, is_active=True)
        .prefetch_related("lines__component__unit", "operations__work_center")
        .order_by("-version")
        .first()
    )


def minute_rate(operations: Sequence[dict[str, Any]]) -> Decimal:
    """Cost of one minute (CNY) over an order's operations, weighted by their planned minutes."""
    weights = [Decimal(step["unit_minutes"]) for step in operations]
    costs = [Decimal(step["minute_cost"]) for step in operations]
    if not costs:
        return ZERO
    if not any(weights):
        return sum(costs, ZERO) / len(costs)
    return sum((cost * weight for cost, weight in zip(costs, weights, strict=True)), ZERO) / sum(weights, ZERO)


def planned_minutes(operations: Iterable[dict[str, Any]], pieces: Decimal, *, setup: bool) -> Decimal:
    """How long so many pieces should take, in minutes, set-up included when it is the first report."""
    steps = list(operations)
    running = sum((Decimal(step["unit_minutes"]) for step in steps), ZERO) * pieces
    return running + (sum((Decimal(step["setup_minutes"]) for step in steps), ZERO) if setup else ZERO)


@dataclass(frozen=True, slots=True)
class MadeFor:
    """What a production order is for: a sales order and its customer, another production order, or stock."""

    number: str = ""
    url: str = ""
    customer: str = ""
    wishes: str = ""  # of the whole order; those of the line are on the production order


def with_readiness(orders: QuerySet[ProductionOrder]) -> QuerySet[ProductionOrder]:
    """Add `waits`: whether a component is not reserved in full."""
    short = ProductionComponent.objects.filter(order=OuterRef("pk"), needed__gt=F("reserved") + F("issued"))
    return orders.annotate(waits=Exists(short)).select_related("product__unit", "request", "warehouse")


def made_for(orders: Collection[ProductionOrder], user: User) -> dict[int, MadeFor]:
    """For each production order what it is made for, as far as the person may see it. Two queries."""
    sales = _wanted(orders, SalesOrder._meta.label)
    above = _wanted(orders, ProductionOrder._meta.label)
    seen_sales = SalesOrder.objects.visible_to(user).select_related("customer").in_bulk(sales) if sales else {}
    seen_above = ProductionOrder.objects.visible_to(user).in_bulk(above) if above else {}
    found = {}
    for order in orders:
        request = order.request
        if request is None:
            continue
        if (sale := seen_sales.get(request.document_id)) and request.document_type == SalesOrder._meta.label:
            customer = sale.customer.short_name or sale.customer.name
            found[order.pk] = MadeFor(sale.number, sale.get_absolute_url(), customer, sale.customer_note)
        elif (parent := seen_above.get(request.document_id)) and (request.document_type == ProductionOrder._meta.label):
            found[order.pk] = MadeFor(parent.number, parent.get_absolute_url())
    return found


def _wanted(orders: Collection[ProductionOrder], label: str) -> set[int]:
    return {o.request.document_id for o in orders if o.request is not None and o.request.document_type == label}


def missing_components(order_ids: Collection[int]) -> dict[int, list[ProductionComponent]]:
    """What each production order still waits for. One query."""
    rows = ProductionComponent.objects.filter(
        order_id__in=order_ids, needed__gt=F("reserved") + F("issued")
    ).select_related("product__unit")
    found: dict[int, list[ProductionComponent]] = {}
    for row in rows.order_by("order_id", "product__sku"):
        found.setdefault(row.order_id, []).append(row)
    return found


def unplanned_needs() -> QuerySet[SupplyRequest]:
    """Needs for made products that nobody is making enough for, the most urgent first, with `lacking`.

    What an urgent order took from another one's production is not lacking as long as enough is coming in all: it is
    handed on when it comes.
    """
    same = {"product": OuterRef("product"), "warehouse": OuterRef("warehouse")}
    own = Sum(
        Greatest(F("production_orders__quantity") - F("production_orders__good"), ZERO),
        filter=Q(production_orders__status__in=ProductionOrder.OPEN),
    )
    rows = SupplyRequest.objects.filter(status=SupplyRequest.Status.OPEN, supply=Product.Supply.MAKE)
    needed = rows.filter(**same).values("product").annotate(sum=Sum(Greatest(F("quantity") - F("covered"), ZERO)))
    coming = (
        ProductionOrder.objects.filter(status__in=ProductionOrder.OPEN, **same)
        .values("product")
        .annotate(sum=Sum(Greatest(F("quantity") - F("good"), ZERO)))
    )
    return (
        rows.annotate(own=_or_zero(own), needed=_or_zero(_sum_of(needed)), coming=_or_zero(_sum_of(coming)))
        .annotate(lacking=Least(F("quantity") - F("covered") - F("own"), F("needed") - F("coming")))
        .filter(lacking__gt=0)
        .select_related("product__unit", "warehouse")
        .order_by("-priority", "needed_by", "id")
    )


def _sum_of(rows: Any) -> Subquery:
    return Subquery(rows.order_by().values("sum"))


def _or_zero(sum_of: Any) -> Coalesce:
    return Coalesce(sum_of, ZERO, output_field=QuantityField())
