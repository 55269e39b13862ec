"""Looking up one order by number and digits: what it shows, and what it never tells."""

import re
from typing import Any

import pytest
from django.core import signing
from django.core.cache import cache
from django.test import Client

from orders.models import SalesOrder
from portal import lookup

pytestmark = pytest.mark.django_db


def test_number_and_digits_open_the_order(client: Client, order: SalesOrder, look_up: Any) -> None:
    answer = look_up(client, f" {order.number.lower()} ")
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert order.number in page.content.decode()
    cookie = client.cookies[lookup.COOKIE]
    assert cookie["httponly"]
    assert cookie["path"] == "/portal/"


def test_phone_name_and_street_are_masked(client: Client, order: SalesOrder, look_up: Any) -> None:
    page = client.get(look_up(client, order.number)["Location"]).content.decode()
    assert "138****5678" in page
    for secret in ("13812345678", "文三路", "王经理"):
        assert secret not in page


def test_a_wrong_number_and_wrong_digits_get_the_same_answer(client: Client, order: SalesOrder, look_up: Any) -> None:
    wrong_digits = look_up(client, order.number, "0000")
    wrong_number = look_up(client, "SO-20260101-99999")
    assert wrong_digits.status_code == wrong_number.status_code == 422

    one = wrong_digits.content.decode().replace(order.number, "X").replace('value="0000"', "")
    two = wrong_number.content.decode().replace("SO-20260101-99999", "X").replace('value="5678"', "")
    assert strip_token(one) == strip_token(two)
    assert lookup.COOKIE not in client.cookies


def strip_token(html: str) -> str:
    """Without the CSRF token, which differs on every answer."""
    html = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", html)
    return re.sub(r"X-CSRFToken[^}]*", "", html)


def test_what_was_typed_is_kept(client: Client, order: SalesOrder, look_up: Any) -> None:
    page = look_up(client, "SO-1", "12").content.decode()
    assert 'value="SO-1"' in page
    assert 'value="12"' in page


@pytest.mark.parametrize("digits", ["", "567", "56789", "abcd", "５６７８"])
def test_digits_must_be_four(client: Client, order: SalesOrder, look_up: Any, digits: str) -> None:
    assert look_up(client, order.number, digits).status_code == 422


def test_five_wrong_tries_from_one_address_pause_it(client: Client, order: SalesOrder, look_up: Any) -> None:
    for number in range(5):
        assert look_up(client, f"SO-{number}").status_code == 422
    assert look_up(client, order.number).status_code == 429
    assert look_up(client, order.number, REMOTE_ADDR="10.0.0.2").status_code == 302


def test_five_wrong_tries_on_one_number_pause_it(client: Client, order: SalesOrder, look_up: Any) -> None:
    for number in range(5):
        assert look_up(client, order.number, "0000", REMOTE_ADDR=f"10.0.0.{number}").status_code == 422
    assert look_up(client, order.number, REMOTE_ADDR="10.0.1.1").status_code == 429
    # A number that does not exist rests in the same way: the pause tells nothing.
    for number in range(5):
        look_up(client, "SO-NONE", "0000", REMOTE_ADDR=f"10.0.2.{number}")
    assert look_up(client, "SO-NONE", REMOTE_ADDR="10.0.3.1").status_code == 429


def test_right_answers_are_no_guesses_and_do_not_wash_wrong_ones(
    client: Client, order: SalesOrder, look_up: Any
) -> None:
    for _again in range(8):
        assert look_up(client, order.number).status_code == 302
    for number in range(5):
        look_up(client, f"SO-{number}")
        if number < 4:
            assert look_up(client, order.number).status_code == 302
    assert look_up(client, order.number).status_code == 429


def test_the_pause_ends(client: Client, order: SalesOrder, look_up: Any) -> None:
    for number in range(6):
        look_up(client, f"SO-{number}")
    cache.clear()  # as time does
    assert look_up(client, order.number).status_code == 302


def test_the_grant_opens_only_that_order(client: Client, order: SalesOrder, foreign: SalesOrder, look_up: Any) -> None:
    look_up(client, order.number)
    answer = client.get(f"/portal/orders/{foreign.number}/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/portal/?number=")


def test_without_a_grant_every_number_leads_to_the_form(client: Client, order: SalesOrder) -> None:
    real = client.get(f"/portal/orders/{order.number}/")
    fake = client.get("/portal/orders/SO-NONE/")
    assert (real.status_code, fake.status_code) == (302, 302)
    assert real["Location"].replace(order.number, "X") == fake["Location"].replace("SO-NONE", "X")


@pytest.mark.parametrize("forge", [str, lambda: "nonsense", lambda: signing.dumps(1, salt="another")])
def test_a_forged_grant_opens_nothing(client: Client, order: SalesOrder, forge: Any) -> None:
    client.cookies[lookup.COOKIE] = forge()
    assert client.get(f"/portal/orders/{order.number}/").status_code == 302


def test_a_grant_runs_out(client: Client, order: SalesOrder, look_up: Any, monkeypatch: Any) -> None:
    look_up(client, order.number)
    monkeypatch.setattr(lookup, "GRANT_SECONDS", -1)
    assert client.get(f"/portal/orders/{order.number}/").status_code == 302


def test_the_form_is_open_to_everybody(client: Client, cast: Any) -> None:
    assert client.get("/portal/").status_code == 200
    client.force_login(cast.sales)
    assert 'name="digits"' in client.get("/portal/?number=SO-9").content.decode()
    assert client.get("/portal/lookup/").status_code == 302


def test_the_link_of_a_mail_fills_in_the_number(client: Client, basics: Any) -> None:
    assert 'value="SO-9"' in client.get("/portal/?number=SO-9").content.decode()


def test_a_phone_can_install_it(client: Client, basics: Any) -> None:
    answer = client.get("/portal/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    found = answer.json()
    assert found["start_url"] == "/portal/"
    for icon in found["icons"]:
        assert client.get(icon["src"]).status_code == 200
