"""From a shipment to a posted receivable, and drafts by hand."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.models import Company, StatusChange
from erp.workflow import advance
from finance.models import Invoice, JournalEntry, Period
from finance.services import create_invoice, post_invoice, post_shipment
from orders.models import SalesOrder
from shipping.models import Shipment
from tests.cast import make_order, make_product, put_in_stock
from tests.finance.conftest import assert_books_agree, balance, invoice_of, ship

D = Decimal


@pytest.fixture
def by_hand(basics: None) -> None:
    """Finance makes the receivables."""
    company = Company.current()
    company.invoice_on_shipment = False
    company.save()


def test_shipment_books_cost_and_receivable(cast: Any, shipped: Callable[..., SalesOrder]) -> None:
    order = shipped(10)
    invoice = invoice_of(order)
    assert (invoice.status, invoice.untaxed, invoice.tax, invoice.total) == ("posted", D(1000), D(130), D(1130))
    assert invoice.number.startswith("INV-")
    assert (invoice.due_date - invoice.invoice_date).days == cast.alpha.payment_days
    assert balance("1122", cast.alpha) == D(1130)
    assert (balance("6001"), balance("222101")) == (D(-1000), D(-130))
    assert (balance("6401"), balance("1405")) == (D(600), D(-600))  # the test's stock came without a document
    assert order.lines.get().invoiced == 10
    cast.alpha.refresh_from_db()
    assert cast.alpha.receivable == D(1130)
    assert_books_agree()


def test_shipment_twice_books_once(cast: Any, shipped: Callable[..., SalesOrder]) -> None:
    order = shipped()
    shipment = Shipment.objects.get(order=order)
    before = JournalEntry.objects.count()
    change = StatusChange.objects.get(document_type="shipping.Shipment", transition="hand_over")
    post_shipment(shipment, change=change, by=None)
    assert (Invoice.objects.count(), JournalEntry.objects.count()) == (1, before)


@pytest.mark.parametrize("parts", [(1, 2, 4), (3, 3, 1), (5, 1, 1)])
def test_partial_receivables_add_up_to_the_line(cast: Any, by_hand: None, parts: tuple[int, ...]) -> None:
    product = make_product(price="33.333333")
    put_in_stock(product, 7)
    order = make_order((product, 7), customer=cast.alpha)
    line = order.lines.get()
    for part in parts:
        order.lines.update(shipped=F("shipped") + part, picked=F("shipped") + part, reserved=0)
        post_invoice(create_invoice(order, by=cast.finance), by=cast.finance)
    rows = Invoice.objects.filter(order=order)
    assert rows.count() == 3
    assert sum(row.untaxed for row in rows) == line.untaxed
    assert sum(row.tax for row in rows) == line.tax
    line.refresh_from_db()
    assert line.invoiced == 7


def test_draft_by_hand_then_post(cast: Any, by_hand: None, shipped: Callable[..., SalesOrder]) -> None:
    order = shipped(4)
    assert not Invoice.objects.exists()
    draft = create_invoice(order, by=cast.finance)
    assert (draft.status, draft.number, draft.total) == ("draft", None, D(452))
    assert balance("1122") == 0
    post_invoice(draft, by=cast.finance)
    assert draft.number and balance("1122", cast.alpha) == D(452)
    assert_books_agree()


def test_nothing_left_to_bill(cast: Any, by_hand: None, shipped: Callable[..., SalesOrder]) -> None:
    order = shipped(4)
    create_invoice(order, by=cast.finance)
    with pytest.raises(BusinessError, match=order.number) as refusal:
        create_invoice(order, by=cast.finance)
    assert refusal.value.code == "nothing_to_bill"


def test_discarded_draft_frees_its_quantities(cast: Any, by_hand: None, shipped: Callable[..., SalesOrder]) -> None:
    order = shipped(4)
    draft = create_invoice(order, by=cast.finance)
    advance(draft, "cancel", by=cast.finance, note="wrong")
    again = create_invoice(order, by=cast.finance)
    assert again.pk != draft.pk and again.total == draft.total


def test_only_finance_bills(cast: Any, by_hand: None, shipped: Callable[..., SalesOrder]) -> None:
    order = shipped(4)
    with pytest.raises(NotPermitted):
        create_invoice(order, by=cast.sales)
    draft = create_invoice(order, by=cast.finance)
    with pytest.raises(NotPermitted):
        post_invoice(draft, by=cast.sales)


def test_posting_twice_is_refused(cast: Any, shipped: Callable[..., SalesOrder]) -> None:
    invoice = invoice_of(shipped())
    with pytest.raises(TransitionRefused):
        post_invoice(invoice, by=cast.finance)
    assert balance("1122") == invoice.total


def test_closed_month_refuses(cast: Any, by_hand: None, shipped: Callable[..., SalesOrder]) -> None:
    draft = create_invoice(shipped(4), by=cast.finance)
    Period.objects.create(month=timezone.localdate().replace(day=1), is_closed=True)
    with pytest.raises(BusinessError) as refusal:
        post_invoice(draft, by=cast.finance)
    assert refusal.value.code == "period_closed" and refusal.value.hint
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_free_goods_are_settled_at_once(cast: Any, shipped: Callable[..., SalesOrder]) -> None:
    order = shipped(2, price="0")
    invoice = invoice_of(order)
    assert (invoice.status, invoice.total) == ("settled", D(0))
    assert balance("6401") == D(120)


def test_foreign_currency_is_booked_in_yuan(cast: Any, by_hand: None, shipped: Callable[..., SalesOrder]) -> None:
    order = shipped(1)
    SalesOrder.objects.filter(pk=order.pk).update(currency="USD", rate=D("7.123456"))
    order.refresh_from_db()
    invoice = post_invoice(create_invoice(order, by=cast.finance), by=cast.finance)
    assert invoice.currency == "USD" and invoice.total == D(113)
    assert balance("1122", cast.alpha) == D("804.95")  # 113 × 7.123456
    assert balance("6001") + balance("222101") == D("-804.95")
    assert_books_agree()


def test_two_shipments_two_receivables(cast: Any) -> None:
    product = make_product()
    put_in_stock(product, 10)
    order = make_order((product, 10), customer=cast.alpha)
    ship(order, 4)
    assert invoice_of(order).total == D(452)
    assert order.lines.get().invoiced == 4
    assert_books_agree()
