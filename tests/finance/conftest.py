"""Short ways to shipped orders and to the books."""

import itertools
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import Sum

from erp.workflow import advance
from finance.models import Invoice, JournalLine
from finance.services import credit_return
from finance.verify import differences
from orders.models import SalesOrder
from shipping.models import CarrierService, PickList, Shipment
from shipping.services import confirm_pick, hand_over, pack
from tests.cast import make_order, make_product, put_in_stock

_returns = itertools.count(900001)


def ship(order: SalesOrder, *quantities: str | int) -> Shipment:
    """Pick, pack and hand over an order's open pick list: all of it, or these quantities of its lines."""
    if order.status == SalesOrder.Status.PENDING:
        advance(order, "approve", by=None)
    pick_list = PickList.objects.get(order=order, status="open")
    lines = list(pick_list.lines.order_by("order_line__position"))
    wanted = [Decimal(q) for q in quantities] or [line.wanted for line in lines]
    confirm_pick(pick_list, picked={line.pk: q for line, q in zip(lines, wanted, strict=True)}, by=None)
    shipment = pack(pick_list, parcels=None, by=None)
    tracking = {parcel.pk: f"T{parcel.pk:08d}" for parcel in shipment.parcels.all()}
    hand_over(shipment, service=CarrierService.objects.order_by("id").first(), tracking=tracking, by=None)
    order.refresh_from_db()
    return shipment


def balance(code: str, customer: Any = None) -> Decimal:
    """An account's balance, debit positive."""
    rows = JournalLine.objects.filter(account__code=code)
    if customer is not None:
        rows = rows.filter(customer=customer)
    return rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def assert_books_agree() -> None:
    """Nothing that `verify` checks differs."""
    assert list(differences()) == []


@pytest.fixture
def shipped(cast: Any) -> Callable[..., SalesOrder]:
    """`shipped(10, price="100", customer=…)`: an order of so many pieces that has left whole."""

    def make(quantity: int = 10, *, price: str = "100", customer: Any = None, **fields: Any) -> SalesOrder:
        product = make_product(price=price)
        put_in_stock(product, quantity)
        order = make_order((product, quantity), customer=customer or cast.alpha, **fields)
        ship(order)
        return order

    return make


def invoice_of(order: SalesOrder) -> Invoice:
    """The one receivable of an order."""
    return Invoice.objects.get(order=order, kind="invoice")


def returned(order: SalesOrder, quantity: int) -> Any:
    """What finance sees of a return of the order's first line."""
    line = SimpleNamespace(order_line_id=order.lines.first().pk, received=Decimal(quantity))
    return SimpleNamespace(pk=next(_returns), order=order, lines=SimpleNamespace(all=lambda: [line]))


@pytest.fixture
def credit(cast: Any) -> Callable[[SalesOrder, int], Invoice]:
    """`credit(order, 3)`: three of the first line credited."""
    return lambda order, quantity: credit_return(returned(order, quantity), by=None)
