"""Shipped orders, returns and cases in every state."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from aftersales.models import ReturnRequest
from aftersales.services import receive_return, request_return
from erp.workflow import advance
from orders.models import SalesOrder
from tests.finance.conftest import shipped  # noqa: F401  a fixture


def ask_back(order: SalesOrder, quantity: str | int, *, by: Any) -> ReturnRequest:
    """A return of so many of the order's first line."""
    line = order.lines.order_by("position").first()
    return request_return(order, lines={line.pk: Decimal(quantity)}, reason="quality", text="坏了", by=by)


@pytest.fixture
def came_back(cast: Any) -> Callable[..., ReturnRequest]:
    """`came_back(order, 3)`: accepted and received; `sellable=False` puts it into quarantine."""

    def make(order: SalesOrder, quantity: int, *, sellable: bool = True) -> ReturnRequest:
        request = ask_back(order, quantity, by=cast.service)
        advance(request, "approve", by=cast.service)
        line = request.lines.get()
        receive_return(
            request,
            received={line.pk: Decimal(quantity)},
            sellable={line.pk} if sellable else set(),
            by=cast.warehouse,
        )
        return request

    return make


@pytest.fixture
def sign_in(client: Client) -> Callable[[Any], Client]:
    """The client signed in as somebody."""

    def go(user: Any) -> Client:
        client.force_login(user)
        return client

    return go
