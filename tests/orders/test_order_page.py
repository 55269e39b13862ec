"""One order's page, and what can be done on it."""

import pytest

from erp.related import PROVIDERS, providers
from erp.workflow import advance
from orders.models import SalesOrder
from orders.services import hold
from orders.waiting import waits_for
from tests.cast import make_order, make_product, put_in_stock

pytestmark = pytest.mark.usefixtures("no_auto_approval")


@pytest.fixture
def as_(client):
    """The client signed in as somebody."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def order(cast):
    """The salesperson's pending order for two pieces that are not in stock."""
    return make_order((make_product("HG-1", name="合页"), 2), customer=cast.alpha, by=cast.sales)


def test_every_provider_exists():
    for label in PROVIDERS:
        assert all(callable(provider) for provider in providers(label))


def test_who_sees_the_page(client, as_, cast, order):
    url = order.get_absolute_url()
    assert client.get(url).status_code == 302
    assert as_(cast.sales).get(url).status_code == 200
    assert as_(cast.warehouse).get(url).status_code == 200
    assert as_(cast.alpha_login).get(url).status_code == 404
    strange = make_order((make_product(), 1), customer=cast.beta, by=cast.manager, salesperson=cast.manager)
    type(cast.beta).objects.filter(pk=cast.beta.pk).update(owner=cast.manager)
    assert as_(cast.sales).get(strange.get_absolute_url()).status_code == 404
    assert as_(cast.sales).get("/orders/SO-0/").status_code == 404


def test_what_it_tells(as_, cast, order):
    text = as_(cast.sales).get(order.get_absolute_url()).content.decode()
    for words in (order.number, "甲公司", "合页", "等待审核", "13812345678", "文三路 1 号"):
        assert words in text


def test_personal_data_is_masked_for_the_warehouse(as_, cast, order):
    text = as_(cast.warehouse).get(order.get_absolute_url()).content.decode()
    assert "138****5678" in text
    assert "13812345678" not in text
    assert "文三路" not in text


def test_the_approver_has_one_primary_button(as_, cast, order):
    text = as_(cast.approver).get(order.get_absolute_url()).content.decode()
    assert 'value="approve"' in text
    assert 'id="move-reject"' in text
    assert 'value="approve"' not in as_(cast.sales).get(order.get_absolute_url()).content.decode()


def test_approving_and_what_follows(as_, cast, order):
    put_in_stock(order.lines.get().product, 5)
    response = as_(cast.approver).post(f"/orders/{order.number}/transitions/", {"transition": "approve"})
    assert response["Location"] == order.get_absolute_url()
    order.refresh_from_db()
    assert order.status == SalesOrder.Status.READY_TO_SHIP
    text = as_(cast.warehouse).get(order.get_absolute_url()).content.decode()
    assert "拣货单" in text


def test_the_step_may_stand_in_the_address(as_, cast, order):
    as_(cast.approver).post(f"/orders/{order.number}/transitions/reject/", {"note": "价格不对"})
    order.refresh_from_db()
    assert order.status == SalesOrder.Status.REJECTED
    text = as_(cast.sales).get(order.get_absolute_url()).content.decode()
    assert "价格不对" in text
    assert 'value="resubmit"' in text


def test_refusals_change_nothing(as_, cast, order):
    url = f"/orders/{order.number}/transitions/"
    assert as_(cast.sales).post(url, {"transition": "approve"}).status_code == 403
    assert as_(cast.approver).post(url, {"transition": "reject"}).status_code == 422  # no reason given
    assert as_(cast.approver).post(url, {"transition": "fly"}).status_code == 422
    assert as_(cast.approver).post(url, {"transition": "ship"}).status_code == 422
    assert as_(cast.alpha_login).post(url, {"transition": "cancel", "note": "x"}).status_code == 404
    assert as_(cast.approver).get(url).status_code == 405
    order.refresh_from_db()
    assert order.status == SalesOrder.Status.PENDING


def test_holding_and_releasing(as_, cast, order):
    url = f"/orders/{order.number}/hold/"
    page = as_(cast.approver)
    assert page.post(url, {"reason": ""}).status_code == 422
    page.post(url, {"reason": "等客户确认图纸"})
    order.refresh_from_db()
    assert order.hold_reason == "等客户确认图纸"
    assert "等客户确认图纸" in page.get(order.get_absolute_url()).content.decode()
    assert page.post(f"/orders/{order.number}/transitions/", {"transition": "approve"}).status_code == 422
    page.post(url, {"act": "release"})
    order.refresh_from_db()
    assert order.hold_reason == ""
    assert as_(cast.sales).post(url, {"reason": "x"}).status_code == 403


def test_checks_run_again(as_, cast, order):
    url = f"/orders/{order.number}/check/"
    assert as_(cast.sales).post(url).status_code == 302
    advance(order, "approve", by=cast.approver)
    assert as_(cast.sales).post(url).status_code == 422


def test_live_answers_204_until_something_changes(as_, cast, order):
    page = as_(cast.approver)
    text = page.get(order.get_absolute_url()).content.decode()
    token = text.split("_v=")[1].split('"')[0]
    assert page.get(f"{order.get_absolute_url()}?_v={token}").status_code == 204
    hold(order, by=cast.manager, reason="等")
    assert page.get(f"{order.get_absolute_url()}?_v={token}").status_code == 200


def test_the_page_costs_the_same_with_many_lines(as_, cast, django_assert_max_num_queries):
    order = make_order(*[(make_product(supply="buy"), 1) for _ in range(30)], customer=cast.alpha, by=cast.sales)
    advance(order, "approve", by=cast.approver)
    page = as_(cast.manager)
    page.get(order.get_absolute_url())
    with django_assert_max_num_queries(36):  # what was read for one part of the page serves the others
        assert page.get(order.get_absolute_url()).status_code == 200


def test_order_confirmation_is_a_pdf(as_, cast, order):
    response = as_(cast.sales).get(f"/orders/{order.number}/confirmation.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")
    assert as_(cast.sales).get("/orders/SO-0/confirmation.pdf").status_code == 404


def test_what_orders_wait_for(cast, order):
    def words():
        fresh = SalesOrder.objects.get(pk=order.pk)
        return waits_for([fresh], cast.approver)[order.pk].text

    assert words().startswith("等待审核")
    advance(order, "approve", by=cast.approver)
    assert "合页" in words()
    assert "需要采购" in words()
    hold(order, by=cast.approver, reason="等图纸")
    assert words() == "已挂起：等图纸"
