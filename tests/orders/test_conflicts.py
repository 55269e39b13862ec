"""Two people correct one order: what each changed is merged, and only contradictions are asked."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from erp.models import Draft
from inventory.models import Product
from orders.models import Channel, OrderRevision, SalesOrder
from orders.services import LineInput, update_order
from tests.cast import make_order, make_product, make_user

pytestmark = pytest.mark.usefixtures("no_auto_approval")
PROMISED = timezone.localdate() + dt.timedelta(days=30)


@pytest.fixture
def goods(basics: None) -> list[Product]:
    return [make_product(sku, name=name) for sku, name in (("A-1", "合页"), ("B-1", "螺丝"), ("C-1", "把手"))]


@pytest.fixture
def order(cast: SimpleNamespace, goods: list[Product]) -> SalesOrder:
    """The salesperson's pending order of two A and three B."""
    return make_order((goods[0], 2), (goods[1], 3), customer=cast.alpha, by=cast.sales, promised_date=PROMISED)


def sent(order: SalesOrder, *rows: dict[str, Any], version: int = 1, **head: Any) -> dict[str, Any]:
    """What the browser sends that opened version 1: as it was, with changes."""
    channel = Channel.objects.get(code="phone").pk
    fields = {
        "customer": order.customer_id,
        "customer_text": "",
        "channel": channel,
        "promised_date": PROMISED.isoformat(),
        "priority": 0,
        "external_number": "",
        "warehouse": order.warehouse_id,
        "customer_note": "",
        "address": order.customer.addresses.get().pk,
        "token": "t1",
        "version": version,
        "lines-TOTAL_FORMS": len(rows),
        "lines-INITIAL_FORMS": 0,
        **head,
    }
    for place, row in enumerate(rows):
        fields |= {f"lines-{place}-{name}": value for name, value in row.items()}
    return {name: str(value) for name, value in fields.items()}


def row(product: Product, quantity: Any, **more: Any) -> dict[str, Any]:
    return {"product": product.pk, "text": product.sku, "quantity": quantity, "price": 100, "tax": "0.13", **more}


def line(product: Product, quantity: Any, **more: Any) -> LineInput:
    return LineInput(product=product, quantity=Decimal(quantity), unit_price=Decimal(100), **more)


def lines_of(order: SalesOrder) -> list[tuple[str, Decimal]]:
    return list(order.lines.order_by("position").values_list("product__sku", "quantity"))


@pytest.fixture
def mine(client: Client, cast: SimpleNamespace) -> Client:
    client.force_login(cast.sales)
    return client


def hidden(text: str, name: str) -> str:
    return text.split(f'name="{name}"')[1].split('value="')[1].split('"')[0]


def test_what_contradicts_nothing_is_merged_and_shown(
    cast: SimpleNamespace, mine: Client, order: SalesOrder, goods: list[Product]
) -> None:
    a, b, c = goods
    later = PROMISED + dt.timedelta(days=5)
    theirs = [line(a, 2), line(b, 3, wish="蓝色"), line(c, 7)]
    update_order(order, by=cast.manager, version=1, lines=theirs, promised_date=later)
    url = f"/orders/{order.number}/edit/"
    response = mine.post(url, sent(order, row(a, 5), row(b, 3), priority=9, customer_note="加急\r\n送货"))
    text = response.content.decode()
    assert response.status_code == 422
    assert "manager" in text and "蓝色" in text and 'id="conflict"' in text
    assert 'type="radio"' not in text
    assert hidden(text, "version") == "2"
    order.refresh_from_db()
    assert (order.version, order.priority) == (2, 0)  # nothing is saved yet
    merged = sent(order, row(a, 5), row(b, 3, wish="蓝色"), row(c, 7), version=2, priority=9, promised_date=later)
    for name, value in merged.items():
        if name.startswith("lines-") and name.endswith(("quantity", "wish")):
            assert f'value="{value}"' in text
    assert mine.post(url, merged).status_code == 302
    order.refresh_from_db()
    assert (order.version, order.priority, order.promised_date) == (3, 9, later)
    assert lines_of(order) == [("A-1", 5), ("B-1", 3), ("C-1", 7)]


@pytest.mark.parametrize("side", ["mine", "theirs"])
def test_contradictions_are_chosen(
    cast: SimpleNamespace, mine: Client, order: SalesOrder, goods: list[Product], side: str
) -> None:
    a, b, _c = goods
    days = [PROMISED + dt.timedelta(days=count) for count in (1, 2)]
    # They: A to 20, B gone, another date and a wish for the whole; I: A to 5, B to 9, another date and urgent.
    update_order(order, by=cast.manager, version=1, lines=[line(a, 20)], promised_date=days[1], customer_note="轻放")
    url = f"/orders/{order.number}/edit/"
    typed = sent(order, row(a, 5), row(b, 9), promised_date=days[0], priority=9)
    text = mine.post(url, typed).content.decode()
    for name in ("promised_date", f"{a.pk}#1.quantity", f"{b.pk}#1."):
        assert f'name="pick:{name}"' in text
    assert "轻放" in text and 'value="9"' in text and hidden(text, "version") == "1"
    picks = {f"pick:{name}": side for name in ("promised_date", f"{a.pk}#1.quantity", f"{b.pk}#1.")}
    # Half a choice is asked again.
    half = {"theirs_version": "2", "pick:promised_date": side}
    assert mine.post(url, {**typed, **half}).status_code == 422
    assert mine.post(url, {**typed, **picks, "theirs_version": "2"}).status_code == 302
    order.refresh_from_db()
    assert (order.version, order.priority, order.customer_note) == (3, 9, "轻放")
    assert order.promised_date == days[0 if side == "mine" else 1]
    assert lines_of(order) == ([("A-1", 5), ("B-1", 9)] if side == "mine" else [("A-1", 20)])
    assert [row.version for row in order.revisions.order_by("version")] == [1, 2]


