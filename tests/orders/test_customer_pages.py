"""Customers: list, page, entering and changing, people and addresses, the picker."""

import pytest

from orders.history import history_of
from orders.models import Customer
from orders.services.people import remove_contact, save_contact
from tests.cast import make_customer, make_order, make_product


@pytest.fixture
def as_(client):
    """The client signed in as somebody."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


NEW = {"name": "杭州卓越五金有限公司", "level": "B", "payment_days": "30", "is_active": "on"}


def test_list_and_search(as_, cast):
    theirs = make_customer("丙公司", owner=cast.manager)
    page = as_(cast.sales)
    text = page.get("/orders/customers/").content.decode()
    assert "甲公司" in text
    assert theirs.name not in text
    for words in ("甲", cast.alpha.code, "jgs", "13812"):
        assert "甲公司" in page.get("/orders/customers/", {"q": words}).content.decode()
    assert "甲公司" not in page.get("/orders/customers/?q=nobody").content.decode()
    assert as_(cast.alpha_login).get("/orders/customers/").status_code == 404


def test_picker(as_, cast):
    items = as_(cast.sales).get("/orders/customers/search.json?q=jgs").json()["items"]
    assert [item["code"] for item in items] == [cast.alpha.code]
    assert as_(cast.alpha_login).get("/orders/customers/search.json?q=j").status_code == 404


def test_page_and_masking(as_, cast):
    make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    url = f"/orders/customers/{cast.alpha.code}/"
    text = as_(cast.sales).get(url).content.decode()
    assert "13812345678" in text
    assert "文三路 1 号" in text
    text = as_(cast.warehouse).get(url).content.decode()
    assert "13812345678" not in text
    assert "文三路" not in text
    assert "王经理" not in text
    theirs = make_customer("丙公司", owner=cast.manager)
    assert as_(cast.sales).get(f"/orders/customers/{theirs.code}/").status_code == 404


def test_new_customer(as_, cast):
    data = {
        **NEW,
        "tax_number": "91330100 7996 55058b",
        "contact_name": "张三",
        "contact_phone": "13900001111",
        "street": "人民路 2 号",
    }
    response = as_(cast.sales).post("/orders/customers/new/", data)
    customer = Customer.objects.get(name=NEW["name"])
    assert response["Location"] == f"/orders/customers/{customer.code}/"
    assert customer.tax_number == "91330100799655058B"
    assert customer.initials == "hzzywjyxgs"
    assert customer.owner == cast.sales  # else the salesperson would not see it
    assert customer.addresses.get().recipient == "张三"
    assert as_(cast.warehouse).get("/orders/customers/new/").status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [("tax_number", "91330100799655058A"), ("name", ""), ("contact_phone", "call me"), ("email", "nobody")],
)
def test_bad_customers_are_refused_and_kept(as_, cast, field, value):
    before = Customer.objects.count()
    response = as_(cast.sales).post("/orders/customers/new/", {**NEW, "note": "老客户介绍", field: value})
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    assert "老客户介绍" in response.content.decode()
    assert Customer.objects.count() == before


def test_a_taken_code_is_refused(as_, cast):
    response = as_(cast.sales).post("/orders/customers/new/", {**NEW, "code": cast.alpha.code})
    assert response.status_code == 422
    assert 'id="id_code_error"' in response.content.decode()


def test_credit_is_set_only_by_those_who_approve(as_, cast):
    url = f"/orders/customers/{cast.alpha.code}/edit/"
    data = {**NEW, "name": "甲公司", "owner": cast.sales.pk, "credit_limit": "500000"}
    assert as_(cast.sales).post(url, data).status_code == 302
    cast.alpha.refresh_from_db()
    assert cast.alpha.credit_limit is None
    assert as_(cast.manager).post(url, data).status_code == 302
    cast.alpha.refresh_from_db()
    assert cast.alpha.credit_limit == 500000
    response = as_(cast.manager).post(url, {**data, "credit_limit": "-1"})
    assert response.status_code == 422


def test_quick_customer_inside_the_order_form(as_, cast):
    page = as_(cast.sales)
    assert "<html" not in page.get("/orders/customers/quick/", headers={"HX-Request": "true"}).content.decode()
    bad = page.post("/orders/customers/quick/", {**NEW, "name": ""}, headers={"HX-Request": "true"})
    assert bad.status_code == 422
    good = page.post("/orders/customers/quick/", NEW, headers={"HX-Request": "true"})
    assert good.status_code == 204
    assert "customer-created" in good["HX-Trigger"]


def test_people_and_addresses(as_, cast):
    page, url = as_(cast.sales), f"/orders/customers/{cast.alpha.code}/"
    page.post(f"{url}contacts/", {"contact-name": "李四", "contact-phone": "13900001111", "contact-is_default": "on"})
    wang, li = cast.alpha.contacts.order_by("id")
    assert (wang.is_default, li.is_default) == (False, True)
    page.post(f"{url}contacts/{li.pk}/", {"act": "remove"})
    wang.refresh_from_db()
    assert wang.is_default
    assert page.post(f"{url}contacts/", {"contact-name": ""}).status_code == 422
    bad = page.post(f"{url}addresses/", {"address-recipient": "李四", "address-phone": "x", "address-street": "人民路"})
    assert bad.status_code == 422
    assert "人民路" in bad.content.decode()
    data = {"address-recipient": "李四", "address-phone": "13900001111", "address-street": "人民路 2 号"}
    page.post(f"{url}addresses/", data)
    second = cast.alpha.addresses.get(recipient="李四")
    page.post(f"{url}addresses/{second.pk}/", {"act": "default"})
    assert cast.alpha.addresses.get(is_default=True) == second
    assert page.post(f"{url}addresses/999999/").status_code == 404
    assert as_(cast.warehouse).post(f"{url}addresses/{second.pk}/").status_code == 403


def test_somebody_is_always_the_default(cast):
    first = cast.alpha.contacts.get()
    remove_contact(first, by=cast.sales)
    only = save_contact(cast.alpha, by=cast.sales, name="李四", phone="")
    assert only.is_default


def test_history_tells_what_was_changed_by_whom(as_, cast):
    url = f"/orders/customers/{cast.alpha.code}/"
    data = {**NEW, "name": "甲公司", "owner": cast.sales.pk, "note": "月结客户", "level": "A"}
    as_(cast.sales).post(f"{url}edit/", data)
    changes = {(change.before, change.after, change.who) for change in history_of(cast.alpha)}
    assert ("—", "月结客户", "sales") in changes
    assert "月结客户" in as_(cast.manager).get(url).content.decode()
    assert history_of(cast.beta) == []
