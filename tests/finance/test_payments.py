"""Money in, matched with receivables, taken back, reversed, refunded."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.workflow import advance
from finance.models import Allocation, Invoice, JournalEntry, Payment, Period
from finance.services import allocate, apply_credit, record_payment, refund_credit, take_back
from orders.models import SalesOrder
from tests.finance.conftest import assert_books_agree, balance, invoice_of

D = Decimal
Shipped = Callable[..., SalesOrder]


def pay(cast: Any, amount: str | int, **fields: Any) -> Payment:
    """A bank transfer from alpha."""
    return record_payment(
        **{"customer": cast.alpha, "amount": D(amount), "method": "bank", "by": cast.finance, **fields}
    )


def test_payment_is_a_prepayment_until_allocated(cast: Any) -> None:
    payment = pay(cast, 500, reference="B-1")
    assert (payment.status, payment.unallocated) == ("posted", D(500))
    assert (balance("1002"), balance("2203", cast.alpha)) == (D(500), D(-500))
    assert_books_agree()


@pytest.mark.parametrize(
    ("method", "account"),
    [("bank", "1002"), ("alipay", "1012"), ("wechat", "1012"), ("cash", "1001"), ("draft", "1121")],
)
def test_each_method_has_its_account(cast: Any, method: str, account: str) -> None:
    pay(cast, 80, method=method)
    assert balance(account) == D(80)


def test_payment_in_full_settles_the_order(cast: Any, shipped: Shipped) -> None:
    order = shipped()
    invoice = invoice_of(order)
    payment = pay(cast, 1130, allocations=[(invoice, D(1130))])
    for row in (invoice, payment, order, cast.alpha):
        row.refresh_from_db()
    assert (invoice.status, payment.unallocated, order.paid) == ("settled", D(0), D(1130))
    assert (order.payment_state, order.settled_at is not None) == ("paid", True)
    assert cast.alpha.receivable == balance("1122") == balance("2203") == 0
    assert_books_agree()


def test_part_payment(cast: Any, shipped: Shipped) -> None:
    order = shipped()
    pay(cast, 1000, allocations=[(invoice_of(order), D(600))])
    order.refresh_from_db()
    assert (order.payment_state, invoice_of(order).outstanding, balance("2203")) == ("partly", D(530), D(-400))
    assert_books_agree()


def test_one_payment_settles_several(cast: Any, shipped: Shipped) -> None:
    first, second = invoice_of(shipped(1)), invoice_of(shipped(2))
    pay(cast, 339, allocations=[(second, D(226)), (first, D(113))])
    assert set(Invoice.objects.values_list("status", flat=True)) == {"settled"}
    assert_books_agree()


def test_take_back_reopens(cast: Any, shipped: Shipped) -> None:
    order = shipped()
    payment = pay(cast, 1130, allocations=[(invoice_of(order), D(1130))])
    take_back(payment.allocations.get(), by=cast.finance)
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.unallocated, invoice_of(order).status, order.paid) == (D(1130), "posted", D(0))
    assert (order.settled_at, order.payment_state) == (None, "unpaid")
    assert_books_agree()


def test_take_back_only_once(cast: Any, shipped: Shipped) -> None:
    payment = pay(cast, 1130, allocations=[(invoice_of(shipped()), D(1130))])
    allocation = payment.allocations.get()
    undo = take_back(allocation, by=cast.finance)
    for row in (allocation, undo):
        with pytest.raises(BusinessError) as refusal:
            take_back(row, by=cast.finance)
        assert refusal.value.code == "taken_back"
    assert_books_agree()


def test_reverse(cast: Any) -> None:
    payment = pay(cast, 500, reference="B-1")
    advance(payment, "reverse", by=cast.finance, note="entered twice")
    assert balance("1002") == balance("2203") == 0
    assert pay(cast, 500, reference="B-1").status == "posted"  # the reference is free again
    with pytest.raises(TransitionRefused):
        advance(payment, "reverse", by=cast.finance, note="again")
    assert_books_agree()


def test_reverse_needs_allocations_taken_back(cast: Any, shipped: Shipped) -> None:
    payment = pay(cast, 1130, allocations=[(invoice_of(shipped()), D(100))])
    with pytest.raises(TransitionRefused, match=r"核销|allocat"):
        advance(payment, "reverse", by=cast.finance, note="bounced")


@pytest.mark.parametrize("amount", ["0", "-5", "1.005"])
def test_bad_amounts(cast: Any, amount: str) -> None:
    with pytest.raises(BusinessError) as refusal:
        pay(cast, amount)
    assert refusal.value.field == "amount"
    assert not Payment.objects.exists()


def test_bad_method_and_date(cast: Any) -> None:
    with pytest.raises(BusinessError) as refusal:
        pay(cast, 5, method="shells")
    assert refusal.value.field == "method"
    with pytest.raises(BusinessError) as refusal:
        pay(cast, 5, received_on=timezone.localdate() + dt.timedelta(days=1))
    assert refusal.value.field == "received_on"
    Period.objects.create(month=dt.date(2026, 1, 1), is_closed=True)
    with pytest.raises(BusinessError) as refusal:
        pay(cast, 5, received_on=dt.date(2026, 1, 15))
    assert (refusal.value.code, refusal.value.field) == ("period_closed", "received_on")


def test_same_reference_is_refused_and_names_the_payment(cast: Any) -> None:
    first = pay(cast, 500, reference="B-1")
    with pytest.raises(BusinessError, match=first.number) as refusal:
        pay(cast, 500, reference=" B-1 ")
    assert refusal.value.field == "reference"
    assert Payment.objects.count() == 1


def test_refusals_of_allocation(cast: Any, shipped: Shipped) -> None:
    mine, theirs = invoice_of(shipped()), invoice_of(shipped(customer=cast.beta))
    payment = pay(cast, 2000)
    cases = [
        (mine, D("1130.01"), "over_allocated"),
        (mine, D(0), "refused"),
        (mine, D("-1"), "refused"),
        (mine, D("1.001"), "refused"),
        (theirs, D(1), "refused"),
    ]
    for invoice, amount, code in cases:
        with pytest.raises(BusinessError) as refusal:
            allocate(payment, invoice=invoice, amount=amount, by=cast.finance)
        assert refusal.value.code == code
    with pytest.raises(NotPermitted):
        allocate(payment, invoice=mine, amount=D(1), by=cast.sales)
    assert not Allocation.objects.exists()
    assert_books_agree()


def test_more_than_the_payment_is_refused_whole(cast: Any, shipped: Shipped) -> None:
    first, second = invoice_of(shipped(1)), invoice_of(shipped(1))
    with pytest.raises(BusinessError) as refusal:
        pay(cast, 200, allocations=[(first, D(113)), (second, D(113))])
    assert refusal.value.code == "over_allocated"
    assert not Payment.objects.exists() and not JournalEntry.objects.filter(key__startswith="payment").exists()


def test_reversed_payment_cannot_be_allocated(cast: Any, shipped: Shipped) -> None:
    invoice, payment = invoice_of(shipped()), pay(cast, 100)
    advance(payment, "reverse", by=cast.finance, note="bounced")
    with pytest.raises(BusinessError) as refusal:
        allocate(payment, invoice=invoice, amount=D(100), by=cast.finance)
    assert refusal.value.code == "wrong_state"


def test_only_finance_records_money(cast: Any) -> None:
    with pytest.raises(NotPermitted):
        pay(cast, 5, by=cast.sales)
    with pytest.raises(NotPermitted):
        pay(cast, 5, by=cast.manager)


def test_credit_is_used_and_refunded(cast: Any, shipped: Shipped, credit: Callable[..., Invoice]) -> None:
    paid_order, open_order = shipped(), shipped(1)
    pay(cast, 1130, allocations=[(invoice_of(paid_order), D(1130))])
    note = credit(paid_order, 3)
    assert (note.kind, note.total, note.outstanding, note.number[:3]) == ("credit", D(339), D(339), "CN-")
    cast.alpha.refresh_from_db()
    assert cast.alpha.receivable == D(113) - D(339)

    apply_credit(note, invoice=invoice_of(open_order), amount=D(113), by=cast.finance)
    assert invoice_of(open_order).status == "settled"
    note.refresh_from_db()
    refund = refund_credit(note, amount=D(226), method="bank", by=cast.finance)
    note.refresh_from_db()
    assert (note.status, refund.is_refund, refund.unallocated) == ("settled", True, D(0))
    assert balance("1122", cast.alpha) == 0 and balance("1002") == D(1130) - D(226)
    assert_books_agree()

    take_back(refund.allocations.get(), by=cast.finance)
    advance(refund, "reverse", by=cast.finance, note="bounced")
    note.refresh_from_db()
    assert (note.status, note.outstanding) == ("posted", D(226))
    assert_books_agree()


def test_refund_refusals(cast: Any, shipped: Shipped, credit: Callable[..., Invoice]) -> None:
    order = shipped()
    pay(cast, 1130, allocations=[(invoice_of(order), D(1130))])
    note = credit(order, 1)
    with pytest.raises(BusinessError) as refusal:
        refund_credit(note, amount=D(114), method="bank", by=cast.finance)
    assert refusal.value.code == "over_allocated"
    with pytest.raises(BusinessError):
        refund_credit(invoice_of(order), amount=D(1), method="bank", by=cast.finance)
    with pytest.raises(BusinessError):
        allocate(pay(cast, 5), invoice=note, amount=D(5), by=cast.finance)
    assert Payment.objects.filter(kind="refund").count() == 0
    assert_books_agree()
