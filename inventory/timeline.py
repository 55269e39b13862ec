"""What arrived, was inspected and went back, in the timeline of a purchase order."""

from django.utils.translation import gettext as _

from erp.timeline import TimelineEntry
from erp.web.formats import qty
from inventory.models import Inspection, PurchaseOrder
from inventory.services.receiving import AT_THE_GATE


def of_purchase(document: PurchaseOrder) -> list[TimelineEntry]:
    """Receipts, later inspections and returns. Three queries."""
    return [*_receipts(document), *_inspections(document), *_returns(document)]


def _inspections(document: PurchaseOrder) -> list[TimelineEntry]:
    """What was decided on goods in quarantine; what the gate decided stands with the receipt."""
    rows = Inspection.objects.filter(line__receipt__order=document, accepted__gte=0).exclude(key=AT_THE_GATE)
    return [
        TimelineEntry(
            at=row.at,
            who=str(row.by) if row.by_id else None,
            title=_("Inspected: %(sku)s, %(accepted)s accepted, %(rejected)s rejected")
            % {
                "sku": row.line.purchase_line.product.sku,
                "accepted": qty(row.accepted),
                "rejected": qty(row.rejected),
            },
            text=row.reason,
            kind="receipt",
            status="violet",
            icon="clipboard-check",
        )
        for row in rows.select_related("by", "line__purchase_line__product").order_by("id")
    ]


def _returns(document: PurchaseOrder) -> list[TimelineEntry]:
    return [
        TimelineEntry(
            at=paper.created_at,
            who=str(paper.created_by) if paper.created_by_id else None,
            title=_("Returned to the supplier: %(number)s") % {"number": paper.number},
            text=paper.reason,
            kind="receipt",
            status="amber",
            icon="truck-return",
            href=f"#{paper.number}",
        )
        for paper in document.returns.select_related("created_by").order_by("id")
    ]


def _receipts(document: PurchaseOrder) -> list[TimelineEntry]:
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
