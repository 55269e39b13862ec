import json

import pytest

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}


def test_a_browser_gets_the_page_and_htmx_the_block(client):
    whole = client.get("/page/")
    assert b"<!doctype html>" in whole.content and "HX-Request" in whole["Vary"]
    part = client.get("/page/", **HX)
    assert part.content.decode().startswith('<p id="first">您好</p>')
    assert "HX-Request" in part["Vary"]


def test_several_blocks_are_joined(client):
    part = client.get("/page/?two=1", **HX).content.decode()
    assert '<p id="first">' in part and '<p id="second">' in part and "<html" not in part


@pytest.mark.parametrize("header", ["HTTP_HX_BOOSTED", "HTTP_HX_HISTORY_RESTORE_REQUEST"])
def test_boosted_and_history_requests_get_the_page(client, header):
    assert b"<html" in client.get("/page/", **HX, **{header: "true"}).content


def test_nothing_changed_answers_204(client):
    html = client.get("/page/", **HX).content.decode()
    token = html.split("_v=")[1].split('"')[0]
    assert client.get(f"/page/?_v={token}", **HX).status_code == 204
    assert client.get("/page/?_v=other", **HX).status_code == 200


def test_messages_become_toasts_on_a_partial(client):
    response = client.get("/page/?say=错了", **HX)
    assert json.loads(response["HX-Trigger"]) == {"toast": {"items": [{"text": "错了", "tone": "danger"}]}}
    assert "错了" in client.get("/page/?say=错了").content.decode()


def test_toasts_add_up(client, person):
    client.force_login(person)
    items = json.loads(client.get("/staff/")["HX-Trigger"])["toast"]["items"]
    assert [i["text"] for i in items] == ["一", "二"]


def test_go_redirects_browser_and_htmx(client):
    assert client.get("/go/")["Location"] == "/page/"
    assert client.get("/go/", **HX)["HX-Redirect"] == "/page/"


def test_the_last_live_answer_is_286(client):
    assert client.get("/done/").status_code == 286


def test_a_page_is_light(client, person):
    client.force_login(person)
    assert len(client.get("/page/").content) < 20_000


def test_a_page_costs_few_queries(client, person, django_assert_max_num_queries):
    client.force_login(person)
    client.get("/page/")
    with django_assert_max_num_queries(4):  # session, person, permissions of the person and of the roles
        client.get("/page/")