def test_a_third_saves_while_somebody_chooses(
    cast: SimpleNamespace, mine: Client, order: SalesOrder, goods: list[Product]
) -> None:
    update_order(order, by=cast.manager, version=1, priority=5)
    typed = sent(order, row(goods[0], 2), row(goods[1], 3), priority=9)
    url = f"/orders/{order.number}/edit/"
    assert 'name="pick:priority"' in mine.post(url, typed).content.decode()
    update_order(order, by=cast.manager, version=2, priority=0)
    chosen = {**typed, "theirs_version": "2", "pick:priority": "theirs"}
    response = mine.post(url, chosen)  # a choice between other values than those that were seen does not count
    assert response.status_code == 422
    assert hidden(response.content.decode(), "version") == "3"
    order.refresh_from_db()
    assert order.version == 3


def test_without_the_version_it_began_with_everything_different_is_asked(
    cast: SimpleNamespace, mine: Client, order: SalesOrder, goods: list[Product]
) -> None:
    update_order(order, by=cast.manager, version=1, customer_note="轻放")
    OrderRevision.objects.all().delete()  # saved by a program that kept none
    url = f"/orders/{order.number}/edit/"
    typed = sent(order, row(goods[0], 2), row(goods[1], 3))
    assert 'name="pick:customer_note"' in mine.post(url, typed).content.decode()
    assert mine.post(url, {**typed, "theirs_version": "2", "pick:customer_note": "theirs"}).status_code == 302
    order.refresh_from_db()
    assert order.customer_note == "轻放"


def test_who_may_not_see_an_address_neither_sees_nor_loses_it(
    client: Client, cast: SimpleNamespace, order: SalesOrder, goods: list[Product]
) -> None:
    from django.contrib.auth.models import Permission

    clerk = make_user("clerk")
    for name in ("view_salesorder", "change_salesorder", "view_all_orders", "view_customer"):
        clerk.user_permissions.add(Permission.objects.get(codename=name, content_type__app_label="orders"))
    moved = {"recipient": "李四", "phone": "13900001111", "street": "南山路 9 号", "city": "杭州市"}
    update_order(order, by=cast.manager, version=1, ship_to=moved)
    client.force_login(clerk)
    url = f"/orders/{order.number}/edit/"
    text = client.post(url, sent(order, row(goods[0], 5), row(goods[1], 3), address="")).content.decode()
    assert 'id="conflict"' in text
    assert "13900001111" not in text and "南山路" not in text
    assert client.post(url, sent(order, row(goods[0], 5), row(goods[1], 3), address="", version=2)).status_code == 302
    order.refresh_from_db()
    assert order.ship_to["street"] == "南山路 9 号"
    assert lines_of(order)[0] == ("A-1", 5)


def test_a_draft_of_an_old_version_is_merged_too(
    cast: SimpleNamespace, mine: Client, order: SalesOrder, goods: list[Product]
) -> None:
    typed = sent(order, row(goods[0], 5), row(goods[1], 3))
    Draft.objects.create(user=cast.sales, form="orders.order", key="t1", tab="x", payload=typed, subject=order.number)
    update_order(order, by=cast.manager, version=1, priority=9)
    url = f"/orders/{order.number}/edit/"
    text = mine.get(f"{url}?draft=t1").content.decode()
    assert hidden(text, "version") == "1"  # it goes on from what it began with
    assert 'id="conflict"' in mine.post(url, typed).content.decode()
    assert Draft.objects.filter(key="t1").exists()


def test_a_price_stays_with_its_unit(
    cast: SimpleNamespace, mine: Client, order: SalesOrder, goods: list[Product]
) -> None:
    from inventory.models import ProductUnit, Unit

    a, b, _c = goods
    box = ProductUnit.objects.create(product=a, unit=Unit.objects.get_or_create(name="箱")[0], factor=Decimal(12))
    boxed = LineInput(product=a, quantity=Decimal(1), unit_price=Decimal(1100), unit="箱", factor=box.factor)
    update_order(order, by=cast.manager, version=1, lines=[boxed, line(b, 3)])
    typed = sent(order, row(a, 5), row(b, 3))  # I: five pieces; they: one box
    url = f"/orders/{order.number}/edit/"
    assert f'name="pick:{a.pk}#1.quantity"' in mine.post(url, typed).content.decode()
    picked = {"theirs_version": "2", f"pick:{a.pk}#1.quantity": "mine"}
    assert mine.post(url, {**typed, **picked}).status_code == 302
    first = SalesOrder.objects.get(pk=order.pk).lines.get(position=1)
    assert (first.quantity, first.entered_unit, first.unit_price) == (5, "", 100)
