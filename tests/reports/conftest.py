"""Orders with a past: statuses, times and amounts set as the reports must find them."""

import datetime as dt
import itertools
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from erp.models import StatusChange, User
from inventory.models import Product
from inventory.services import default_warehouse
from orders.models import Channel, OrderLine, SalesOrder
from reports.filters import ReportFilter
from tests.cast import make_product

_numbers = itertools.count(1)
TODAY = dt.date(2026, 11, 20)


def moment(day: str, hour: int = 12) -> dt.datetime:
    """A moment in the company's time zone."""
    return timezone.make_aware(dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour)))


@pytest.fixture
def past(cast: SimpleNamespace) -> Callable[..., SalesOrder]:
    """Write an order as it stands today, without its story."""

    def make(
        day: str, amount: str = "113.00", *, product: Product | None = None, quantity: int = 1, **fields: Any
    ) -> SalesOrder:
        total = Decimal(amount)
        shipped = fields.pop("shipped", None)
        values: dict[str, Any] = {
            "number": f"SO-T-{next(_numbers)}",
            "customer": cast.alpha,
            "channel": Channel.objects.get(code=fields.pop("channel", "phone")),
            "salesperson": cast.sales,
            "warehouse": default_warehouse(),
            "ordered_at": moment(day),
            "promised_date": dt.date(2026, 12, 1),
            "untaxed": total,
            "total": total,
            "shipped_at": moment(*shipped) if isinstance(shipped, tuple) else moment(shipped) if shipped else None,
            **fields,
        }
        order = SalesOrder.objects.create(**values)
        OrderLine.objects.create(
            order=order,
            position=1,
            product=product or make_product(),
            description="x",
            unit="个",
            quantity=quantity,
            untaxed=total,
            total=total,
        )
        return order

    return make


@pytest.fixture
def stay() -> Callable[..., StatusChange]:
    """Note that an order left a state on a day after so many seconds."""

    def make(order: SalesOrder, source: str, seconds: int, day: str = "2026-11-10", target: str = "x") -> StatusChange:
        return StatusChange.objects.create(
            document_type="orders.SalesOrder",
            document_id=order.pk,
            transition="t",
            source=source,
            target=target,
            at=moment(day),
            seconds=seconds,
        )

    return make


@pytest.fixture
def wanted(cast: SimpleNamespace) -> Callable[..., ReportFilter]:
    """The filter of an address, on 2026-11-20."""

    def make(query: str = "", user: User | None = None) -> ReportFilter:
        return ReportFilter(QueryDict(query), user=user or cast.manager, today=TODAY)

    return make


@pytest.fixture
def manager(cast: SimpleNamespace) -> Client:
    """The manager's browser."""
    client = Client()
    client.force_login(cast.manager)
    return client
