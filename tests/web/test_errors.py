import json

import pytest

from erp.web import add_error
from tests.web.urls import AForm, refusal

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}


def test_a_refusal_is_a_page_with_reasons_and_a_way_back(client):
    response = client.get("/refuse/", HTTP_REFERER="http://testserver/page/")
    html = response.content.decode()
    assert response.status_code == 422
    for words in ("不能发货", "还有 2 行未备齐。", "先备齐。", 'href="http://testserver/page/"'):
        assert words in html


def test_the_way_back_never_leaves_our_host(client):
    assert "evil.example" not in client.get("/refuse/?next=https://evil.example/").content.decode()


def test_a_refusal_is_a_toast_for_htmx(client):
    response = client.get("/refuse/", **HX)
    assert response.status_code == 422 and response["HX-Reswap"] == "none"
    [item] = json.loads(response["HX-Trigger"])["toast"]["items"]
    assert item == {"text": "不能发货 还有 2 行未备齐。 先备齐。", "tone": "danger"}


def test_a_missing_right_is_403(client):
    assert client.get("/refuse-right/").status_code == 403


def test_a_service_error_lands_on_its_field_or_above_the_form():
    form = AForm({"name": "a"})
    add_error(form, refusal("name"))
    add_error(form, refusal("unknown"))
    assert form.errors["name"] == ["名称已存在 换一个。"]
    assert form.non_field_errors() == ["名称已存在 换一个。"]


def test_unknown_addresses_get_our_page_in_chinese(client):
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "这个地址没有内容" in response.content.decode()


def test_a_crash_gets_our_page(client):
    client.raise_request_exception = False
    response = client.get("/boom/")
    assert response.status_code == 500
    assert "系统出了问题" in response.content.decode() and b"boom" not in response.content


def test_an_expired_form_gets_our_page(person):
    from django.test import Client

    response = Client(enforce_csrf_checks=True).post("/preferences/", {"theme": "dark"})
    assert response.status_code == 403
    assert "表单已过期" in response.content.decode()


def test_people_of_the_company_keep_their_menu_on_a_refusal(client, person, customer):
    client.force_login(person)
    html = client.get("/no/such/page/").content.decode()
    assert html.count("<h1>") == 1 and 'class="sidenav"' in html
    assert 'class="sidenav"' in client.get("/refuse/").content.decode()
    client.force_login(customer)
    assert 'class="sidenav"' not in client.get("/no/such/page/").content.decode()
