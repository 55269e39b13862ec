"""The pages of stock counts: planned, counted on a phone, looked at, posted; and who may not."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from erp.models import Company
from erp.workflow import advance
from inventory.cycles import due_products
from inventory.models import Barcode, CountLine, StockCount, StockItem
from inventory.services import default_warehouse, enter_bin, plan_count
from inventory.services.cycling import propose_counts
from tests.cast import make_order, make_product, put_in_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(cast, product, bin_place):
    put_in_stock(product, 10)
    document = plan_count(warehouse=default_warehouse(), places=[bin_place], by=cast.warehouse)
    advance(document, "start", by=cast.warehouse)
    return document


def page(client, user, name, *args):
    client.force_login(user)
    return client.get(reverse(f"inventory:{name}", args=args))


def post(client, user, name, *args, **data):
    client.force_login(user)
    return client.post(reverse(f"inventory:{name}", args=args), data)


def test_from_plan_to_posted(client, cast, product):
    put_in_stock(product, 10)
    sent = post(client, cast.warehouse, "count_new", warehouse="MAIN", what="bins", places="A-01-01", blind="on")
    document = StockCount.objects.get()
    assert sent.url == document.get_absolute_url()
    number = document.number
    post(client, cast.warehouse, "count_transition", number, transition="start")
    at_bin = page(client, cast.warehouse, "count_next", number).url
    assert at_bin.endswith("/bins/MAIN-A-01-01/")
    shown = client.get(at_bin).content.decode()
    assert product.sku in shown
    assert "10 个" not in shown  # blind
    stranger = make_product("X-1")
    Barcode.objects.create(code="690", product=stranger)
    line = document.lines.get()
    data = {"key": "k1", f"q{line.pk}": "9", "product": "690", "quantity": "2", "done": "1"}
    assert client.post(at_bin, data).url == document.get_absolute_url()
    post(client, cast.warehouse, "count_transition", number, transition="finish")
    review = page(client, cast.warehouse, "count", number).content.decode()
    assert "X-1" in review
    post(client, cast.warehouse, "count_transition", number, transition="post")
    assert set(StockItem.objects.values_list("product__sku", "on_hand")) == {(product.sku, 9), ("X-1", 2)}
    assert number in page(client, cast.warehouse, "counts").content.decode()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ({"what": "bins", "places": ""}, "至少"),
        ({"what": "bins", "places": "Z-99"}, "Z-99"),
        ({"what": "due"}, "到期"),
        ({"warehouse": "NOWHERE"}, "有效"),
    ],
)
def test_bad_plan_is_told_where(client, cast, data, word):
    answer = post(client, cast.warehouse, "count_new", **{"warehouse": "MAIN", "what": "whole", **data})
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert not StockCount.objects.exists()


def test_bad_input_at_the_bin_is_kept(client, cast, running):
    code, line = "MAIN-A-01-01", CountLine.objects.get()
    for data in (
        {f"q{line.pk}": "-1"},
        {"product": "nothing-like-this", "quantity": "1"},
        {"quantity": "3"},
        {"product": line.product.sku},
        {"done": "1"},
    ):
        answer = post(client, cast.warehouse, "count_bin", running.number, code, key="k", **data)
        assert answer.status_code == 422, data
    line.refresh_from_db()
    assert line.counted is None


def test_save_without_finishing_the_bin(client, cast, running):
    line = CountLine.objects.get()
    answer = post(
        client, cast.warehouse, "count_bin", running.number, "MAIN-A-01-01", key="k", more="1", **{f"q{line.pk}": "4"}
    )
    assert answer.url.endswith("/bins/MAIN-A-01-01/")
    assert not running.bins.exclude(done_at=None).exists()
    # What stands there already is not counted a second time.
    post(client, cast.warehouse, "count_bin", running.number, "MAIN-A-01-01", key="l", done="1", **{f"q{line.pk}": "4"})
    line.refresh_from_db()
    assert line.rounds == 1
    assert page(client, cast.warehouse, "count_next", running.number).url == running.get_absolute_url()


def test_review_names_who_loses_goods(client, cast, running, product, bin_place):
    order = make_order((product, 10))
    enter_bin(running, bin_place, counted={CountLine.objects.get().pk: Decimal(7)}, by=None)
    advance(running, "finish", by=None)
    shown = page(client, cast.warehouse, "count", running.number).content.decode()
    assert order.number in shown
    again = post(client, cast.warehouse, "count_repeat", running.number, selected=[CountLine.objects.get().pk])
    assert again.url == running.get_absolute_url()
    running.refresh_from_db()
    assert running.status == "counting"


def test_who_may_not(client, cast, running):
    number, code = running.number, "MAIN-A-01-01"
    for name, *rest in (("count", number), ("count_bin", number, code), ("count_pdf", number)):
        assert page(client, cast.alpha_login, name, *rest).status_code == 404
        assert page(client, cast.sales, name, *rest).status_code == 403
    assert page(client, cast.finance, "count", number).status_code == 200
    assert page(client, cast.finance, "count_bin", number, code).status_code == 403
    assert page(client, cast.finance, "count_new").status_code == 403
    assert post(client, cast.finance, "count_transition", number, transition="cancel", note="x").status_code == 403
    assert page(client, cast.warehouse, "count", "SC-0").status_code == 404
    assert page(client, cast.warehouse, "count_bin", number, "NO-BIN").status_code == 404


def test_sheet_is_a_pdf(client, cast, running):
    assert page(client, cast.warehouse, "count_pdf", running.number).content.startswith(b"%PDF")


def test_work_waits_for_the_warehouse(client, cast, running):
    client.force_login(cast.warehouse)
    assert running.number in client.get("/").content.decode()


def test_list_costs_the_same_for_many(client, cast, running, django_assert_max_num_queries):
    client.force_login(cast.warehouse)
    client.get(reverse("inventory:counts"))
    for _n in range(5):
        plan_count(warehouse=default_warehouse(), by=None)
    with django_assert_max_num_queries(12):
        client.get(reverse("inventory:counts"))


def test_due_products_and_the_nightly_draft(cast, product, running, bin_place):
    other = make_product()
    put_in_stock(other, 5)
    assert due_products(default_warehouse()) == [other]  # the first is being counted
    assert propose_counts() == []
    company = Company.current()
    company.cycle_count_products = 10
    company.save()
    (draft,) = propose_counts()
    assert list(draft.products.all()) == [other]
    assert [one.place for one in draft.bins.all()] == [bin_place]
    assert propose_counts() == []
    advance(draft, "cancel", by=None)
    CountLine.objects.update(counted=10, counted_at=timezone.now() - dt.timedelta(days=100))
    StockCount.objects.filter(pk=running.pk).update(status="posted")
    assert due_products(default_warehouse(), days=101) == [other]
    assert set(due_products(default_warehouse(), days=99)) == {other, product}
    assert due_products(default_warehouse(), classes=["A"]) == []
