"""Two customers that are one: everything moves to the survivor, the other stays, blocked, and points to it."""

from typing import Any

import pghistory
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.merging import move_customer
from erp.models import User
from erp.transactions import verb
from orders.models import Address, ChannelCustomer, Contact, Customer, CustomerUser, OrderTemplate, Project, SalesOrder
from orders.services.customers import update_customer
from orders.services.freshness import after_merging_into

# What a person chooses from either of the two; the survivor keeps its code.
MERGED_FIELDS = (
    "name",
    "short_name",
    "tax_number",
    "level",
    "owner",
    "credit_limit",
    "payment_days",
    "price_list",
    "email",
    "note",
)


@verb
def merge_customers(survivor: Customer, loser: Customer, *, by: User | None, fields: dict[str, Any]) -> Customer:
    """Move everything of the loser to the survivor, with the chosen `fields`, and block the loser.

    One transaction; each app moves its own (`erp.merging`). Raises BusinessError when one of them is merged already, or
    somebody works on the loser at the same moment.
    """
    if unknown := set(fields) - set(MERGED_FIELDS):
        raise TypeError(f"merge_customers() has no {sorted(unknown)}")
    _refuse_nonsense(survivor, loser)
    with pghistory.context(user=by.pk if by else None, merged=loser.code, into=survivor.code):
        move_customer(loser, survivor, by=by)
        # Whoever entered an order for the loser meanwhile holds its row until then.
        locked = list(Customer.objects.select_for_update().filter(pk__in=[survivor.pk, loser.pk]).order_by("pk"))
        if any(one.merged_into_id for one in locked) or _something_left(loser):
            raise BusinessError(
                _("Somebody worked on %(name)s at this moment.") % {"name": loser.name},
                hint=_("Nothing was changed. Please try again."),
            )
        survivor.tags.add(*loser.tags.all())
        update_customer(loser, by=by, is_active=False, merged_into=survivor)
        update_customer(survivor, by=by, **fields)
        after_merging_into(survivor)
    return survivor


def _refuse_nonsense(survivor: Customer, loser: Customer) -> None:
    if survivor.pk == loser.pk:
        raise BusinessError(_("Choose two different customers."))
    for one in Customer.objects.filter(pk__in=[survivor.pk, loser.pk], merged_into__isnull=False):
        raise BusinessError(_("%(name)s is merged into another customer already.") % {"name": one.name})


def _something_left(loser: Customer) -> bool:
    """Whether a row that should have moved still names the loser. One query a table."""
    kept = {"customerevent", "journalline", "customer", "customer_tags"}
    return any(
        relation.related_model._default_manager.filter(**{relation.field.name: loser}).exists()
        for relation in Customer._meta.related_objects
        if relation.related_model._meta.model_name not in kept and not relation.many_to_many
    )


def move_orders(loser: Customer, survivor: Customer, *, by: User | None) -> None:
    """Orders with all that hangs on them, their templates, what shops call the customer. Locks the orders by id."""
    mine = SalesOrder.objects.filter(customer=loser).select_for_update(of=("self",)).order_by("pk")
    keys = list(mine.values_list("pk", flat=True))
    SalesOrder.objects.filter(pk__in=keys).update(customer=survivor)
    ChannelCustomer.objects.filter(customer=loser).update(customer=survivor)
    OrderTemplate.objects.filter(customer=loser).update(customer=survivor)
    Project.objects.filter(customer=loser).update(customer=survivor)


def move_people(loser: Customer, survivor: Customer, *, by: User | None) -> None:
    """Contacts, addresses and portal logins; the survivor's defaults stay the defaults."""
    for model in (Contact, Address):
        rows = model._default_manager.filter(customer=loser)
        if model._default_manager.filter(customer=survivor, is_default=True).exists():
            rows.update(is_default=False)
        rows.update(customer=survivor)
    CustomerUser.objects.filter(customer=loser).update(customer=survivor)
    Customer.objects.filter(merged_into=loser).update(merged_into=survivor)
