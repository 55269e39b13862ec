"""A customer's own orders: the list, the page, and what the customer may do there."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from aftersales.models import Feedback, ReturnRequest, ServiceCase
from erp.workflow import advance
from orders.models import SalesOrder
from portal import selectors
from shipping import services as shipping
from tests.cast import make_order, make_product

pytestmark = pytest.mark.django_db


def test_a_customer_sees_the_orders_of_the_own_company_only(
    alpha: Client, order: SalesOrder, foreign: SalesOrder
) -> None:
    page = alpha.get("/portal/").content.decode()
    assert order.number in page
    assert foreign.number not in page


def test_a_strangers_order_does_not_exist(alpha: Client, foreign: SalesOrder) -> None:
    for path in ("", "return/", "complaint/"):
        assert alpha.get(f"/portal/orders/{foreign.number}/{path}").status_code == 404
    for path in ("received/", "rating/", "return/", "complaint/"):
        assert alpha.post(f"/portal/orders/{foreign.number}/{path}").status_code == 404
    assert alpha.get("/portal/orders/SO-NONE/").status_code == 404


def test_the_list_can_be_narrowed(alpha: Client, order: SalesOrder, cast: SimpleNamespace) -> None:
    other = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales, external_number="PO-77")
    assert order.number not in alpha.get("/portal/?q=PO-77").content.decode()
    assert other.number in alpha.get("/portal/?q=PO-77").content.decode()
    assert other.number not in alpha.get("/portal/?show=done").content.decode()
    assert other.number in alpha.get("/portal/?show=open").content.decode()
    assert alpha.get("/portal/?show=nonsense&cursor=nonsense").status_code == 200


def test_the_list_costs_the_same_with_more_orders(
    alpha: Client, order: SalesOrder, cast: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    alpha.get("/portal/")
    for _another in range(5):
        make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    with django_assert_max_num_queries(15):  # half of them say what the orders wait for
        alpha.get("/portal/")


def test_the_page_shows_parcel_scans_and_own_address(alpha: Client, shipped: SalesOrder, cast: SimpleNamespace) -> None:
    parcel = shipped.shipments.get().parcels.get()
    shipping.record_event(
        parcel, state="in_transit", text="已到达杭州转运中心", at=shipped.shipped_at, by=cast.logistics, place="杭州"
    )
    page = alpha.get(f"/portal/orders/{shipped.number}/").content.decode()
    for shown in (parcel.tracking_number, "已到达杭州转运中心", "13812345678", "文三路"):
        assert shown in page


def test_the_page_costs_the_same_with_more_lines(
    shipped: SalesOrder, cast: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(16):
        selectors.order_view(shipped)


def test_notes_of_staff_are_not_shown(alpha: Client, order: SalesOrder, cast: SimpleNamespace) -> None:
    other = make_order((make_product(), 1000), customer=cast.alpha, by=cast.sales)
    advance(other, "reject", by=cast.approver, note="This one never pays")
    page = alpha.get(f"/portal/orders/{other.number}/").content.decode()
    assert "never pays" not in page


def test_the_steps_tell_where_the_order_stands(shipped: SalesOrder) -> None:
    view = selectors.order_view(shipped)
    assert [step["state"] for step in view.steps] == ["done", "done", "done", "current", "todo"]
    assert view.can_confirm
    assert view.arrival == shipped.shipments.get().expected_on


def test_a_cancelled_order_stops_there(order: SalesOrder, cast: SimpleNamespace) -> None:
    order.refresh_from_db()
    advance(order, "cancel", by=cast.manager, note="changed their mind")
    view = selectors.order_view(order)
    assert view.steps[-1]["state"] == "failed"
    assert view.arrival is None
    assert not view.can_return


def test_the_customer_confirms_the_receipt_once(alpha: Client, shipped: SalesOrder) -> None:
    for _again in range(2):
        assert alpha.post(f"/portal/orders/{shipped.number}/received/").status_code == 302
    shipped.refresh_from_db()
    assert shipped.delivered_at is not None
    assert shipped.shipments.get().status == "delivered"
    assert not selectors.order_view(shipped).can_confirm


def test_a_visitor_who_looked_it_up_may_confirm(client: Client, shipped: SalesOrder, look_up: Any) -> None:
    look_up(client, shipped.number)
    assert client.post(f"/portal/orders/{shipped.number}/received/").status_code == 302
    shipped.refresh_from_db()
    assert shipped.delivered_at is not None


def test_nothing_sent_cannot_be_received(alpha: Client, order: SalesOrder) -> None:
    answer = alpha.post(f"/portal/orders/{order.number}/received/", follow=True)
    assert answer.status_code == 200
    order.refresh_from_db()
    assert order.delivered_at is None


def test_acts_are_posted(alpha: Client, shipped: SalesOrder) -> None:
    for path in ("received/", "rating/"):
        assert alpha.get(f"/portal/orders/{shipped.number}/{path}").status_code == 405


def test_a_return_is_asked_for(alpha: Client, shipped: SalesOrder, cast: SimpleNamespace) -> None:
    line = shipped.lines.get()
    address = f"/portal/orders/{shipped.number}/return/"
    assert f"line-{line.pk}" in alpha.get(address).content.decode()
    answer = alpha.post(address, {f"line-{line.pk}": "1", "reason": "damaged", "text": "Broken"})
    assert answer.status_code == 302
    request = ReturnRequest.objects.get()
    assert (request.by_customer, request.created_by, request.reason) == (True, cast.alpha_login, "damaged")
    assert request.number in alpha.get(f"/portal/orders/{shipped.number}/").content.decode()


@pytest.mark.parametrize(
    ("quantity", "reason"), [("", "damaged"), ("3", "damaged"), ("-1", "damaged"), ("x", "damaged"), ("1", "")]
)
def test_a_return_that_cannot_be_is_explained_and_kept(
    alpha: Client, shipped: SalesOrder, quantity: str, reason: str
) -> None:
    line = shipped.lines.get()
    data = {f"line-{line.pk}": quantity, "reason": reason, "text": "My words"}
    answer = alpha.post(f"/portal/orders/{shipped.number}/return/", data)
    assert answer.status_code == 422
    assert "My words" in answer.content.decode()
    assert not ReturnRequest.objects.exists()


def test_a_complaint_is_opened(alpha: Client, shipped: SalesOrder) -> None:
    address = f"/portal/orders/{shipped.number}/complaint/"
    assert alpha.get(address).status_code == 200
    assert alpha.post(address, {"kind": "complaint", "subject": "", "text": "All wet"}).status_code == 422
    answer = alpha.post(address, {"kind": "complaint", "subject": "Wet box", "text": "All wet"})
    assert answer.status_code == 302
    case = ServiceCase.objects.get()
    assert (case.by_customer, case.subject) == (True, "Wet box")


def test_a_rating_is_given_and_changed(alpha: Client, shipped: SalesOrder) -> None:
    address = f"/portal/orders/{shipped.number}/rating/"
    assert alpha.post(address, {"stars": "6"}).status_code == 422
    assert alpha.post(address, {"stars": "4", "text": "Good"}).status_code == 302
    assert alpha.post(address, {"stars": "5", "text": "Better"}).status_code == 302
    assert list(Feedback.objects.values_list("stars", "text")) == [(5, "Better")]


def test_an_order_that_is_not_sent_cannot_be_rated(alpha: Client, order: SalesOrder) -> None:
    assert alpha.post(f"/portal/orders/{order.number}/rating/", {"stars": "5"}).status_code == 422


def test_staff_without_a_grant_see_no_order_here(client: Client, order: SalesOrder, cast: SimpleNamespace) -> None:
    client.force_login(cast.manager)
    assert client.get(f"/portal/orders/{order.number}/").status_code == 302


def test_a_customer_fetches_the_papers(alpha: Client, shipped: SalesOrder) -> None:
    for address in ("confirmation.pdf", f"deliveries/{shipped.shipments.get().number}.pdf"):
        answer = alpha.get(f"/portal/orders/{shipped.number}/{address}")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")


def test_papers_are_for_the_own_company_with_a_login(
    alpha: Client, client: Client, shipped: SalesOrder, foreign: SalesOrder, look_up: Any
) -> None:
    assert alpha.get(f"/portal/orders/{foreign.number}/confirmation.pdf").status_code == 404
    assert alpha.get(f"/portal/orders/{shipped.number}/deliveries/SH-NONE.pdf").status_code == 404
    look_up(client, shipped.number)
    assert client.get(f"/portal/orders/{shipped.number}/confirmation.pdf").status_code == 404
    assert "confirmation.pdf" not in client.get(f"/portal/orders/{shipped.number}/").content.decode()


def test_the_timeline_is_newest_first(shipped: SalesOrder) -> None:
    moments = [item["at"] for item in selectors.order_view(shipped).timeline]
    assert moments == sorted(moments, reverse=True)
    assert len(moments) == 4


def test_what_the_order_waits_for_in_the_customers_words(
    alpha: Client, order: SalesOrder, shipped: SalesOrder, cast: SimpleNamespace
) -> None:
    parcel = shipped.shipments.get().parcels.get()
    for address in ("/portal/", f"/portal/orders/{shipped.number}/"):
        assert f"运单号 {parcel.tracking_number}" in alpha.get(address).content.decode()
    type(cast.alpha).objects.filter(pk=cast.alpha.pk).update(credit_limit=1)
    cast.alpha.refresh_from_db()
    held_back = make_order((make_product(), 7), customer=cast.alpha, by=cast.sales)
    text = alpha.get(f"/portal/orders/{held_back.number}/").content.decode()
    assert "核对" in text or "审核" in text
    assert "信用" not in text
