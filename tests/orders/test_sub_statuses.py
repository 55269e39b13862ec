"""Sub-statuses: setting, leaving with the state, arriving by themselves, who may, where they show, and removal."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from erp.errors import BusinessError, NotPermitted
from erp.models import StatusChange
from erp.workflow import advance
from orders.models import SalesOrder, SubStatus
from orders.services import remove_sub_statuses, set_sub_status, set_sub_statuses
from tests.cast import make_order, make_product

pytestmark = pytest.mark.usefixtures("no_auto_approval")


def sub(name: str = "等客户确认", state: str = "pending", **fields: Any) -> SubStatus:
    return SubStatus.objects.create(name=name, state=state, **fields)


@pytest.fixture
def order(cast: SimpleNamespace) -> SalesOrder:
    return make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)


def of(order: SalesOrder) -> SubStatus | None:
    return SalesOrder.objects.get(pk=order.pk).sub_status


def test_setting_and_taking_away(cast: SimpleNamespace, order: SalesOrder) -> None:
    waits, asked = sub(), sub("已询价")
    assert set_sub_status(order, waits, by=cast.sales, note="明天回复")
    assert set_sub_status(order, asked, by=cast.sales)
    assert not set_sub_status(order, asked, by=cast.sales)  # a repeat changes and writes nothing
    assert set_sub_status(order, None, by=cast.sales)
    assert of(order) is None
    notes = StatusChange.objects.filter(transition="sub_status", document_id=order.pk).order_by("id")
    assert [row.note for row in notes] == ["— → 等客户确认\n明天回复", "等客户确认 → 已询价", "已询价 → —"]
    assert {(row.source, row.target, row.seconds) for row in notes} == {("pending", "pending", 0)}


def test_refusals_change_nothing(cast: SimpleNamespace, order: SalesOrder) -> None:
    late = sub("等装车", "ready_to_ship")
    old = sub("旧", is_active=False)
    for wrong, code in ((late, "wrong_state"), (old, "not_active")):
        with pytest.raises(BusinessError) as refusal:
            set_sub_status(order, wrong, by=cast.sales)
        assert refusal.value.code == code
    gone = sub("没了")
    SubStatus.objects.filter(pk=gone.pk).delete()
    with pytest.raises(BusinessError) as refusal:
        set_sub_status(order, gone, by=cast.sales)
    assert refusal.value.code == "gone"
    assert of(order) is None


def test_who_may_set_it(cast: SimpleNamespace, order: SalesOrder) -> None:
    for_all, for_finance = sub(), sub("等财务")
    for_finance.roles.add(Group.objects.get(name="finance"))
    with pytest.raises(NotPermitted):
        set_sub_status(order, for_all, by=cast.warehouse)
    with pytest.raises(NotPermitted):
        set_sub_status(order, for_finance, by=cast.sales)
    with pytest.raises(NotPermitted):
        set_sub_status(order, for_all, by=cast.alpha_login)
    assert set_sub_status(order, for_finance, by=cast.finance)
    with pytest.raises(NotPermitted):  # nor may others take it away
        set_sub_status(order, None, by=cast.sales)
    assert set_sub_status(order, None, by=cast.finance)
    assert set_sub_status(order, for_finance, by=None)


def test_it_leaves_with_the_state_and_another_arrives(cast: SimpleNamespace, order: SalesOrder) -> None:
    set_sub_status(order, sub(), by=cast.sales)
    advance(order, "reject", by=cast.approver, note="价格")
    assert of(order) is None
    back = sub("重新提交", is_default=True)
    advance(order, "resubmit", by=cast.sales)
    assert of(order) == back
    assert of(make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)) == back
    back.is_active = False
    back.save()
    assert of(make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)) is None


def test_a_transition_asks_nothing_more_when_there_are_none(cast: SimpleNamespace, order: SalesOrder) -> None:
    from orders.models.substatus import catalogue, on_arrival

    assert catalogue() == []
    with connection.execute_wrapper(lambda *_args: pytest.fail("a query")):
        assert on_arrival("approved") is None


def test_the_database_keeps_it_within_its_state(order: SalesOrder) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        SalesOrder.objects.filter(pk=order.pk).update(sub_status=sub("等装车", "ready_to_ship"))


def test_many_orders_each_by_itself(cast: SimpleNamespace, order: SalesOrder) -> None:
    other = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    advance(other, "reject", by=cast.approver, note="x")
    results = set_sub_statuses([order, other], sub(), by=cast.sales)
    assert [(row.pk, refusal and refusal.code) for row, refusal in results] == [
        (order.pk, None),
        (other.pk, "wrong_state"),
    ]


def test_removing_moves_the_orders(cast: SimpleNamespace, order: SalesOrder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.services.substatus.BATCH", 2)
    old, new, never = sub(), sub("新"), sub("没用过")
    orders = [order, *(make_order((make_product(), 1), customer=cast.alpha, by=cast.sales) for _ in range(4))]
    set_sub_statuses(orders, old, by=cast.sales)
    assert remove_sub_statuses({old: new, never: None}, by=cast.admin) == 5
    assert {of(one) for one in orders} == {new}
    assert list(SubStatus.objects.all()) == [new]
    assert StatusChange.objects.filter(note="等客户确认 → 新").count() == 5
    assert remove_sub_statuses({new: None}, by=cast.admin, delete=False) == 5
    new.refresh_from_db()
    assert not new.is_active
    assert of(order) is None


def test_removing_is_all_or_nothing(cast: SimpleNamespace, order: SalesOrder) -> None:
    old, other, elsewhere = sub(), sub("新"), sub("等装车", "ready_to_ship")
    set_sub_status(order, old, by=cast.sales)
    for moves in ({other: None, old: elsewhere}, {other: None, old: other}):
        with pytest.raises(BusinessError):
            remove_sub_statuses(moves, by=cast.admin)
        assert SubStatus.objects.count() == 3
        assert of(order) == old


@pytest.mark.django_db(transaction=True)
def test_setting_what_is_being_removed(cast: SimpleNamespace, order: SalesOrder) -> None:
    going = sub()
    held, outcome = threading.Event(), []

    def setter() -> None:
        held.wait(10)
        try:
            outcome.append(set_sub_status(SalesOrder.objects.get(pk=order.pk), going, by=None))
        except BusinessError as refusal:
            outcome.append(refusal.code)
        finally:
            connection.close()

    thread = threading.Thread(target=setter)
    thread.start()
    with transaction.atomic():
        remove_sub_statuses({SubStatus.objects.get(pk=going.pk): None}, by=None)
        held.set()
        thread.join(0.3)  # it waits for us, or has not begun; either way it must find the sub-status gone
    thread.join(20)
    assert outcome == ["gone"]
    assert of(order) is None


def test_pages(client: Client, cast: SimpleNamespace, order: SalesOrder) -> None:
    waits = sub(name_en="Waits for customer", is_public=True, colour="violet")
    secret = sub("内部", colour="red")
    client.force_login(cast.sales)
    url = reverse("orders:sub_status", args=[order.number])
    assert "等客户确认" in client.get(order.get_absolute_url()).content.decode()
    assert client.post(url, {"sub_status": waits.pk, "note": "x"}).status_code == 302
    assert of(order) == waits
    for page in ("/orders/", "/orders/?view=board", f"/orders/?sub_status={waits.pk}", order.get_absolute_url()):
        assert "tone-violet" in client.get(page).content.decode()
    assert order.number not in client.get(f"/orders/?sub_status={secret.pk}").content.decode()
    assert client.post(url, {"sub_status": "999999"}).status_code == 422
    assert client.post(url, {"sub_status": "x"}).status_code == 422
    assert client.post(reverse("orders:sub_status", args=["SO-0"]), {"sub_status": waits.pk}).status_code == 404
    assert client.get(url).status_code == 405
    client.force_login(cast.warehouse)
    assert client.post(url, {"sub_status": ""}).status_code == 403
    client.force_login(cast.alpha_login)
    for page in ("/portal/", reverse("portal:order", args=[order.number])):
        assert "等客户确认" in client.get(page, follow=True).content.decode()
    set_sub_status(order, secret, by=None)
    assert "内部" not in client.get(reverse("portal:order", args=[order.number])).content.decode()


def test_the_admin_asks_where_the_orders_go(client: Client, cast: SimpleNamespace, order: SalesOrder) -> None:
    old, new = sub(), sub("新")
    set_sub_status(order, old, by=cast.sales)
    client.force_login(cast.admin)
    page = client.get(reverse("admin:orders_substatus_delete", args=[old.pk]), follow=True)
    assert "1" in page.content.decode() and f"target-{old.pk}" in page.content.decode()
    ask = page.redirect_chain[-1][0]
    assert client.post(ask, {}).status_code == 422
    assert of(order) == old
    assert client.post(ask, {f"target-{old.pk}": str(new.pk)}).status_code == 302
    assert of(order) == new
    assert not SubStatus.objects.filter(pk=old.pk).exists()
    chosen = {"action": "remove_chosen", "_selected_action": [new.pk]}
    page = client.post(reverse("admin:orders_substatus_changelist"), chosen, follow=True)
    client.post(page.redirect_chain[-1][0], {f"target-{new.pk}": "none", "deactivate": "1"})
    new.refresh_from_db()
    assert not new.is_active and of(order) is None
    assert client.get(ask).status_code == 302  # it is gone
    client.force_login(cast.sales)
    assert client.get(reverse("admin:orders_substatus_remove") + f"?id={new.pk}").status_code in (302, 403, 404)


def test_the_admin_makes_and_changes_them(client: Client, cast: SimpleNamespace) -> None:
    client.force_login(cast.admin)
    fields = {"state": "pending", "name": "等图纸", "colour": "amber", "position": "1", "is_active": "on"}
    assert client.post(reverse("admin:orders_substatus_add"), fields).status_code == 302
    made = SubStatus.objects.get()
    change = reverse("admin:orders_substatus_change", args=[made.pk])
    assert client.post(change, {**fields, "state": "shipped", "name": "等样品"}).status_code == 302
    made.refresh_from_db()
    assert (made.state, made.name) == ("pending", "等样品")
    inactive = {name: value for name, value in fields.items() if name != "is_active"}
    assert client.post(change, {**inactive, "is_default": "on"}).status_code == 200  # refused, with the form
    made.refresh_from_db()
    assert not made.is_default
