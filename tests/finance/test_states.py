"""Every state of a receivable and a payment against every transition."""

from decimal import Decimal
from typing import Any

import pytest

from erp.errors import NotPermitted, TransitionRefused
from erp.workflow import advance
from finance.models import Invoice, Payment
from orders.models import SalesOrder

INVOICE = {
    ("draft", "post"): "posted",
    ("draft", "cancel"): "cancelled",
    ("posted", "settle"): "settled",
    ("settled", "reopen"): "posted",
}
PAYMENT = {("draft", "post"): "posted", ("posted", "reverse"): "reversed"}


def put_into(document: Any, status: str) -> None:
    """Place a document in a state whose conditions hold for the move that leaves it."""
    values: dict[str, Any] = {"status": status}
    if isinstance(document, Invoice):
        values["allocated"] = document.total if status == "posted" else 0
        values["number"] = "X-1" if status in ("posted", "settled") else None
    type(document).objects.filter(pk=document.pk).update(**values)


@pytest.mark.parametrize("status", Invoice.Status.values)
@pytest.mark.parametrize("name", list(Invoice.transitions()))
def test_receivable(cast: Any, shipped: Any, status: str, name: str) -> None:
    shipped(1)
    invoice = Invoice.objects.get()
    put_into(invoice, status)
    wanted = INVOICE.get((status, name))
    if wanted is None:
        with pytest.raises(TransitionRefused):
            advance(invoice, name, by=None)
    else:
        if status == "draft" and name == "post":
            SalesOrder.objects.get().lines.update(invoiced=0)
        advance(invoice, name, by=None)
    invoice = Invoice.objects.get()
    assert invoice.status == (wanted or status)


@pytest.mark.parametrize("status", Payment.Status.values)
@pytest.mark.parametrize("name", list(Payment.transitions()))
def test_payment(cast: Any, status: str, name: str) -> None:
    payment = Payment.objects.create(number="PY-1", customer=cast.alpha, amount=Decimal(5))
    put_into(payment, status)
    wanted = PAYMENT.get((status, name))
    if wanted is None:
        with pytest.raises(TransitionRefused):
            advance(payment, name, by=None)
    else:
        advance(payment, name, by=None)
    assert Payment.objects.get().status == (wanted or status)


@pytest.mark.parametrize("name", ["settle", "reopen"])
def test_the_system_alone_settles(cast: Any, shipped: Any, name: str) -> None:
    shipped(1)
    invoice = Invoice.objects.get()
    put_into(invoice, "posted" if name == "settle" else "settled")
    with pytest.raises(NotPermitted):
        advance(invoice, name, by=cast.admin)


@pytest.mark.parametrize(("name", "reason"), [("settle", "draft"), ("post", "lines")])
def test_conditions(cast: Any, shipped: Any, name: str, reason: str) -> None:
    shipped(1)
    invoice = Invoice.objects.get()
    if name == "post":
        invoice.lines.all().delete()
        put_into(invoice, "draft")
    with pytest.raises(TransitionRefused) as refusal:
        advance(invoice, name, by=None)
    assert refusal.value.reasons
