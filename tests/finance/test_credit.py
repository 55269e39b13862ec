"""Credit notes for goods that came back."""

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from erp.errors import BusinessError
from erp.models import Company
from finance.models import Invoice
from finance.services import credit_return, record_payment
from orders.models import SalesOrder
from tests.finance.conftest import assert_books_agree, balance, invoice_of, returned

D = Decimal


def test_credit_lowers_the_open_receivable(cast: Any, shipped: Callable[..., SalesOrder], credit: Any) -> None:
    order = shipped()
    note = credit(order, 2)
    assert (note.untaxed, note.tax, note.status) == (D(200), D(26), "settled")
    assert invoice_of(order).outstanding == D(904)
    assert balance("1122", cast.alpha) == D(904)
    assert (balance("6001"), balance("222101")) == (D(-800), D(-104))
    record_payment(
        customer=cast.alpha,
        amount=D(904),
        method="bank",
        by=cast.finance,
        allocations=[(invoice_of(order), D(904))],
    )
    order.refresh_from_db()
    assert (order.paid, order.payment_state, order.settled_at is not None) == (D(1130), "paid", True)
    assert_books_agree()


def test_whole_return_leaves_nothing_owed(cast: Any, shipped: Callable[..., SalesOrder], credit: Any) -> None:
    order = shipped(3, price="33.333333")
    billed = invoice_of(order)
    for _piece in range(3):
        credit(order, 1)
    assert sum(Invoice.objects.filter(kind="credit").values_list("total", flat=True)) == billed.total
    order.refresh_from_db()
    assert balance("1122") == 0 and order.settled_at is not None
    assert_books_agree()


def test_same_return_credits_once(cast: Any, shipped: Callable[..., SalesOrder]) -> None:
    back = returned(shipped(), 2)
    assert credit_return(back, by=None) == credit_return(back, by=None)
    assert Invoice.objects.filter(kind="credit").count() == 1


def test_more_than_billed_is_refused(cast: Any, shipped: Callable[..., SalesOrder]) -> None:
    with pytest.raises(BusinessError) as refusal:
        credit_return(returned(shipped(4), 5), by=None)
    assert refusal.value.code == "not_billed"


def test_unbilled_is_refused_with_the_way_out(cast: Any, shipped: Callable[..., SalesOrder]) -> None:
    company = Company.current()
    company.invoice_on_shipment = False
    company.save()
    with pytest.raises(BusinessError) as refusal:
        credit_return(returned(shipped(4), 1), by=None)
    assert refusal.value.hint


def test_nothing_came_back(cast: Any, shipped: Callable[..., SalesOrder]) -> None:
    empty = SimpleNamespace(pk=1, order=shipped(4), lines=SimpleNamespace(all=list))
    with pytest.raises(BusinessError):
        credit_return(empty, by=None)
