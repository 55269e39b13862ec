"""Duplicates of customers: found, compared, merged with everything that hangs on them."""

from decimal import Decimal

import pytest
from django.utils import timezone

from erp.errors import BusinessError
from erp.workflow import advance
from finance.models import Invoice, JournalLine, Payment, Period
from finance.services import record_payment
from orders import duplicates
from orders.duplicates import likely_duplicates
from orders.history import history_of
from orders.models import Address, Contact, Customer, CustomerUser, SalesOrder, Tag
from orders.services.merging import merge_customers
from tests.cast import make_customer, make_order, make_product, put_in_stock
from tests.finance.conftest import assert_books_agree, invoice_of, ship


def merge(cast, **fields):
    return merge_customers(cast.alpha, cast.beta, by=cast.manager, fields=fields)


@pytest.fixture
def traded(cast):
    """The second customer has bought, owes, and has paid in advance."""
    product = make_product()
    put_in_stock(product, 10)
    order = make_order((product, 4), customer=cast.beta)
    if order.status == "pending":
        advance(order, "approve", by=cast.approver)
    order.refresh_from_db()
    ship(order)
    record_payment(customer=cast.beta, amount=Decimal(50), method="bank", by=None, allocations=[])
    cast.beta.refresh_from_db()
    assert cast.beta.receivable > 0
    return order


def test_everything_moves_and_the_books_agree(cast, traded):
    owed = cast.beta.receivable
    cast.beta.tags.add(Tag.objects.create(name="老客户"))
    merge(cast, name="甲乙公司", tax_number="")
    alpha, beta = Customer.objects.get(pk=cast.alpha.pk), Customer.objects.get(pk=cast.beta.pk)
    assert (alpha.name, alpha.initials) == ("甲乙公司", "jygs")
    assert (beta.is_active, beta.merged_into) == (False, alpha)
    assert (alpha.receivable, beta.receivable) == (owed, 0)
    for model in (SalesOrder, Invoice, Payment, Contact, Address, CustomerUser):
        assert not model._default_manager.filter(customer=beta).exists()
    assert invoice_of(traded).customer == alpha
    assert alpha.contacts.filter(is_default=True).count() == alpha.addresses.filter(is_default=True).count() == 1
    assert [tag.name for tag in alpha.tags.all()] == ["老客户"]
    assert sum(JournalLine.objects.filter(customer=beta).values_list("amount", flat=True)) == 0
    assert_books_agree()
    told = {(change.field, change.before, change.after, change.who) for change in history_of(beta)}
    assert (str(Customer._meta.get_field("merged_into").verbose_name), "—", "甲乙公司", "manager") in told
    assert {("甲公司", "甲乙公司")} == {(change.before, change.after) for change in history_of(alpha)}


def test_a_second_merge_and_oneself_are_refused(cast):
    merge(cast)
    with pytest.raises(BusinessError, match=r"merged|并入"):
        merge(cast)
    with pytest.raises(BusinessError):
        merge_customers(cast.alpha, cast.alpha, by=None, fields={})
    gamma = make_customer("丙公司")
    merge_customers(gamma, cast.alpha, by=None, fields={})
    assert Customer.objects.get(pk=cast.beta.pk).merged_into == gamma  # pointers lead on


def test_a_closed_month_refuses_the_whole(cast, traded):
    Period.objects.update_or_create(month=timezone.localdate().replace(day=1), defaults={"is_closed": True})
    with pytest.raises(BusinessError):
        merge(cast)
    assert SalesOrder.objects.get(pk=traded.pk).customer == cast.beta
    assert Customer.objects.get(pk=cast.beta.pk).is_active


def test_pages(client, cast, django_assert_max_num_queries):
    make_customer("甲乙丙五金有限公司", tax_number="91330100799655058B")
    make_customer("另一家", tax_number="91330100799655058B")
    make_order((make_product(), 1), customer=cast.beta)
    url = f"/orders/customers/{cast.alpha.code}/merge/{cast.beta.code}/"
    client.force_login(cast.sales)
    assert client.get("/orders/customers/duplicates/").status_code == 403
    assert client.post(url).status_code == 403
    client.force_login(cast.alpha_login)
    assert client.get(url).status_code == 404
    client.force_login(cast.manager)
    with django_assert_max_num_queries(20):
        text = client.get("/orders/customers/duplicates/").content.decode()
    assert "另一家" in text
    assert url in text  # the same phone
    text = client.get(url).content.decode()
    assert cast.beta.name in text
    assert cast.beta.code in text
    assert client.get(f"/orders/customers/{cast.alpha.code}/merge/{cast.alpha.code}/").status_code == 404
    assert client.get(f"/orders/customers/{cast.alpha.code}/merge/nobody/").status_code == 404
    response = client.post(url, {"name": "other", "tax_number": "mine"})
    assert response["Location"] == f"/orders/customers/{cast.alpha.code}/"
    assert Customer.objects.get(pk=cast.alpha.pk).name == cast.beta.name
    assert cast.alpha.code in client.get(f"/orders/customers/{cast.beta.code}/").content.decode()
    assert client.post(url).status_code == 422


def test_names_that_nearly_agree_are_found(cast):
    Contact.objects.all().delete()
    first, second = make_customer("宁波海天紧固件有限公司"), make_customer("宁波海天紧固件公司")
    Contact.objects.all().delete()
    pairs = {(pair.older, pair.newer) for pair in likely_duplicates(cast.manager).pairs}
    assert (first, second) in pairs
    assert (cast.alpha, first) not in pairs


def test_names_of_old_customers_are_compared_batch_by_batch(client, cast, monkeypatch):
    monkeypatch.setattr(duplicates, "BATCH", 2)
    monkeypatch.setattr(duplicates, "PATIENCE", 0)
    first, second = make_customer("杭州宏达五金有限公司"), make_customer("杭州宏达五金有限公司。")
    for name in ("上海远东纺织", "北京大方家具", "广州明珠塑料"):
        make_customer(name)
    seen, older, rounds = set(), None, 0
    while rounds == 0 or older:
        found = likely_duplicates(cast.manager, older=older)
        seen |= {(pair.older, pair.newer) for pair in found.pairs if duplicates.REASONS["name"] in pair.reasons}
        older, rounds = found.older, rounds + 1
    assert (first, second) in seen
    assert rounds > 2
    client.force_login(cast.manager)
    page = client.get("/orders/customers/duplicates/").content.decode()
    assert "?older=" in page
    assert client.get("/orders/customers/duplicates/?older=1").status_code == 200
    assert client.get("/orders/customers/duplicates/?older=x").status_code == 200
