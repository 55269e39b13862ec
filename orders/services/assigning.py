"""Giving an order to a salesperson."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.models import StatusChange, User
from erp.workflow import lock, require_writable
from orders.models import SalesOrder

ASSIGN = "orders.assign_salesorder"
ASSIGNABLE = (*SalesOrder.OPEN, SalesOrder.Status.REJECTED)


def salespeople() -> QuerySet[User]:
    """Who may be an order's salesperson: active people of the role, by name."""
    people = User.objects.filter(is_portal=False, is_active=True, groups__name="sales")
    return people.order_by("name", "username").distinct()


@transaction.atomic
def assign(order: SalesOrder, salesperson: User | None, *, by: User | None) -> None:
    """Make somebody the order's salesperson, or nobody. The same one again changes nothing.

    Raises NotPermitted without the right, BusinessError for a finished order or somebody who does not sell.
    """
    if by is not None and not by.has_perm(ASSIGN):
        raise NotPermitted(
            _("You do not have the right to give orders to another salesperson."),
            hint=_("Ask an administrator for the role that does this."),
        )
    lock(order)
    require_writable(order, by=by)
    if order.salesperson_id == (salesperson.pk if salesperson else None):
        return
    if order.status not in ASSIGNABLE:
        raise BusinessError(
            _("%(number)s is “%(status)s”; its salesperson stays.")
            % {"number": order.number, "status": order.get_status_display()}
        )
    if salesperson is not None and not salespeople().filter(pk=salesperson.pk).exists():
        raise BusinessError(_("%(name)s is not a salesperson.") % {"name": salesperson}, field="person")
    before = order.salesperson
    order.salesperson = salesperson
    order.version += 1  # a form that is open with the old one must not bring it back
    order.save(update_fields=["salesperson", "version"])
    StatusChange.objects.create(
        document_type=order._meta.label,
        document_id=order.pk,
        transition="assign",
        source=order.status,
        target=order.status,
        by=by,
        note=f"{before or '—'} → {salesperson or '—'}",
    )
