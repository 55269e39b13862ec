"""The archive (归档): finished orders leave the working lists after a while, are only read, and can be restored."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.archiving import KEPT_OPEN
from erp.errors import NotPermitted
from erp.models import Company, Document, StatusChange, User
from erp.transactions import verb
from erp.workflow import lock
from orders.models import SalesOrder

BATCH = 500
Status = SalesOrder.Status
WOKEN = gettext_noop("Something happened to it again.")
AFTER_SALES = gettext_noop("After-sales work on it has begun.")


def _finished_before(moment: dt.datetime) -> QuerySet[SalesOrder]:
    """Cancelled, or completed and paid, for longer than that, and not taken out of the archive since."""
    finished = Q(status=Status.CANCELLED) | Q(status=Status.COMPLETED, settled_at__isnull=False)
    rested = Q(restored_at=None) | Q(restored_at__lt=moment)
    return SalesOrder.objects.filter(finished, rested, archived_at=None, status_since__lt=moment)


def archive_old(*, batch: int = BATCH) -> int:
    """Archive what has been finished for longer than the company's policy says; returns how many orders."""
    days = Company.current().archive_after_days
    if not days:
        return 0
    place: tuple[Any, int] = (None, 0)
    moment, archived = timezone.now() - dt.timedelta(days=days), 0
    while True:
        rows = _after(_finished_before(moment), place).order_by("status_since", "id")
        found = list(rows.values_list("status_since", "pk")[:batch])
        if not found:
            return archived
        place = found[-1]
        archived += _archive([pk for _since, pk in found], moment)


def _after(rows: QuerySet[SalesOrder], place: tuple[Any, int]) -> QuerySet[SalesOrder]:
    since, pk = place
    return rows if since is None else rows.filter(Q(status_since__gt=since) | Q(status_since=since, pk__gt=pk))


@verb
def _archive(pks: list[int], moment: dt.datetime) -> int:
    """Archive those of the orders that nobody is working on and that no other app keeps open."""
    free = _finished_before(moment).filter(pk__in=pks).select_for_update(skip_locked=True)
    orders = {order.pk: order for order in free.order_by("id")}
    for path in KEPT_OPEN:
        for pk in import_string(path)(orders):
            orders.pop(pk, None)
    SalesOrder.objects.filter(pk__in=orders).update(archived_at=timezone.now())
    StatusChange.objects.bulk_create(_note(order, "archive", by=None) for order in orders.values())
    return len(orders)


def _note(order: SalesOrder, name: str, *, by: User | None, note: str = "") -> StatusChange:
    return StatusChange(
        document_type=order._meta.label,
        document_id=order.pk,
        transition=name,
        source=order.status,
        target=order.status,
        by=by,
        note=note,
    )


@verb
def restore(order: SalesOrder, *, by: User) -> None:
    """Bring an archived order back into the working lists. One that is not archived stays as it is."""
    if not by.has_perm("orders.restore_salesorder"):
        raise NotPermitted(
            _("You do not have the right to restore orders from the archive."),
            hint=_("Ask an administrator for the role that does this."),
        )
    lock(order)
    _restore(order, by=by)


def _restore(order: SalesOrder, *, by: User | None, note: str = "") -> None:
    if order.archived_at is None:
        return
    order.archived_at, order.restored_at = None, timezone.now()
    order.save(update_fields=["archived_at", "restored_at"])
    _note(order, "restore", by=by, note=note).save()


@transaction.atomic
def wake(order: SalesOrder) -> None:
    """Bring back a locked order to which something happens again: a payment taken back, goods returned, a late scan."""
    _restore(order, by=None, note=WOKEN)


@transaction.atomic
def restore_for(document: Document, *, change: StatusChange, by: User | None) -> None:
    """Bring the order back for which a return or a case was opened (follower of their “create”)."""
    order: SalesOrder = document.order  # type: ignore[attr-defined]
    lock(order)
    _restore(order, by=None, note=AFTER_SALES)
