"""What waits for the shop floor: orders to start, orders to report, and what the start waits for."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.web.formats import qty
from erp.workbench import Act, WorkGroup, WorkItem, group
from production.models import ProductionOrder
from production.selectors import with_readiness

Status = ProductionOrder.Status


def work_for(user: Any) -> Iterator[WorkGroup]:
    """Groups of production orders. One query for each group."""
    if not user.has_perm("production.run_productionorder"):
        return
    rows = with_readiness(ProductionOrder.objects.visible_to(user)).order_by("-priority", "due", "id")
    url = reverse("production:list")
    planned = rows.filter(status=Status.PLANNED)
    yield from group(
        "make-report",
        _("Being made: report"),
        "tool",
        rows.filter(status=Status.IN_PROGRESS),
        _to_report,
        url=f"{url}?status=in_progress",
    )
    yield from group(
        "make-start",
        _("Production to start"),
        "player-play",
        planned.filter(waits=False),
        _to_start,
        url=f"{url}?status=planned",
    )
    yield from group(
        "make-lacking",
        _("Components are missing"),
        "alert-triangle",
        planned.filter(waits=True),
        _lacking,
        url=f"{url}?status=planned",
        tone="red",
    )


def _item(order: ProductionOrder, note: str, acts: list[Act]) -> WorkItem:
    return WorkItem(
        title=order.number,
        url=order.get_absolute_url(),
        sub=f"{order.product.name} × {qty(order.quantity, order.product.unit)}",
        note=note,
        status=order.status,
        status_label=order.get_status_display(),
        due=order.due,
        since=order.status_since,
        late=bool(order.due and order.due < timezone.localdate()),
        acts=acts,
    )


def _to_start(orders: list[ProductionOrder]) -> Iterable[WorkItem]:
    for order in orders:
        url = reverse("production:transition", args=[order.number])
        yield _item(order, order.wish, [Act(_("Start"), url, post=True, fields={"transition": "start"})])


def _to_report(orders: list[ProductionOrder]) -> Iterable[WorkItem]:
    for order in orders:
        note = _("%(left)s still to be made") % {"left": qty(order.remaining, order.product.unit)}
        yield _item(order, note, [Act(_("Report"), order.get_absolute_url())])


def _lacking(orders: list[ProductionOrder]) -> Iterable[WorkItem]:
    for order in orders:
        yield _item(order, _("Its components are not all reserved yet."), [Act(_("Show"), order.get_absolute_url())])
