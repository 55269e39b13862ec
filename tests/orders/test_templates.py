"""Templates of orders: saved from an order or the form, shared, started from, changed by their owner alone."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from erp.errors import BusinessError, NotPermitted
from erp.models import Draft
from orders.models import OrderTemplate, SalesOrder
from orders.services import LineInput
from orders.services.merging import merge_customers
from orders.services.templates import change_template, delete_template, save_template
from tests.cast import make_customer, make_order, make_product

pytestmark = pytest.mark.usefixtures("no_auto_approval")


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def lines(*quantities: int) -> list[LineInput]:
    return [LineInput(make_product(), Decimal(quantity), unit_price=Decimal("9.5")) for quantity in quantities]


@pytest.fixture
def order(cast: SimpleNamespace) -> SalesOrder:
    product = make_product("HG-1", name="合页")
    return make_order((product, 7), customer=cast.alpha, by=cast.sales, customer_note="周五前")


def test_an_order_becomes_a_template_and_the_template_an_order(cast: SimpleNamespace, order: SalesOrder) -> None:
    client = signed_in(cast.sales)
    assert f"/orders/templates/new/?order={order.number}" in client.get(f"/orders/{order.number}/").content.decode()
    address = f"/orders/templates/new/?order={order.number}"
    assert "HG-1" in client.get(address).content.decode()
    assert client.post(address, {"name": " 每月  补货 "})["Location"] == f"/orders/{order.number}/"
    template = OrderTemplate.objects.get()
    line = template.lines.get()
    assert (template.name, template.owner, template.customer) == ("每月 补货", cast.sales, cast.alpha)
    assert (line.quantity, line.unit_price, template.is_shared) == (7, None, False)
    assert "每月 补货" in client.get("/orders/templates/").content.decode()
    form = client.get(f"/orders/new/?template={template.pk}").content.decode()
    for text in ("HG-1 合页", 'value="7"', "周五前", cast.alpha.code):
        assert text in form


def test_prices_stay_when_asked(cast: SimpleNamespace) -> None:
    template = save_template(by=cast.sales, name="价", lines=lines(1), keep_prices=True)
    assert template.lines.get().unit_price == Decimal("9.5")
    assert 'value="9.5"' in signed_in(cast.sales).get(f"/orders/new/?template={template.pk}").content.decode()


def test_from_the_form_nothing_typed_is_lost(cast: SimpleNamespace) -> None:
    product = make_product("HG-1")
    client = signed_in(cast.sales)
    typed = {"token": "k1", "draft_version": "0", "customer": cast.alpha.pk, "customer_text": "甲公司"}
    typed |= {"lines-0-product": product.pk, "lines-0-text": "HG-1", "lines-0-quantity": "3", "priority": "9"}
    answer = client.post("/orders/templates/from-form/", typed)
    assert answer["Location"] == "/orders/templates/new/?draft=k1"
    assert client.post(answer["Location"], {"name": "常用"})["Location"] == "/orders/new/?draft=k1"
    assert OrderTemplate.objects.get().lines.get().quantity == 3
    assert Draft.objects.get().payload["priority"] == "9"
    # Sent again from another window that knows an older version: the draft there stays, this becomes one of its own.
    answer = client.post("/orders/templates/from-form/", typed | {"lines-0-quantity": "4"})
    assert answer["Location"] != "/orders/templates/new/?draft=k1"
    assert Draft.objects.count() == 2


def test_lines_that_are_no_order_yet_are_refused(cast: SimpleNamespace) -> None:
    client = signed_in(cast.sales)
    answer = client.post("/orders/templates/from-form/", {"token": "k1", "lines-0-text": "gibt es nicht"})
    refused = client.get(answer["Location"])
    assert refused.status_code == 422
    assert Draft.objects.get().payload["lines-0-text"] == "gibt es nicht"
    with pytest.raises(BusinessError):
        save_template(by=cast.sales, name="leer", lines=[])
    assert not OrderTemplate.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "\0", "x" * 61])
def test_a_template_needs_a_name(cast: SimpleNamespace, order: SalesOrder, name: str) -> None:
    answer = signed_in(cast.sales).post(f"/orders/templates/new/?order={order.number}", {"name": name})
    assert answer.status_code == 422
    assert not OrderTemplate.objects.exists()


def test_a_name_is_taken_once_unless_it_replaces(cast: SimpleNamespace) -> None:
    old = save_template(by=cast.sales, name="补货", lines=lines(1))
    save_template(by=cast.manager, name="补货", lines=lines(2))
    with pytest.raises(BusinessError) as refusal:
        save_template(by=cast.sales, name="补货", lines=lines(5))
    assert refusal.value.field == "name"
    again = save_template(by=cast.sales, name="补货", lines=lines(5, 6), replace=True)
    assert again.pk == old.pk
    assert [line.quantity for line in again.lines.all()] == [5, 6]
    other = save_template(by=cast.sales, name="别的", lines=lines(1))
    with pytest.raises(BusinessError):
        change_template(other, by=cast.sales, name="补货", shared=True)
    assert not OrderTemplate.objects.filter(is_shared=True).exists()


def test_shared_templates_are_for_all_who_enter_orders_and_others_for_their_owner(cast: SimpleNamespace) -> None:
    foreign = make_customer("丙公司", owner=cast.manager)
    own = save_template(by=cast.manager, name="经理的", lines=lines(1), customer=foreign)
    sales = signed_in(cast.sales)
    assert sales.get(f"/orders/new/?template={own.pk}").status_code == 404
    change_template(own, by=cast.manager, name="大家的", shared=True)
    page = sales.get("/orders/templates/").content.decode()
    assert "大家的" in page
    assert f"/orders/templates/{own.pk}/delete/" not in page
    form = sales.get(f"/orders/new/?template={own.pk}")
    assert form.status_code == 200
    assert foreign.code not in form.content.decode()  # a customer that this salesperson does not see
    assert sales.post(f"/orders/templates/{own.pk}/", {"name": "我的"}).status_code == 403
    assert sales.post(f"/orders/templates/{own.pk}/delete/").status_code == 403
    with pytest.raises(NotPermitted):
        delete_template(own, by=cast.sales)


def test_the_owner_changes_and_deletes(cast: SimpleNamespace) -> None:
    template = save_template(by=cast.sales, name="a", lines=lines(1))
    client = signed_in(cast.sales)
    assert client.post(f"/orders/templates/{template.pk}/", {"name": "b", "shared": "on"}).status_code == 302
    template.refresh_from_db()
    assert (template.name, template.is_shared) == ("b", True)
    assert client.post(f"/orders/templates/{template.pk}/", {"name": ""}).status_code == 422
    assert client.post(f"/orders/templates/{template.pk}/delete/").status_code == 302
    assert client.post(f"/orders/templates/{template.pk}/delete/").status_code == 404


def test_wrong_people_and_wrong_addresses(cast: SimpleNamespace, order: SalesOrder) -> None:
    template = save_template(by=cast.sales, name="a", lines=lines(1), shared=True)
    for person, status in ((cast.warehouse, 403), (cast.alpha_login, 404)):
        client = signed_in(person)
        for path in ("/orders/templates/", f"/orders/templates/new/?order={order.number}"):
            assert client.get(path).status_code == status
        for path in ("/orders/templates/from-form/", f"/orders/templates/{template.pk}/"):
            assert client.post(path).status_code == status
    sales = signed_in(cast.sales)
    for path in ("/orders/new/?template=x", "/orders/new/?template=999", "/orders/templates/new/"):
        assert sales.get(path).status_code == 404
    foreign = make_order((make_product(), 1), customer=cast.beta)
    assert sales.get(f"/orders/templates/new/?order={foreign.number}").status_code == 404
    assert sales.post("/orders/templates/from-form/?order=SO-0", {"token": "k"}).status_code == 404
    assert sales.post("/orders/templates/from-form/", {"token": "../"}).status_code == 422


def test_the_page_costs_the_same_for_many(cast: SimpleNamespace, django_assert_max_num_queries: Any) -> None:
    for place in range(20):
        save_template(by=cast.manager, name=f"t{place}", lines=lines(1), shared=True, customer=cast.alpha)
    client = signed_in(cast.sales)
    client.get("/orders/templates/")
    with django_assert_max_num_queries(10):
        assert client.get("/orders/templates/").status_code == 200


def test_a_template_follows_a_merged_customer(cast: SimpleNamespace) -> None:
    twin = make_customer("甲公司（重复）", owner=cast.sales)
    template = save_template(by=cast.sales, name="a", lines=lines(1), customer=twin)
    merge_customers(cast.alpha, twin, by=cast.manager, fields={})
    template.refresh_from_db()
    assert template.customer == cast.alpha
