"""Splitting, merging and changing orders through the API, and the day that is promised when none is named."""

from decimal import Decimal
from types import SimpleNamespace

from django.utils import timezone

from erp.workdays import add_workdays
from orders.models import SalesOrder
from orders.services import decide
from tests.api.conftest import Caller, order_body


def entered(cast: SimpleNamespace, number: str, quantity: str) -> SalesOrder:
    body = order_body(cast, external_number=number, lines=[{"sku": "BOLT", "quantity": quantity}])
    order = SalesOrder.objects.get(number=Caller(cast.sales).post("/orders", body).json()["number"])
    if order.status == "pending":
        decide(order, True, by=cast.approver)
        order.refresh_from_db()
    return order


def test_without_a_date_the_promise_is_that_of_the_form(cast: SimpleNamespace, goods: SimpleNamespace) -> None:
    type(goods.nut).objects.filter(pk=goods.nut.pk).update(lead_days=40)
    lines = [{"sku": "NUT", "quantity": "3"}]
    body = order_body(cast, promised_date=None, external_number="P-1", lines=lines)
    answer = Caller(cast.sales).post("/orders", body).json()
    assert answer["promised_date"] == add_workdays(timezone.localdate(), 40).isoformat()


def test_split_and_merge(cast: SimpleNamespace, goods: SimpleNamespace) -> None:
    order, manager = entered(cast, "S-1", "5"), Caller(cast.manager)
    body = {"version": order.version, "lines": [{"position": 1, "quantity": "2"}]}
    first, again = (manager.post(f"/orders/{order.number}/split", body, key="s") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["lines"][0]["quantity"] == again.json()["lines"][0]["quantity"] == "2"
    order.refresh_from_db()
    assert order.lines.get().quantity == 3
    assert SalesOrder.objects.count() == 2

    stale = manager.post(f"/orders/{order.number}/split", body)
    assert (stale.status_code, stale.json()["code"]) in ((409, "version_conflict"), (422, "version_conflict"))
    much = manager.post(
        f"/orders/{order.number}/split", {"version": order.version, "lines": [{"position": 1, "quantity": "9"}]}
    )
    assert much.json()["errors"][0]["pointer"] == "/lines/0/quantity"
    gone = manager.post(
        f"/orders/{order.number}/split", {"version": order.version, "lines": [{"position": 7, "quantity": "1"}]}
    )
    assert gone.json()["errors"][0]["pointer"] == "/lines/0/position"

    join = {"version": order.version, "orders": [first.json()["number"]]}
    for _twice in range(2):
        whole = manager.post(f"/orders/{order.number}/merge", join)
        assert whole.status_code == 200
        assert [line["quantity"] for line in whole.json()["lines"]] == ["5"]
    unknown = manager.post(f"/orders/{order.number}/merge", {"version": 1, "orders": [order.number, "SO-0"]})
    assert [error["pointer"] for error in unknown.json()["errors"]] == ["/orders/0", "/orders/1"]


def test_a_change_is_in_force_or_waits_for_a_decision(cast: SimpleNamespace, goods: SimpleNamespace) -> None:
    order, sales = entered(cast, "C-1", "5"), Caller(cast.sales)
    body = {
        "version": order.version,
        "reason": "客户来电",
        "lines": [{"position": 1, "quantity": "4"}],
        "add": [{"sku": "NUT", "quantity": "2"}],
    }
    answer = sales.post(f"/orders/{order.number}/amend", body, key="c")
    assert answer.status_code == 201
    assert answer.json()["status"] in ("submitted", "applied")
    assert [line["quantity"] for line in answer.json()["after"]["lines"]] == ["4", "2"]
    assert sales.post(f"/orders/{order.number}/amend", body, key="c").status_code == 200
    assert order.amendments.count() == 1
    wrong = sales.post(f"/orders/{order.number}/amend", body | {"add": [{"sku": "X", "quantity": "1"}]})
    assert wrong.json()["errors"][0]["pointer"] == "/add/0/sku"


def test_who_may_not_is_refused(cast: SimpleNamespace, goods: SimpleNamespace) -> None:
    order = entered(cast, "W-1", "5")
    split = {"version": order.version, "lines": [{"position": 1, "quantity": "2"}]}
    merge = {"version": order.version, "orders": ["SO-0"]}
    amend = {"version": order.version, "reason": "x", "lines": []}
    for path, body in (("split", split), ("merge", merge), ("amend", amend)):
        assert Caller(cast.warehouse).post(f"/orders/{order.number}/{path}", body).status_code == 403
        assert Caller(cast.manager).post(f"/orders/SO-0/{path}", body).status_code == 404
    order.refresh_from_db()
    assert order.lines.get().quantity == Decimal(5)
