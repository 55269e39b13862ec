"""The order list: who sees what, filters, search, board, export, acts on many."""

import datetime as dt
import io

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from erp.workflow import advance
from orders.models import SalesOrder
from orders.services import hold
from tests.cast import make_customer, make_order, make_product

pytestmark = pytest.mark.usefixtures("no_auto_approval")


@pytest.fixture
def as_(client):
    """The client signed in as somebody."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def orders(cast):
    """One order of each customer; the first is the salesperson's."""
    hinge = make_product("HG-100", name="不锈钢合页", initials="bxghy")
    mine = make_order((hinge, 2), customer=cast.alpha, by=cast.sales)
    other = make_order((make_product("BT-7", name="六角螺栓"), 3), customer=cast.beta, channel="web")
    return mine, other


def numbers(response):
    """The orders that a page shows."""
    text = response.content.decode()
    return {number for number in SalesOrder.objects.values_list("number", flat=True) if f'"/orders/{number}/"' in text}


def test_visitors_sign_in_first(client, orders):
    response = client.get("/orders/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_portal_customers_get_404(as_, cast, orders):
    assert as_(cast.alpha_login).get("/orders/").status_code == 404


def test_sales_see_their_own_and_managers_all(as_, cast, orders):
    mine, other = orders
    assert numbers(as_(cast.sales).get("/orders/")) == {mine.number}
    assert numbers(as_(cast.manager).get("/orders/")) == {mine.number, other.number}


@pytest.mark.parametrize("words", ["HG-100", "hg-1", "合页", "bxghy", "甲公司", "jgs", "13812345678", "1381", "5678"])
def test_search_finds_by_what_people_have_at_hand(as_, cast, orders, words):
    cast.beta.contacts.all().delete()
    SalesOrder.objects.filter(pk=orders[1].pk).update(ship_to={}, phone_last4="")
    assert numbers(as_(cast.manager).get("/orders/", {"q": words})) == {orders[0].number}


def test_search_by_number(as_, cast, orders):
    for words in (orders[1].number, orders[1].number[-5:], orders[1].number.lower()):
        assert numbers(as_(cast.manager).get("/orders/", {"q": words})) == {orders[1].number}


def test_search_shows_no_strangers_orders(as_, cast, orders):
    assert numbers(as_(cast.sales).get("/orders/", {"q": orders[1].number})) == set()


def test_filters_narrow_and_stand_in_the_url(as_, cast, orders):
    mine, other = orders
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    SalesOrder.objects.filter(pk=other.pk).update(promised_date=yesterday)
    hold(mine, by=cast.manager, reason="等客户确认图纸")
    page = as_(cast.manager)
    assert numbers(page.get("/orders/?channel=web")) == {other.number}
    assert numbers(page.get(f"/orders/?customer={cast.alpha.code}")) == {mine.number}
    assert numbers(page.get("/orders/?salesperson=sales")) == {mine.number}
    assert numbers(page.get("/orders/?late=1")) == {other.number}
    assert numbers(page.get("/orders/?held=1")) == {mine.number}
    assert numbers(page.get(f"/orders/?due={yesterday}")) == {other.number}
    assert numbers(page.get("/orders/?payment=paid")) == set()
    assert numbers(page.get(f"/orders/?until={yesterday}")) == set()
    assert numbers(page.get(f"/orders/?since={yesterday}")) == {mine.number, other.number}
    advance(mine, "cancel", by=cast.manager, note="客户取消")
    assert numbers(page.get("/orders/?status=cancelled")) == {mine.number}


def test_senseless_filters_are_left_out(as_, cast, orders):
    page = as_(cast.manager).get("/orders/?status=lost&since=yesterday&channel=pigeon&cursor=rubbish&sort=price")
    assert page.status_code == 200
    assert numbers(page) == {order.number for order in orders}


def test_tabs_count(as_, cast, orders):
    advance(orders[0], "cancel", by=cast.manager, note="客户取消")
    text = as_(cast.manager).get("/orders/").content.decode()
    assert 'href="?status=pending">待处理<span class="count">1</span>' in text
    assert 'href="?status=cancelled">已取消<span class="count">1</span>' in text


def test_live_answers_204_until_something_changes(as_, cast, orders):
    page = as_(cast.manager)
    text = page.get("/orders/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text
    token = text.split("_v=")[1].split('"')[0]
    assert page.get(f"/orders/?_v={token}", headers={"HX-Request": "true"}).status_code == 204
    advance(orders[0], "reject", by=cast.manager, note="价格不对")
    assert page.get(f"/orders/?_v={token}", headers={"HX-Request": "true"}).status_code == 200


def test_load_more_goes_on_where_the_page_ended(as_, cast):
    product = make_product()
    made = [make_order((product, 1), customer=cast.alpha) for _ in range(43)]
    page = as_(cast.manager)
    text = page.get("/orders/").content.decode()
    assert made[-1].number in text
    assert made[0].number not in text
    cursor = text.split("cursor=")[1].split('"')[0]
    rest = page.get(f"/orders/?cursor={cursor}", headers={"HX-Request": "true"}).content.decode()
    assert {order.number for order in made if order.number in rest} == {order.number for order in made[:3]}


def test_as_many_queries_for_forty_rows_as_for_one(as_, cast, django_assert_max_num_queries):
    product = make_product(supply="make")
    page = as_(cast.manager)
    for _ in range(40):
        order = make_order((product, 1), (make_product(), 2), customer=make_customer())
        if order.pk % 2:
            advance(order, "approve", by=cast.manager)
    page.get("/orders/")  # what is cached once is cached
    with django_assert_max_num_queries(22):  # thirteen say what the orders wait for, one the views, one the tags
        assert page.get("/orders/").status_code == 200
    with django_assert_max_num_queries(25):
        assert page.get("/orders/?view=board").status_code == 200
    with django_assert_max_num_queries(28):  # what is searched for is found before it is counted and read
        assert page.get("/orders/?q=P-0").status_code == 200


def test_board_shows_columns(as_, cast, orders):
    response = as_(cast.manager).get("/orders/?view=board")
    assert response.status_code == 200
    assert numbers(response) == {order.number for order in orders}
    assert "board-column" in response.content.decode()


def test_export_holds_what_the_filter_shows(as_, cast, orders):
    response = as_(cast.manager).get("/orders/export.xlsx?channel=web")
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == [orders[1].number]
    assert rows[1][rows[0].index("金额")] == pytest.approx(float(orders[1].total))
