"""Reads of after-sales that apps below ask for by name."""

from decimal import Decimal
from typing import Any

from django.db.models import Sum

from aftersales.models import ReturnRequest
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
