"""Pages and API of changes of confirmed orders."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from erp.talk.kinds import readers_of
from orders import services
from orders.models import Amendment, SalesOrder
from orders.services import keep, submit
from tests.cast import make_order, make_product, put_in_stock
from tests.orders.test_amending import change, confirmed, line_of


@pytest.fixture
def order(cast: SimpleNamespace, no_auto_approval: None) -> SalesOrder:
    """Ten pieces, all reserved."""
    product = make_product(sku="A-1", name="螺栓")
    put_in_stock(product, 20)
    return confirmed(cast, (product, 10))


@pytest.fixture
def page(client: Client, cast: SimpleNamespace) -> Client:
    """A browser of the salesperson."""
    client.force_login(cast.sales)
    return client


def body(order: SalesOrder, **changes: Any) -> dict[str, Any]:
    """What the form sends when nothing is changed."""
    line = line_of(order)
    ship_to = {
        part: order.ship_to.get(part, "") for part in ("recipient", "phone", "province", "city", "district", "street")
    }
    return {
        "reason": "客户改数量",
        "promised_date": order.promised_date.isoformat(),
        "priority": order.priority,
        "customer_note": "",
        "version": order.version,
        "revision": 0,
        **ship_to,
        "lines-TOTAL_FORMS": 2,
        "lines-INITIAL_FORMS": 0,
        "lines-0-line": line.pk,
        "lines-0-product": line.product_id,
        "lines-0-text": "A-1 螺栓",
        "lines-0-quantity": "10",
        "lines-0-price": "100",
        "lines-0-discount": "0",
        "lines-0-tax": "0.13",
        **changes,
    }


def test_from_the_order_to_a_change_in_force(page: Client, cast: SimpleNamespace, order: SalesOrder) -> None:
    assert f"/orders/{order.number}/amend/" in page.get(f"/orders/{order.number}/").content.decode()
    form = page.get(f"/orders/{order.number}/amend/")
    assert form.status_code == 200
    assert "螺栓" in form.content.decode()
    answer = page.post(f"/orders/{order.number}/amend/", body(order, **{"lines-0-quantity": "6"}))
    one = Amendment.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, one.get_absolute_url())
    shown = page.get(one.get_absolute_url()).content.decode()
    assert "10 个" in shown
    assert "6 个" in shown
    assert "释放占用 4 个" in shown
    page.post(f"{one.get_absolute_url()}step/", {"transition": "submit"})
    one.refresh_from_db()
    assert one.status == "submitted"
    page.force_login(cast.approver)
    assert one.number in page.get("/").content.decode()
    assert "变更" in page.get(f"/orders/{order.number}/").content.decode()
    page.post(f"{one.get_absolute_url()}step/", {"transition": "apply"})
    order.refresh_from_db()
    assert (order.version, line_of(order).quantity) == (2, 6)
    assert "第 1 次变更已生效：第 2 版" in page.get(f"/orders/{order.number}/").content.decode()
    assert page.get(f"/orders/{order.number}/confirmation.pdf").status_code == 200


def test_what_is_wrong_is_said_and_kept(page: Client, order: SalesOrder) -> None:
    for changes, words in (
        ({}, "没有任何变动"),
        ({"reason": ""}, "变更原因"),
        ({"lines-0-quantity": "0"}, "数量"),
        ({"version": 7, "lines-0-quantity": "6"}, "已被改动"),
        ({"phone": ""}, "A"),
        ({"lines-TOTAL_FORMS": 0}, "没有明细"),
    ):
        answer = page.post(f"/orders/{order.number}/amend/", body(order, **changes))
        assert answer.status_code == 422, changes
        assert words in answer.content.decode()
    assert not Amendment.objects.exists()


def test_who_may(client: Client, cast: SimpleNamespace, order: SalesOrder) -> None:
    one = change(order, cast.sales, keep(line_of(order), quantity=Decimal(6)))
    address = f"/orders/{order.number}/amend/"
    for person, form, shown in (
        (cast.warehouse, 403, 200),
        (cast.alpha_login, 404, 404),
        (cast.manager, 200, 200),
    ):
        client.force_login(person)
        assert client.get(address).status_code == form
        assert client.get(one.get_absolute_url()).status_code == shown
    client.force_login(cast.warehouse)
    assert "13812345678" not in client.get(one.get_absolute_url()).content.decode()
    assert client.post(f"{one.get_absolute_url()}step/", {"transition": "submit"}).status_code == 403
    assert client.post(f"{one.get_absolute_url()}step/", {"transition": "fly"}).status_code == 422
    client.force_login(cast.sales)
    assert client.get(f"/orders/{order.number}/amendments/9/").status_code == 404
    assert client.get("/orders/SO-NONE/amend/").status_code == 404


def test_a_pending_order_says_why_not(page: Client, cast: SimpleNamespace, no_auto_approval: None) -> None:
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    assert page.get(f"/orders/{order.number}/amend/").status_code == 422
    services.decide(order, False, by=cast.approver, note="x")


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_in_three_languages(page: Client, cast: SimpleNamespace, order: SalesOrder, language: str) -> None:
    cast.sales.language = language
    cast.sales.save()
    one = submit(change(order, cast.sales, keep(line_of(order), quantity=Decimal(6))), by=cast.sales)
    words = {"zh-hans": "释放占用", "zh-hant": "釋放佔用", "en": "become free for others"}
    page.cookies["django_language"] = language
    assert words[language] in page.get(one.get_absolute_url(), headers={"accept-language": language}).content.decode()


def test_an_approver_by_policy_sees_what_waits(page: Client, cast: SimpleNamespace, order: SalesOrder) -> None:
    one = submit(change(order, cast.sales, keep(line_of(order), quantity=Decimal(6))), by=cast.sales)
    shown = page.get(f"/orders/{order.number}/").content.decode()
    assert f"变更 {one.number} 待审批" in shown


def test_a_change_is_talked_about_by_those_who_see_its_order(
    page: Client, cast: SimpleNamespace, order: SalesOrder
) -> None:
    one = change(order, cast.sales, keep(line_of(order), quantity=Decimal(6)))
    assert set(readers_of(one)) == set(readers_of(order))
    address = reverse("talk", args=["orders.Amendment", one.pk])
    page.post(f"{address}comments/", {"text": "客户周五前要答复"})
    assert "客户周五前要答复" in page.get(one.get_absolute_url()).content.decode()
    page.force_login(cast.alpha_login)
    assert page.get(address).status_code in (403, 404)
    SalesOrder.objects.filter(pk=order.pk).update(archived_at=timezone.now())
    page.force_login(cast.sales)
    assert page.post(f"{address}comments/", {"text": "太晚"}).status_code == 422
    assert "comment-text" not in page.get(one.get_absolute_url()).content.decode()
