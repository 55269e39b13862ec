"""The pages that split and merge orders: they work, refuse in place, and are for those who may."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from orders.models import OrderLink, SalesOrder
from orders.services.splitting import split_order
from tests.cast import make_order, make_product, make_user, put_in_stock


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def order(cast: SimpleNamespace) -> SalesOrder:
    product = make_product("A-1", name="合页")
    put_in_stock(product, 5)
    return make_order((product, 8), customer=cast.alpha, by=cast.sales)


def form_of(order: SalesOrder, **fields: Any) -> dict[str, Any]:
    order.refresh_from_db()
    kept = {"promised_date": order.promised_date, "warehouse": order.warehouse_id, "version": order.version}
    return {**kept, "address": "", "token": "t1", **fields}


def test_a_part_becomes_an_order_once(cast: SimpleNamespace, order: SalesOrder) -> None:
    client, line = client_of(cast.sales), order.lines.get()
    page = client.get(f"/orders/{order.number}/split/")
    assert f'name="part_{line.pk}"' in page.content.decode()
    address = cast.alpha.addresses.get()
    data = form_of(order, **{f"part_{line.pk}": "3"}, address=address.pk, note="先发现货")
    for _twice in range(2):
        answer = client.post(f"/orders/{order.number}/split/", data)
        assert answer.status_code == 302
    link = OrderLink.objects.get()
    assert answer["Location"] == reverse("orders:detail", args=[link.target.number])
    assert link.target.lines.get().quantity == 3
    assert link.target.number in client.get(f"/orders/{order.number}/").content.decode()


def test_what_cannot_go_is_said_at_the_line_and_kept(cast: SimpleNamespace, order: SalesOrder) -> None:
    line = order.lines.get()
    for typed in ("9", "x", "8"):
        answer = client_of(cast.sales).post(
            f"/orders/{order.number}/split/", form_of(order, **{f"part_{line.pk}": typed})
        )
        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.content.decode()
    assert SalesOrder.objects.count() == 1


@pytest.mark.parametrize("page", ["split", "merge"])
def test_only_those_who_may(cast: SimpleNamespace, order: SalesOrder, page: str) -> None:
    url = f"/orders/{order.number}/{page}/"
    answers = {
        name: client_of(getattr(cast, name)).get(url).status_code for name in ("warehouse", "alpha_login", "admin")
    }
    assert answers == {"warehouse": 403, "alpha_login": 404, "admin": 200}
    assert client_of(cast.admin).get(f"/orders/SO-0/{page}/").status_code == 404
    stranger = client_of(make_user("sales"))
    assert stranger.get(url).status_code == 404
    assert f"/{page}/" not in client_of(cast.warehouse).get(f"/orders/{order.number}/").content.decode()


def test_orders_are_compared_and_merged(cast: SimpleNamespace, order: SalesOrder) -> None:
    client = client_of(cast.sales)
    other = make_order(
        (make_product("B-1"), 2), customer=cast.alpha, by=cast.sales, ship_to={**order.ship_to, "street": "新街 2 号"}
    )
    page = client.get(f"/orders/{order.number}/merge/?with={other.number}").content.decode()
    assert "新街 2 号" in page
    data = {"with": other.number, "version": order.version, "address": other.number, "combine": "on", "note": ""}
    answer = client.post(f"/orders/{order.number}/merge/", data)
    assert answer.status_code == 302
    order.refresh_from_db()
    assert order.ship_to["street"] == "新街 2 号"
    assert order.lines.count() == 2
    portal = client_of(cast.alpha_login)
    assert order.number in portal.get(f"/portal/orders/{other.number}/").content.decode()
    assert other.number in portal.get(f"/portal/orders/{order.number}/").content.decode()


def test_a_refused_merge_says_why_and_keeps_the_choice(cast: SimpleNamespace, order: SalesOrder) -> None:
    other = make_order((make_product(), 2), customer=cast.alpha, by=cast.sales)
    data = {"with": other.number, "version": "77", "note": "一起发"}
    answer = client_of(cast.sales).post(f"/orders/{order.number}/merge/", data)
    assert answer.status_code == 422
    assert "一起发" in answer.content.decode()
    assert not OrderLink.objects.exists()


def test_the_page_hints_at_what_could_leave_together(
    cast: SimpleNamespace, order: SalesOrder, django_assert_max_num_queries: Any
) -> None:
    client, url = client_of(cast.sales), f"/orders/{order.number}/"
    assert "/merge/?with=" not in client.get(url).content.decode()
    other = make_order((make_product(), 2), customer=cast.alpha, by=cast.sales)
    assert f"/merge/?with={other.number}" in client.get(url).content.decode()
    make_order((make_product(), 3), customer=cast.beta, by=cast.sales)
    for quantity in range(3, 9):
        make_order((make_product(), quantity), customer=cast.alpha, by=cast.sales)
    with django_assert_max_num_queries(14):
        client.get(f"/orders/{order.number}/merge/?with={other.number}")


def test_a_portal_customer_sees_both_parts(cast: SimpleNamespace, order: SalesOrder) -> None:
    new = split_order(order, {order.lines.get().pk: Decimal(3)}, by=cast.sales, version=order.version)
    portal = client_of(cast.alpha_login)
    assert new.number in portal.get(f"/portal/orders/{order.number}/").content.decode()
    assert order.number in portal.get(f"/portal/orders/{new.number}/").content.decode()
    assert client_of(cast.beta_login).get(f"/portal/orders/{new.number}/").status_code == 404
