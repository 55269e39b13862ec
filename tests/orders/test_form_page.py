"""Entering, copying and correcting orders in the browser's form."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from erp.workflow import advance
from orders.models import SalesOrder
from tests.cast import make_customer, make_order, make_product, put_in_stock


@pytest.fixture
def as_(client):
    """The client signed in as somebody."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def form(*lines, **fields):
    """What a browser sends: the head, and rows of (column=value)."""
    data = {
        "customer": "",
        "customer_text": "",
        "channel": fields.pop("channel", ""),
        "promised_date": (timezone.localdate() + dt.timedelta(days=10)).isoformat(),
        "priority": "0",
        "token": "t1",
        "lines-TOTAL_FORMS": str(len(lines)),
        "lines-INITIAL_FORMS": "0",
    }
    for place, line in enumerate(lines):
        data |= {f"lines-{place}-{name}": str(value) for name, value in line.items()}
    return {**data, **{name: str(value) for name, value in fields.items()}}


@pytest.fixture
def phone(cast):
    """The id of the phone channel."""
    from orders.models import Channel

    return Channel.objects.get(code="phone").pk


def test_the_empty_form_opens(as_, cast):
    text = as_(cast.sales).get("/orders/new/").content.decode()
    assert "data-lines" in text
    assert "lines-__n__-text" in text


def test_only_those_who_may_enter_orders(as_, cast):
    assert as_(cast.warehouse).get("/orders/new/").status_code == 403
    assert as_(cast.alpha_login).get("/orders/new/").status_code == 404


def test_an_order_is_created_as_typed(as_, cast, phone, no_auto_approval):
    hinge, bolt = make_product("HG-1", price="10"), make_product("BT-2", price="3")
    response = as_(cast.sales).post(
        "/orders/new/",
        form(
            {"product": hinge.pk, "text": "HG-1", "quantity": "1,000", "price": "9.5", "discount": "5", "tax": "0.13"},
            {"text": "bt-2", "quantity": "２", "tax": "0.13", "wish": "镀锌"},
            {"text": "", "quantity": "", "tax": "0.13"},
            customer=cast.alpha.pk,
            channel=phone,
            customer_note="周五前送到",
            external_number="PO-77",
        ),
    )
    order = SalesOrder.objects.get()
    assert response["Location"] == f"/orders/{order.number}/"
    first, second = order.lines.all()
    assert (first.quantity, first.unit_price, first.discount) == (Decimal(1000), Decimal("9.5"), Decimal("0.05"))
    assert (second.product, second.unit_price, second.wish) == (bolt, Decimal(3), "镀锌")
    assert order.untaxed == Decimal("9031.00")
    assert order.ship_to["street"] == "文三路 1 号"
    assert (order.customer_note, order.external_number, order.salesperson) == ("周五前送到", "PO-77", cast.sales)


def test_customer_and_address_may_be_typed(as_, cast, phone):
    make_product("HG-1")
    data = form(
        {"text": "HG-1", "quantity": "1"},
        customer_text=cast.alpha.code,
        channel=phone,
        address="new",
        recipient="李四",
        phone="13900001111",
        street="人民路 2 号",
    )
    as_(cast.sales).post("/orders/new/", data)
    assert SalesOrder.objects.get().ship_to["recipient"] == "李四"
    assert SalesOrder.objects.get().phone_last4 == "1111"


def test_sending_twice_makes_one_order(as_, cast, phone):
    make_product("HG-1")
    data = form({"text": "HG-1", "quantity": "1"}, customer=cast.alpha.pk, channel=phone)
    first = as_(cast.sales).post("/orders/new/", data)
    second = as_(cast.sales).post("/orders/new/", data)
    assert first["Location"] == second["Location"]
    assert SalesOrder.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_sending_twice_at_once_makes_one_order(cast, phone):
    make_product("HG-1")
    data = form({"text": "HG-1", "quantity": "1"}, customer=cast.alpha.pk, channel=phone)
    barrier, places = threading.Barrier(2), []

    def send():
        client = Client()
        client.force_login(cast.sales)
        barrier.wait()
        places.append(client.post("/orders/new/", data)["Location"])
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SalesOrder.objects.count() == 1
    assert places[0] == places[1]


def test_bad_input_is_kept_and_pointed_at(as_, cast, phone):
    make_product("HG-1")
    response = as_(cast.sales).post(
        "/orders/new/",
        form(
            {"text": "HG-1", "quantity": "-2", "wish": "蓝色包装"},
            {"text": "no such thing", "quantity": "1"},
            {"text": "HG-1", "quantity": "many"},
            {"text": "HG-1", "quantity": "1", "discount": "150", "tax": "9"},
            customer_text="没有这个客户",
            channel=phone,
            promised_date="2026-99-01",
        ),
    )
    text = response.content.decode()
    assert response.status_code == 422
    assert not SalesOrder.objects.exists()
    for typed in ("蓝色包装", "no such thing", "many", "没有这个客户", "2026-99-01"):
        assert typed in text
    for cell in (
        "id_lines-1-text_error",
        "id_lines-2-quantity_error",
        "id_lines-3-discount_error",
        "id_lines-3-tax_error",
    ):
        assert f'id="{cell}"' in text


