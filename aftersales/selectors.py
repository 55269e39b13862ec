"""Reads of after-sales that apps below ask for by name."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from aftersales.models import ReturnRequest, ServiceCase
from erp.money import ZERO
from inventory.models import Place, StockMove


def returned_cost_of_orders(order_ids: Any) -> dict[str, Decimal]:
    """What goods that customers sent back are worth, taken off the cost of what was sold, in CNY. One query."""
    back = StockMove.objects.filter(
        document_type=ReturnRequest._meta.label,
        document_id__in=ReturnRequest.objects.filter(order__in=order_ids).values("pk"),
        source__kind=Place.Kind.CUSTOMER,
    )
    return {"cost": -(back.aggregate(sum=Sum("value"))["sum"] or ZERO)}


def orders_with_open_work(order_ids: Collection[int]) -> set[int]:
    """Of these orders, those with a return or a case that is not finished. Two queries."""
    finished = [ReturnRequest.Status.CLOSED, ReturnRequest.Status.REFUSED]
    returns = ReturnRequest.objects.filter(order__in=order_ids).exclude(status__in=finished)
    cases = ServiceCase.objects.filter(order__in=order_ids).exclude(status=ServiceCase.Status.RESOLVED)
    return {*returns.values_list("order_id", flat=True), *cases.values_list("order_id", flat=True)}
