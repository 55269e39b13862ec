"""Goods receipts in the timeline of a purchase order."""

from django.utils.translation import gettext as _

from erp.timeline import TimelineEntry
from inventory.models import PurchaseOrder


def of_purchase(document: PurchaseOrder) -> list[TimelineEntry]:
    """What arrived. One query."""
    return [
        TimelineEntry(
            at=receipt.created_at,
            who=str(receipt.created_by) if receipt.created_by_id else None,
            title=_("Goods receipt %(number)s") % {"number": receipt.number},
            kind="receipt",
            status="cyan",
            icon="truck-loading",
            href=f"#{receipt.number}",
        )
        for receipt in document.receipts.select_related("created_by").order_by("id")
    ]
