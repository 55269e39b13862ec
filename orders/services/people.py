"""Contacts and addresses of a customer: exactly one of each is the default as long as there is any."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import User
from orders.models import Address, Contact, Customer

_Row = Contact | Address


@transaction.atomic
def save_contact(customer: Customer, *, by: User | None, contact: Contact | None = None, **fields: Any) -> Contact:
    """Add a person at the customer, or change one. The first one becomes the default."""
    row = contact or Contact(customer=customer)
    _save(customer, row, fields)
    return row


@transaction.atomic
def save_address(customer: Customer, *, by: User | None, address: Address | None = None, **fields: Any) -> Address:
    """Add an address, or change one. Orders keep the address they were entered with."""
    row = address or Address(customer=customer)
    _save(customer, row, fields)
    return row


@transaction.atomic
def remove_contact(contact: Contact, *, by: User | None) -> None:
    """Delete a person; the next one becomes the default."""
    _remove(contact)


@transaction.atomic
def remove_address(address: Address, *, by: User | None) -> None:
    """Delete an address; the next one becomes the default."""
    _remove(address)


def _siblings(row: _Row) -> Any:
    return type(row)._default_manager.filter(customer_id=row.customer_id).exclude(pk=row.pk)


def _save(customer: Customer, row: _Row, fields: dict[str, Any]) -> None:
    Customer.objects.select_for_update().get(pk=customer.pk)  # two people adding a default at once
    for name, value in fields.items():
        setattr(row, name, value)
    others = _siblings(row)
    if row.is_default:
        others.filter(is_default=True).update(is_default=False)
    elif not others.filter(is_default=True).exists():
        row.is_default = True
    row.save()


def _remove(row: _Row) -> None:
    if row.pk is None:
        raise BusinessError(_("It is gone already."))
    heir = _siblings(row).order_by("id").first() if row.is_default else None
    row.delete()
    if heir is not None:
        heir.is_default = True
        heir.save(update_fields=["is_default"])
