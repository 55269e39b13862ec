"""Reads of customers that more than one page needs: credit, and what the order form shows."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from erp.models import User
from erp.money import ZERO
from erp.privacy import address_for, address_line
from orders.models import Customer, SalesOrder

ADDRESS_PARTS = ("recipient", "phone", "province", "city", "district", "street")


@dataclass(frozen=True, slots=True)
class Credit:
    """In CNY. `limit` None: no limit is set."""

    limit: Decimal | None
    receivable: Decimal
    on_order: Decimal

    @property
    def used(self) -> Decimal:
        """Owed, and approved but not yet shipped."""
        return self.receivable + self.on_order

    @property
    def left(self) -> Decimal | None:
        """What may still be ordered; negative when the limit is exceeded."""
        return None if self.limit is None else self.limit - self.used


def credit_of(customer: Customer) -> Credit:
    """The customer's credit now. One query."""
    open_orders = SalesOrder.objects.filter(customer=customer, status__in=SalesOrder.FULFILLING)
    on_order = open_orders.aggregate(open=Sum(F("total") - F("paid")))["open"] or ZERO
    return Credit(limit=customer.credit_limit, receivable=customer.receivable, on_order=on_order)


def with_tag(customers: QuerySet[Customer], tag: str | int) -> QuerySet[Customer]:
    """Customers that have the tag, by its id; found through the index on tags."""
    having = Customer.tags.through._default_manager.filter(tag_id=tag)
    return customers.filter(pk__in=having.values("customer_id"))


@dataclass(frozen=True, slots=True)
class EntryCustomer:
    """A customer as the order form shows it: addresses as the person may see them, the usual one first, and credit."""

    customer: Customer
    addresses: list[tuple[int, str]]
    credit: Credit


def customer_for_entry(customer: Customer, user: User) -> EntryCustomer:
    """What the order form needs to know about a customer. Two queries."""
    addresses = []
    for address in customer.addresses.order_by("-is_default", "id"):
        shown = address_for(user, {part: getattr(address, part) for part in ADDRESS_PARTS})
        addresses.append((address.pk, f"{shown['recipient']} {shown['phone']} {address_line(shown)}"))
    return EntryCustomer(customer=customer, addresses=addresses, credit=credit_of(customer))
