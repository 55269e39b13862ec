"""People who do the same thing at the same moment, with real transactions."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections, transaction

from erp.errors import BusinessError
from erp.models import Company
from finance.models import Allocation, Invoice
from finance.services import allocate, create_invoice, post_invoice, record_payment, take_back
from finance.services.stock import post_pending_stock
from tests.cast import make_product, put_in_stock
from tests.finance.conftest import assert_books_agree

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts at the same moment, each on a connection of its own; their results or BusinessErrors."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return act()
        except BusinessError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_people_allocate_the_last_hundred(cast: Any, shipped: Any) -> None:
    shipped(1), shipped(1)
    first, second = Invoice.objects.order_by("id")
    payment = record_payment(customer=cast.alpha, amount=D(100), method="bank", by=cast.finance)
    results = together(
        lambda: allocate(type(payment).objects.get(), invoice=first, amount=D(100), by=cast.finance),
        lambda: allocate(type(payment).objects.get(), invoice=second, amount=D(100), by=cast.finance),
    )
    refusals = [result for result in results if isinstance(result, BusinessError)]
    assert len(refusals) == 1
    assert refusals[0].code == "over_allocated" and "0.00" in refusals[0].message and refusals[0].hint
    assert Allocation.objects.count() == 1
    assert_books_agree()


def test_two_payments_for_the_same_rest(cast: Any, shipped: Any) -> None:
    shipped(1)
    invoice = Invoice.objects.get()
    payments = [
        record_payment(customer=cast.alpha, amount=D(113), method="bank", by=cast.finance) for _number in range(2)
    ]
    results = together(
        *[lambda p=p: allocate(p, invoice=Invoice.objects.get(), amount=D(113), by=cast.finance) for p in payments]
    )
    assert sum(isinstance(result, BusinessError) for result in results) == 1
    invoice.refresh_from_db()
    assert invoice.status == "settled"
    assert_books_agree()


def test_two_people_take_the_same_allocation_back(cast: Any, shipped: Any) -> None:
    shipped(1)
    payment = record_payment(
        customer=cast.alpha,
        amount=D(113),
        method="bank",
        by=cast.finance,
        allocations=[(Invoice.objects.get(), D(113))],
    )
    allocation = payment.allocations.get()
    results = together(*[lambda: take_back(Allocation.objects.get(pk=allocation.pk), by=cast.finance)] * 2)
    assert sum(isinstance(result, BusinessError) for result in results) == 1
    assert_books_agree()


def test_numbers_have_no_gaps_under_eight_threads(cast: Any, shipped: Any) -> None:
    company = Company.current()
    company.invoice_on_shipment = False
    company.save()
    drafts = [create_invoice(shipped(1), by=cast.finance).pk for _number in range(8)]

    def post(pk: int) -> str | None:
        invoice = Invoice.objects.get(pk=pk)
        if pk != drafts[3]:
            return post_invoice(invoice, by=cast.finance).number
        with pytest.raises(RuntimeError), transaction.atomic():
            post_invoice(invoice, by=cast.finance)
            raise RuntimeError("fails after the number was taken")
        return None

    numbers = [number for number in together(*[lambda pk=pk: post(pk) for pk in drafts]) if number]
    assert sorted(int(number.rsplit("-", 1)[1]) for number in numbers) == list(range(1, 8))
    assert_books_agree()


def test_stock_is_posted_once_by_two_workers(cast: Any) -> None:
    put_in_stock(make_product(), 5)
    results = together(post_pending_stock, post_pending_stock)
    assert sorted(results) in ([0, 1], [1, 1])
    assert post_pending_stock() == 0
    assert_books_agree()
