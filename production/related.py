"""What an order's page shows of production: the production orders that make its goods."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from erp.related import RelatedGroup, RelatedItem, Step
from erp.web.formats import qty
from production.models import ProductionOrder

Status = ProductionOrder.Status


def of_order(order: Any, user: Any) -> Iterator[RelatedGroup]:
    """Production orders for a sales order's lines. One query."""
    rows = ProductionOrder.objects.visible_to(user).filter(
        request__document_type=order._meta.label, request__document_id=order.pk
    )
    found = list(rows.select_related("product__unit").order_by("id"))
    if found:
        yield RelatedGroup(
            _("Production orders"), "building-factory-2", [_item(one) for one in found], _step(found, user)
        )


def _item(one: ProductionOrder) -> RelatedItem:
    unit = one.product.unit
    progress = _("%(made)s of %(wanted)s made") % {"made": qty(one.good), "wanted": qty(one.quantity, unit)}
    scrap = _("%(scrap)s scrap") % {"scrap": qty(one.scrap, unit)} if one.scrap else ""
    return RelatedItem(
        number=one.number,
        url=one.get_absolute_url(),
        status=one.status,
        status_label=one.get_status_display(),
        text=" · ".join(filter(None, [one.product.name, progress, scrap])),
        at=one.due,
    )


def _step(found: list[ProductionOrder], user: Any) -> Step | None:
    if not user.has_perm("production.run_productionorder"):
        return None
    labels = {Status.IN_PROGRESS: _("Report production"), Status.PLANNED: _("Start production")}
    for status, label in labels.items():
        for one in found:
            if one.status == status:
                return Step(label, one.get_absolute_url(), "building-factory-2")
    return None
