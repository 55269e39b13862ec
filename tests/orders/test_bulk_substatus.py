"""The same sub-status for many orders, and the way from ticked orders to the page that makes them one."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group

from erp import jobs
from erp.models import Job
from orders.models import SalesOrder, SubStatus
from orders.services import decide
from tests.cast import make_order, make_product, put_in_stock

pytestmark = pytest.mark.usefixtures("no_auto_approval")


@pytest.fixture
def desk(client: Any, cast: Any) -> SimpleNamespace:
    """Two pending orders and a ready one, with a sub-status of each state; only finance may set the third."""
    product = make_product()
    put_in_stock(product, 50)
    one, two, ready = (make_order((product, 1), customer=cast.alpha) for _ in range(3))
    decide(ready, True, by=cast.approver)
    asking = SubStatus.objects.create(state="pending", name="等客户回复")
    packing = SubStatus.objects.create(state="ready_to_ship", name="等装车")
    closed = SubStatus.objects.create(state="pending", name="财务复核")
    closed.roles.add(Group.objects.get(name="finance"))
    client.force_login(cast.manager)
    return SimpleNamespace(one=one, two=two, ready=ready, asking=asking, packing=packing, closed=closed, client=client)


def begin(desk: SimpleNamespace, choice: Any) -> Any:
    keys = ",".join(str(order.pk) for order in (desk.one, desk.two, desk.ready))
    return desk.client.post("/orders/bulk/start/", {"act": "sub_status", "orders": keys, "sub_status": choice})


def words() -> list[str]:
    return [order.sub_status.name if order.sub_status else "" for order in SalesOrder.objects.order_by("id")]


def test_many_get_it_and_it_is_taken_back(desk: SimpleNamespace) -> None:
    numbers = [desk.one.number, desk.two.number, desk.ready.number]
    page = desk.client.post("/orders/bulk/", {"act": "sub_status", "selected": numbers}).content.decode()
    assert "等客户回复" in page
    assert "等装车" in page
    assert "财务复核" not in page
    assert begin(desk, desk.asking.pk).status_code == 302
    job = Job.objects.get()
    assert [item.state for item in job.items.order_by("object_id")] == ["done", "done", "refused"]
    assert words() == ["等客户回复", "等客户回复", ""]

    SalesOrder.objects.filter(pk=desk.two.pk).update(sub_status=None)  # changed since
    jobs.run(jobs.undo(job, by=job.by).pk)
    assert words() == ["", "", ""]
    assert [item.state for item in Job.objects.get(undo_of=job).items.order_by("object_id")] == ["done", "refused"]


def test_taking_it_away_leaves_what_is_not_ones_own(desk: SimpleNamespace) -> None:
    SalesOrder.objects.filter(pk=desk.one.pk).update(sub_status=desk.asking)
    SalesOrder.objects.filter(pk=desk.two.pk).update(sub_status=desk.closed)
    begin(desk, "none")
    assert words() == ["", "财务复核", ""]
    notes = Job.objects.get().items.order_by("object_id").values_list("state", flat=True)
    assert list(notes) == ["done", "refused", "refused"]


def test_the_choice_must_be_ones_own(desk: SimpleNamespace, cast: Any) -> None:
    for choice in ("", "x", desk.closed.pk, 10**6):
        answer = begin(desk, choice)
        assert answer.status_code == 422
        assert "请选择自定义状态" in answer.content.decode()
    desk.client.force_login(cast.warehouse)
    assert desk.client.post("/orders/bulk/", {"act": "sub_status"}).status_code == 403
    assert not Job.objects.exists()


def test_ticked_orders_lead_to_the_page_that_merges_them(desk: SimpleNamespace, cast: Any) -> None:
    def go(*orders: SalesOrder) -> Any:
        return desk.client.post("/orders/bulk/", {"act": "merge", "selected": [order.number for order in orders]})

    answer = go(desk.two, desk.one)
    assert answer["Location"] == f"/orders/{desk.one.number}/merge/?with={desk.two.number}"
    assert desk.client.get(answer["Location"]).status_code == 200
    assert 'value="merge"' in desk.client.get("/orders/").content.decode()
    other = make_order((desk.one.lines.get().product, 1), customer=cast.beta)
    for refused in (go(), go(desk.one), go(desk.one, other)):
        assert refused.status_code == 422
    assert other.number in go(desk.one, other).content.decode()
    desk.client.force_login(cast.finance)
    assert go(desk.one, desk.two).status_code == 403
    assert 'value="merge"' not in desk.client.get("/orders/").content.decode()
