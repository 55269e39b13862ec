"""The pages of finance: for whom they open, what they refuse, and what they keep."""

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from erp.models import Company
from finance.models import Allocation, Invoice, JournalEntry, Payment
from finance.services import create_invoice, post_pending_stock, record_payment
from orders.models import SalesOrder
from tests.cast import make_product, put_in_stock
from tests.finance.conftest import assert_books_agree, invoice_of

D = Decimal
Shipped = Callable[..., SalesOrder]


@pytest.fixture
def sign_in(client: Client) -> Callable[[Any], Client]:
    """The client signed in as somebody."""

    def go(user: Any) -> Client:
        client.force_login(user)
        return client

    return go


def addresses(cast: Any, shipped: Shipped, credit: Any) -> list[str]:
    """Every page of finance, each with something on it."""
    order = shipped()
    invoice = invoice_of(order)
    payment = record_payment(
        customer=cast.alpha, amount=D(1500), method="bank", by=cast.finance, allocations=[(invoice, D(1130))]
    )
    note = credit(order, 1)
    put_in_stock(make_product(), 1)
    assert post_pending_stock()  # stock without a document: its voucher belongs to the movement
    entry = JournalEntry.objects.order_by("id").last()
    shipped(2)
    return [
        "/finance/",
        "/finance/?tab=overdue&q=1&due_from=2026-01-01&age=30",
        "/finance/?tab=credit",
        f"/finance/invoices/{invoice.pk}/",
        f"/finance/invoices/{note.pk}/",
        f"/finance/invoices/{invoice.pk}/receivable.pdf",
        f"/finance/customers/{cast.alpha.code}/",
        f"/finance/customers/{cast.alpha.code}/?first=2026-01-01&last=2025-01-01",
        f"/finance/customers/{cast.alpha.code}/?format=xlsx&first=2026-01-01&last=2027-01-01",
        f"/finance/customers/{cast.alpha.code}/statement.pdf",
        "/finance/export.xlsx",
        "/finance/payments/",
        "/finance/payments/?tab=open&method=bank&q=1",
        "/finance/payments/export.xlsx",
        f"/finance/payments/new/?invoice={invoice.pk}",
        f"/finance/payments/new/?customer={cast.alpha.code}&amount=100",
        f"/finance/payments/{payment.number}/",
        "/finance/journal/",
        "/finance/journal/?account=1122&since=2026-01-01",
        f"/finance/journal/{entry.number}/",
        f"/finance/journal/{JournalEntry.objects.order_by('id').first().number}/",
        "/finance/to-bill/",
    ]


def test_finance_opens_every_page(cast: Any, shipped: Shipped, credit: Any, sign_in: Any) -> None:
    client = sign_in(cast.finance)
    for address in addresses(cast, shipped, credit):
        assert client.get(address).status_code == 200, address


def test_others_do_not(cast: Any, shipped: Shipped, credit: Any, sign_in: Any, client: Client) -> None:
    every = addresses(cast, shipped, credit)
    for address in every:
        assert client.get(address).status_code == 302, address  # a visitor signs in first
    for person, status in ((cast.warehouse, 403), (cast.alpha_login, 404)):
        sign_in(person)
        for address in every:
            assert client.get(address).status_code == status, address


