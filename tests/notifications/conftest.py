"""People, a customer and an order to tell of."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group

from erp.models import Document, StatusChange, User
from inventory.models import Warehouse
from notifications import basics
from orders.models import Channel, Customer, SalesOrder


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Make a member of staff with a role."""

    def make(username: str, *roles: str, **fields: Any) -> User:
        user = User.objects.create_user(username, email=f"{username}@example.com", name=username.title(), **fields)
        user.groups.set(Group.objects.filter(name__in=roles))
        return user

    return make


@pytest.fixture
def subscriptions(db: None) -> None:
    """The subscriptions that a new company starts with."""
    basics.ensure_basics()


@pytest.fixture
def order(person: Callable[..., User], subscriptions: None) -> SalesOrder:
    """A pending order that Anna entered for her customer."""
    anna = person("anna", "sales")
    customer = Customer.objects.create(code="C1", name="华东五金", owner=anna, email="buyer@example.com")
    return SalesOrder.objects.create(
        number="SO-1",
        customer=customer,
        channel=Channel.objects.get_or_create(code="phone", defaults={"name": "电话"})[0],
        salesperson=anna,
        created_by=anna,
        warehouse=Warehouse.objects.get_or_create(code="MAIN", defaults={"name": "主仓库"})[0],
        promised_date=date(2026, 12, 1),
        untaxed=Decimal("100.00"),
        tax=Decimal("13.00"),
        total=Decimal("113.00"),
    )


@pytest.fixture
def moved() -> Callable[..., StatusChange]:
    """The row that a move of a document leaves."""

    def make(document: Document, transition: str, *, by: User | None = None, note: str = "") -> StatusChange:
        return StatusChange.objects.create(
            document_type=document._meta.label,
            document_id=document.pk,
            transition=transition,
            target=document.status,
            by=by,
            note=note,
        )

    return make