def test_what_the_service_refuses_points_at_the_cell(as_, cast, phone):
    make_product("HG-1")
    blank = {"text": "", "quantity": ""}
    data = form(blank, {"text": "HG-1", "quantity": "-2"}, customer=cast.alpha.pk, channel=phone)
    response = as_(cast.sales).post("/orders/new/", data)
    assert response.status_code == 422
    assert 'id="id_lines-1-quantity_error"' in response.content.decode()


def test_an_order_without_lines_is_refused(as_, cast, phone):
    response = as_(cast.sales).post("/orders/new/", form({"text": ""}, customer=cast.alpha.pk, channel=phone))
    assert response.status_code == 422
    assert "订单没有明细" in response.content.decode()


def test_a_promised_date_in_the_past_is_refused(as_, cast, phone):
    make_product("HG-1")
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    data = form({"text": "HG-1", "quantity": "1"}, customer=cast.alpha.pk, channel=phone, promised_date=yesterday)
    response = as_(cast.sales).post("/orders/new/", data)
    assert response.status_code == 422
    assert 'id="id_promised_date_error"' in response.content.decode()


def test_an_external_number_is_taken_once(as_, cast, phone):
    make_product("HG-1")
    line = {"text": "HG-1", "quantity": "1"}
    data = form(line, customer=cast.alpha.pk, channel=phone, external_number="A-1")
    as_(cast.sales).post("/orders/new/", data)
    response = as_(cast.sales).post("/orders/new/", {**data, "token": "t2"})
    assert response.status_code == 422
    assert SalesOrder.objects.get().number in response.content.decode()


def test_strangers_customers_cannot_be_chosen(as_, cast, phone):
    make_product("HG-1")
    theirs = make_customer("丙公司", owner=cast.manager)
    data = form({"text": "HG-1", "quantity": "1"}, customer=theirs.pk, channel=phone)
    assert as_(cast.sales).post("/orders/new/", data).status_code == 422
    assert not SalesOrder.objects.exists()


def test_a_copy_starts_with_the_lines_of_the_other(as_, cast, no_auto_approval):
    order = make_order((make_product("HG-1"), 7), customer=cast.alpha, by=cast.sales, external_number="A-1")
    text = as_(cast.sales).get(f"/orders/new/?copy={order.number}").content.decode()
    assert 'value="7"' in text
    assert "A-1" not in text
    assert as_(cast.sales).get("/orders/new/?copy=SO-0").status_code == 404


def test_editing_corrects_the_order(as_, cast, phone, no_auto_approval):
    hinge = make_product("HG-1")
    order = make_order((hinge, 7), customer=cast.alpha, by=cast.sales)
    page = as_(cast.sales)
    text = page.get(f"/orders/{order.number}/edit/").content.decode()
    assert 'value="7"' in text
    data = form(
        {"product": hinge.pk, "text": "HG-1", "quantity": "9"}, customer=cast.alpha.pk, channel=phone, version=1
    )
    assert page.post(f"/orders/{order.number}/edit/", data)["Location"] == f"/orders/{order.number}/"
    assert order.lines.get().quantity == 9
    data["lines-0-quantity"] = "11"
    response = page.post(f"/orders/{order.number}/edit/", data)
    assert response.status_code == 422  # somebody else saved meanwhile
    assert 'value="11"' in response.content.decode()
    assert order.lines.get().quantity == 9


def test_approved_orders_are_not_edited(as_, cast, phone, no_auto_approval):
    order = make_order((make_product("HG-1"), 7), customer=cast.alpha, by=cast.sales)
    advance(order, "approve", by=cast.manager)
    assert as_(cast.sales).get(f"/orders/{order.number}/edit/").status_code == 422
    assert as_(cast.warehouse).get(f"/orders/{order.number}/edit/").status_code == 403
    assert as_(cast.sales).get("/orders/SO-0/edit/").status_code == 404


def test_the_form_costs_the_same_with_many_lines(as_, cast, phone, no_auto_approval, django_assert_max_num_queries):
    order = make_order(*[(make_product(), 1) for _ in range(30)], customer=cast.alpha, by=cast.sales)
    page = as_(cast.sales)
    page.get(f"/orders/{order.number}/edit/")
    with django_assert_max_num_queries(15):
        page.get(f"/orders/{order.number}/edit/")


def test_products_are_found_as_they_are_typed(as_, cast):
    hinge = make_product("HG-1", name="不锈钢合页", initials="bxghy", price="12.5")
    put_in_stock(hinge, 40)
    item = as_(cast.sales).get("/orders/products.json?q=bxg").json()["items"][0]
    assert (item["id"], item["code"], item["price"], item["tax"]) == (hinge.pk, "HG-1", "12.5", "0.13")
    assert "40" in item["side_sub"]
    assert as_(cast.sales).get("/orders/products.json").json() == {"items": []}


def test_the_customers_part_of_the_form(as_, cast):
    page = as_(cast.sales)
    text = page.get(f"/orders/new/customer/?customer={cast.alpha.pk}", headers={"HX-Request": "true"}).content.decode()
    assert "文三路 1 号" in text
    assert "<html" not in text
    theirs = make_customer("丙公司", owner=cast.manager)
    text = page.get(f"/orders/new/customer/?customer={theirs.pk}", headers={"HX-Request": "true"}).content.decode()
    assert "文三路 1 号" not in text