def test_approver_reads_and_cannot_act(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    invoice = invoice_of(shipped())
    client = sign_in(cast.approver)
    page = client.get(f"/finance/invoices/{invoice.pk}/").content.decode()
    assert "match/" not in page
    assert client.post(f"/finance/invoices/{invoice.pk}/match/", {"amount": "1"}).status_code == 403
    assert client.get("/finance/payments/new/").status_code == 403


def test_missing_objects(cast: Any, sign_in: Any) -> None:
    client = sign_in(cast.finance)
    for address in (
        "/finance/invoices/999999/",
        "/finance/payments/PY-0/",
        "/finance/journal/JE-0/",
        "/finance/customers/NOBODY/",
    ):
        assert client.get(address).status_code == 404, address
    assert client.post("/finance/allocations/999999/take-back/").status_code == 404


def test_list_answers_htmx_with_the_list_only(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    order = shipped()
    client = sign_in(cast.finance)
    page = client.get("/finance/", {"q": order.number}, headers={"HX-Request": "true"}).content.decode()
    assert invoice_of(order).number in page and "<html" not in page
    assert invoice_of(order).number not in client.get("/finance/", {"q": "nothing like it"}).content.decode()


def test_unchanged_list_answers_204(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    shipped()
    client = sign_in(cast.finance)
    page = client.get("/finance/").content.decode()
    token = page.split("_v=")[1].split('"')[0].split("&")[0]
    assert client.get(f"/finance/?_v={token}", headers={"HX-Request": "true"}).status_code == 204


def test_export_holds_what_the_list_shows(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    shipped(), shipped(customer=cast.beta)
    client = sign_in(cast.finance)
    answer = client.get("/finance/export.xlsx", {"customer": cast.beta.code})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 2 and rows[1][2] == cast.beta.code and rows[1][10] == 1130


def test_record_payment_in_the_browser(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    order = shipped()
    invoice = invoice_of(order)
    client = sign_in(cast.finance)
    asked = {"customer": cast.alpha.pk, "amount": "1200"}
    proposal = client.get("/finance/payments/new/", asked, headers={"HX-Request": "true"}).content.decode()
    assert f'name="allocate_{invoice.pk}"' in proposal and 'value="1130.00"' in proposal
    answer = client.post(
        "/finance/payments/new/",
        {
            **asked,
            "method": "bank",
            "received_on": "2026-11-01",
            "reference": "R-1",
            f"allocate_{invoice.pk}": "1,130.00",
        },
    )
    payment = Payment.objects.get()
    assert answer.status_code == 302 and answer["Location"] == payment.get_absolute_url()
    assert (payment.unallocated, invoice_of(order).status) == (D(70), "settled")
    assert_books_agree()


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"amount": "abc"}, "R-77"),
        ({"amount": "-1"}, "R-77"),
        ({"amount": "10"}, "1130"),  # less than is allocated
        ({"received_on": "2999-01-01"}, "R-77"),
        ({"allocation": "x"}, "R-77"),
        ({"allocation": "99999"}, "99999"),
    ],
)
def test_bad_payment_keeps_what_was_typed(
    cast: Any, shipped: Shipped, sign_in: Any, change: dict[str, str], kept: str
) -> None:
    invoice = invoice_of(shipped())
    allocation = change.pop("allocation", "1130")
    data = {"customer": cast.alpha.pk, "amount": "1130", "method": "bank", "received_on": "2026-11-01"}
    data |= {"reference": "R-77", f"allocate_{invoice.pk}": allocation, **change}
    answer = sign_in(cast.finance).post("/finance/payments/new/", data)
    assert answer.status_code == 422
    assert kept in answer.content.decode() and 'aria-invalid="true"' in answer.content.decode()
    assert not Payment.objects.exists()


def test_match_from_the_receivable(cast: Any, shipped: Shipped, sign_in: Any, credit: Any) -> None:
    first, second = shipped(), shipped(1)
    payment = record_payment(customer=cast.alpha, amount=D(1130), method="bank", by=cast.finance)
    client = sign_in(cast.finance)
    address = f"/finance/invoices/{invoice_of(first).pk}/"
    assert payment.number in client.get(address).content.decode()
    client.post(address + "match/", {"payment": payment.number, "amount": "1,130"})
    assert invoice_of(first).status == "settled"
    note = credit(first, 1)
    client.post(f"/finance/invoices/{note.pk}/match/", {"invoice": invoice_of(second).pk, "amount": "113"})
    assert invoice_of(second).status == "settled"
    assert_books_agree()


@pytest.mark.parametrize("amount", ["", "abc", "NaN", "0", "99999"])
def test_bad_match_says_why(cast: Any, shipped: Shipped, sign_in: Any, amount: str) -> None:
    invoice = invoice_of(shipped())
    payment = record_payment(customer=cast.alpha, amount=D(10), method="bank", by=cast.finance)
    client = sign_in(cast.finance)
    address = f"/finance/invoices/{invoice.pk}/"
    answer = client.post(address + "match/", {"payment": payment.number, "amount": amount}, follow=True)
    assert answer.redirect_chain[-1][0] == address
    assert "toast-item danger" in answer.content.decode()
    assert not Allocation.objects.exists()


def test_match_what_is_left_of_a_payment(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    invoice = invoice_of(shipped())
    payment = record_payment(customer=cast.alpha, amount=D(100), method="bank", by=cast.finance)
    client = sign_in(cast.finance)
    address = payment.get_absolute_url()
    assert 'value="100.00"' in client.get(address).content.decode()
    for typed in ("", "101", "zz"):
        answer = client.post(address + "match/", {f"allocate_{invoice.pk}": typed})
        assert answer.status_code == 422 and (typed in answer.content.decode())
    assert client.post(address + "match/", {f"allocate_{invoice.pk}": "100"}).status_code == 302
    allocation = payment.allocations.get()
    back = client.post(f"/finance/allocations/{allocation.pk}/take-back/", {"from": "payment"})
    assert back["Location"] == address
    again = client.post(f"/finance/allocations/{allocation.pk}/take-back/", {"from": "payment"}, follow=True)
    assert "toast-item danger" in again.content.decode()
    assert_books_agree()


def test_reverse_needs_a_reason(cast: Any, sign_in: Any) -> None:
    payment = record_payment(customer=cast.alpha, amount=D(100), method="bank", by=cast.finance)
    client = sign_in(cast.finance)
    address = payment.get_absolute_url() + "transitions/"
    assert client.post(address, {"transition": "reverse"}).status_code == 422
    assert client.post(address, {"transition": "nonsense"}).status_code == 422
    assert client.post(address + "reverse/", {"note": "bounced"}).status_code == 302
    payment.refresh_from_db()
    assert payment.status == "reversed"


def test_refund_in_the_browser(cast: Any, shipped: Shipped, sign_in: Any, credit: Any) -> None:
    order = shipped()
    record_payment(
        customer=cast.alpha, amount=D(1130), method="bank", by=cast.finance, allocations=[(invoice_of(order), D(1130))]
    )
    note = credit(order, 1)
    client = sign_in(cast.finance)
    address = f"/finance/invoices/{note.pk}/refund/"
    wrong = client.post(address, {"amount": "200", "method": "bank", "reference": "R-9"})
    assert wrong.status_code == 422 and "R-9" in wrong.content.decode()
    assert client.post(address, {"amount": "113", "method": "bank"}).status_code == 302
    note.refresh_from_db()
    assert note.status == "settled"
    assert_books_agree()


def test_bill_by_hand_in_the_browser(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    company = Company.current()
    company.invoice_on_shipment = False
    company.save()
    order = shipped()
    client = sign_in(cast.finance)
    assert order.number in client.get("/finance/to-bill/").content.decode()
    answer = client.post("/finance/to-bill/", {"order": order.number})
    draft = Invoice.objects.get()
    assert answer["Location"] == draft.get_absolute_url()
    assert order.get_absolute_url() not in client.get("/finance/to-bill/").content.decode()
    assert client.post("/finance/to-bill/", {"order": order.number}).status_code == 422
    assert client.post("/finance/to-bill/", {"order": "SO-0"}).status_code == 404
    assert client.post(f"/finance/invoices/{draft.pk}/transitions/", {"transition": "post"}).status_code == 302
    assert Invoice.objects.get().number


def test_discard_a_draft_in_the_browser(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    company = Company.current()
    company.invoice_on_shipment = False
    company.save()
    draft = create_invoice(shipped(), by=cast.finance)
    client = sign_in(cast.finance)
    address = f"/finance/invoices/{draft.pk}/transitions/"
    assert client.post(address, {"transition": "cancel"}).status_code == 422
    assert client.post(address, {"transition": "cancel", "note": "wrong"}).status_code == 302
    assert Invoice.objects.get().status == "cancelled"


def test_statement_adds_up(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    from finance.selectors import statement

    order = shipped()
    record_payment(
        customer=cast.alpha, amount=D(1500), method="bank", by=cast.finance, allocations=[(invoice_of(order), D(1130))]
    )
    today = invoice_of(order).invoice_date
    found = statement(cast.alpha, first=today, last=today, user=cast.finance)
    assert (found.opening, found.debit, found.credit, found.closing) == (D(0), D(1130), D(1500), D(-370))
    assert [line.balance for line in found.lines] == [D(1130), D(-370)]
    later = statement(cast.alpha, first=today.replace(year=today.year + 1), last=today, user=cast.finance)
    assert (later.opening, later.lines) == (D(-370), [])


def test_queries_do_not_grow_with_rows(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = sign_in(cast.finance)
    counts = []
    for _round in range(2):
        shipped(1), shipped(1)
        with CaptureQueriesContext(connection) as queries:
            client.get("/finance/")
            client.get("/finance/journal/")
            client.get(f"/finance/customers/{cast.alpha.code}/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
