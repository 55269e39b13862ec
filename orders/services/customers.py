"""Customers: made and changed in one place, so that search words and defaults are always there."""

from typing import Any

import pghistory
from django.db import transaction
from django.utils.translation import gettext as _
from pypinyin import Style, lazy_pinyin

from erp.errors import BusinessError
from erp.models import User
from erp.numbering import next_number
from orders.models import Address, Contact, Customer, Tag
from orders.services.freshness import after_change_of
from orders.services.tags import tags_named


def search_words(name: str) -> dict[str, str]:
    """Pinyin and pinyin initials of a Chinese name, in lower case."""
    return {
        "pinyin": "".join(lazy_pinyin(name)).lower()[:400],
        "initials": "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()[:100],
    }


def _tags(fields: dict[str, Any], by: User | None) -> list[Tag] | None:
    """The tags to set, those of `new_tags` (names) made where needed; None: they stay."""
    tags, names = fields.pop("tags", None), fields.pop("new_tags", ())
    return None if tags is None else [*tags, *tags_named(names, by=by)]


@transaction.atomic
def create_customer(
    *,
    by: User | None,
    name: str,
    code: str = "",
    contact: dict[str, Any] | None = None,
    address: dict[str, Any] | None = None,
    **fields: Any,
) -> Customer:
    """Make a customer with, where given, its first contact and address. An empty code takes the next number."""
    name = name.strip()
    if not name:
        raise BusinessError(_("A customer needs a name."), field="name")
    code = code.strip() or next_number("CU")
    if Customer.objects.filter(code=code).exists():
        raise BusinessError(
            _("Customer code %(code)s is taken.") % {"code": code}, hint=_("Choose another one."), field="code"
        )
    tags = _tags(fields, by)
    with pghistory.context(user=by.pk if by else None):  # who, for the customer's history
        customer = Customer.objects.create(code=code, name=name, **search_words(name), **fields)
    if tags:
        customer.tags.set(tags)
    if contact and contact.get("name"):
        Contact.objects.create(customer=customer, is_default=True, **contact)
    if address and address.get("street"):
        Address.objects.create(customer=customer, is_default=True, **address)
    return customer


@transaction.atomic
def update_customer(customer: Customer, *, by: User | None, **fields: Any) -> Customer:
    """Change a customer's data; orders keep the snapshot they were entered with."""
    tags = _tags(fields, by)
    for name, value in fields.items():
        setattr(customer, name, value)
    if "name" in fields:
        for name, value in search_words(customer.name).items():
            setattr(customer, name, value)
    with pghistory.context(user=by.pk if by else None):  # who, for the customer's history
        customer.save(update_fields=[*fields, "pinyin", "initials"])
    if tags is not None:
        customer.tags.set(tags)
    after_change_of(customer, fields)
    return customer
