"""Orders through the API: entering, repeating, reading, moving, and who may do what."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpResponse

from erp.models import IdempotencyKey
from erp.workflow import advance
from inventory.services import save_product
from orders.models import SalesOrder
from tests.api.conftest import Caller, order_body
from tests.cast import make_order, make_product

pytestmark = pytest.mark.django_db


def problem(response: HttpResponse, status: int) -> dict[str, Any]:
    """The problem document of a refusal."""
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["title"] and body["type"] and body["code"]
    return body


def pointers(response: HttpResponse) -> list[str]:
    return [error.get("pointer") or error.get("parameter") for error in problem(response, 422)["errors"]]


# Entering


def test_an_order_is_entered_priced_and_approved_by_the_system(
    cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller
) -> None:
    response = sales.post("/orders", order_body(cast, note="尽快"))
    body = response.json()
    assert response.status_code == 201, body
    order = SalesOrder.objects.get(number=body["number"])
    assert (body["total"], body["untaxed"], body["tax"]) == ("22.60", "20.00", "2.60")
    assert order.total == Decimal("22.60")
    assert (order.salesperson, order.customer_note, order.channel.code) == (cast.sales, "尽快", "api")
    assert body["status"] == order.status == "ready_to_ship"
    assert body["approval"]["state"] == "auto"
    assert body["approval"]["by"] is None
    assert body["payment_state"] == "unpaid"
    (line,) = body["lines"]
    assert (line["sku"], line["quantity"], line["unit_price"], line["reserved"]) == ("BOLT", "2", "10", "2")
    assert [step["transition"] for step in body["timeline"]][:2] == ["create", "approve"]
    assert (body["timeline"][1]["from"], body["timeline"][1]["to"]) == ("pending", "approved")
    assert body["timeline"][0]["at"].endswith("+08:00")


def test_a_repeat_by_external_number_is_the_same_order(
    cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller
) -> None:
    first = sales.post("/orders", order_body(cast))
    again = sales.post("/orders", order_body(cast, note="second thoughts"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["number"] == again.json()["number"]
    assert SalesOrder.objects.count() == 1


def test_a_repeat_by_key_gets_the_stored_answer(cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller) -> None:
    body = order_body(cast, external_number="")
    first = sales.post("/orders", body, key="k-1")
    again = sales.post("/orders", dict(reversed(body.items())), key="k-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert SalesOrder.objects.count() == 1
    other = sales.post("/orders", body, key="k-2")
    assert other.status_code == 201
    assert SalesOrder.objects.count() == 2


def test_a_key_with_another_body_is_refused(cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller) -> None:
    sales.post("/orders", order_body(cast), key="k-1")
    refused = problem(sales.post("/orders", order_body(cast, note="other"), key="k-1"), 422)
    assert refused["code"] == "idempotency_key_reused"


def test_a_refused_request_does_not_use_its_key_up(
    cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller
) -> None:
    problem(sales.post("/orders", order_body(cast, customer="NOBODY"), key="k-1"), 422)
    assert not IdempotencyKey.objects.exists()
    assert sales.post("/orders", order_body(cast), key="k-1").status_code == 201


def test_keys_of_two_callers_are_two_keys(cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller) -> None:
    sales.post("/orders", order_body(cast, external_number=""), key="k-1")
    other = Caller(cast.manager).post("/orders", order_body(cast, external_number=""), key="k-1")
    assert other.status_code == 201
    assert SalesOrder.objects.count() == 2


def test_a_price_of_ones_own_and_an_address(cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller) -> None:
    address = {"recipient": "李伟", "phone": "13900004321", "city": "杭州市", "street": "江南大道 1 号"}
    lines = [{"sku": "BOLT", "quantity": "1.5", "unit_price": "9.99", "discount": "0.1", "wish": "镀锌"}]
    body = sales.post("/orders", order_body(cast, ship_to=address, lines=lines)).json()
    assert body["untaxed"] == "13.49"  # 1.5 × 9.99 × 0.9 = 13.4865
    order = SalesOrder.objects.get(number=body["number"])
    assert (order.ship_to["street"], order.phone_last4) == ("江南大道 1 号", "4321")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"customer": "NOBODY"}, ["/customer"]),
        ({"channel": "smoke"}, ["/channel"]),
        ({"lines": []}, ["/lines"]),
        ({"lines": [{"sku": "BOLT", "quantity": "1"}, {"sku": "NONE", "quantity": "1"}]}, ["/lines/1/sku"]),
        ({"lines": [{"sku": "BOLT", "quantity": "0"}]}, ["/lines/0/quantity"]),
        ({"lines": [{"sku": "BOLT", "quantity": "x"}]}, ["/lines/0/quantity"]),
        ({"lines": [{"sku": "BOLT", "quantity": "1.00001"}]}, ["/lines/0/quantity"]),
        ({"lines": [{"sku": "BOLT", "quantity": "NaN"}]}, ["/lines/0/quantity"]),
        ({"lines": [{"sku": "BOLT", "quantity": "1", "unit_price": "-1"}]}, ["/lines/0/unit_price"]),
        ({"lines": [{"sku": "BOLT", "quantity": "1", "discount": "1.1"}]}, ["/lines/0/discount"]),
        ({"lines": [{"sku": "BOLT"}]}, ["/lines/0/quantity"]),
        ({"lines": [{"sku": "BOLT\0", "quantity": "1"}]}, ["/lines/0/sku"]),
        ({"promised_date": "soon"}, ["/promised_date"]),
        ({"promised_date": "1999-01-01"}, ["/promised_date"]),
        ({"ordered_at": "2026-01-01T10:00:00"}, ["/ordered_at"]),
        ({"note": "x" * 2001}, ["/note"]),
        ({"qty": 1}, ["/qty"]),
    ],
)
def test_wrong_input_names_its_place(
    cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller, changes: dict[str, Any], expected: list[str]
) -> None:
    assert pointers(sales.post("/orders", order_body(cast, **changes))) == expected
    assert not SalesOrder.objects.exists()


def test_a_product_that_is_not_sold_any_more(cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller) -> None:
    goods.bolt.is_active = False
    goods.bolt.save()
    assert pointers(sales.post("/orders", order_body(cast))) == ["/lines/0/sku"]


def test_a_body_that_is_no_json(cast: SimpleNamespace, sales: Caller) -> None:
    assert problem(sales.post("/orders", "{"), 400)["code"] == "malformed"


def test_messages_speak_the_language_asked_for(cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller) -> None:
    response = sales.post("/orders", order_body(cast, customer="NOBODY"), **{"Accept-Language": "en"})
    assert response.json()["errors"][0]["detail"] == "There is no customer with this code."


# Who may


def test_without_a_token_or_with_a_wrong_one(cast: SimpleNamespace) -> None:
    stranger = Caller(None)
    response = stranger.get("/orders")
    assert problem(response, 401)["code"] == "unauthenticated"
    assert response["WWW-Authenticate"] == "Bearer"
    stranger.headers = {"Authorization": "Bearer nonsense"}
    problem(stranger.get("/orders"), 401)
    problem(stranger.post("/orders", {}), 401)


def test_a_revoked_token_and_a_person_who_left(cast: SimpleNamespace, sales: Caller) -> None:
    assert sales.get("/orders").status_code == 200
    cast.sales.api_tokens.update(revoked_at="2026-01-01T00:00:00Z")
    problem(sales.get("/orders"), 401)
    manager = Caller(cast.manager)
    cast.manager.is_active = False
    cast.manager.save()
    problem(manager.get("/orders"), 401)


def test_entering_needs_the_right(cast: SimpleNamespace, goods: SimpleNamespace) -> None:
    problem(Caller(cast.warehouse).post("/orders", order_body(cast)), 403)
    problem(Caller(cast.alpha_login).post("/orders", order_body(cast)), 403)


def test_customers_see_their_own_orders_only(cast: SimpleNamespace, goods: SimpleNamespace) -> None:
    mine = make_order((goods.bolt, 1), customer=cast.alpha, by=cast.sales)
    alpha, beta = Caller(cast.alpha_login), Caller(cast.beta_login)
    assert [row["number"] for row in alpha.get("/orders").json()["items"]] == [mine.number]
    assert beta.get("/orders").json()["items"] == []
    shown = alpha.get(f"/orders/{mine.number}").json()
    assert {step["by"] for step in shown["timeline"]} == {None}
    problem(beta.get(f"/orders/{mine.number}"), 404)
    problem(beta.get(f"/orders/{mine.number}/transitions"), 404)
    problem(beta.post(f"/orders/{mine.number}/transitions", {"transition": "cancel", "note": "x"}), 404)
    problem(alpha.post(f"/orders/{mine.number}/transitions", {"transition": "cancel", "note": "x"}), 403)


def test_sales_see_their_own_orders_only(cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller) -> None:
    other = make_order((goods.bolt, 1), customer=cast.beta, by=cast.manager)
    assert sales.get("/orders").json()["items"] == []
    problem(sales.get(f"/orders/{other.number}"), 404)
    assert Caller(cast.approver).get(f"/orders/{other.number}").status_code == 200


def test_an_external_number_of_somebody_elses_order(
    cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller
) -> None:
    make_order((goods.bolt, 1), customer=cast.beta, by=cast.manager, channel="api", external_number="A-1")
    assert problem(sales.post("/orders", order_body(cast)), 409)["code"] == "duplicate_external_number"


# Reading


def test_lists_turn_pages_newest_first(cast: SimpleNamespace, goods: SimpleNamespace) -> None:
    numbers = [make_order((goods.nut, n), customer=cast.alpha, by=cast.sales).number for n in range(1, 6)]
    manager, seen, cursor = Caller(cast.manager), [], ""
    while True:
        body = manager.get("/orders", limit=2, cursor=cursor).json()
        seen += [row["number"] for row in body["items"]]
        if not (cursor := body["next"]):
            break
    assert seen == numbers[::-1]


def test_lists_filter_by_status_and_customer(
    cast: SimpleNamespace, goods: SimpleNamespace, no_auto_approval: Any
) -> None:
    ours = make_order((goods.nut, 1), customer=cast.alpha)
    other = make_order((goods.nut, 1), customer=cast.beta)
    manager = Caller(cast.manager)

    def found(**query: str) -> set[str]:
        return {row["number"] for row in manager.get("/orders", **query).json()["items"]}

    assert found(status="pending") == {ours.number, other.number}
    assert found(status="shipped") == set()
    assert found(customer=cast.beta.code) == {other.number}
    assert found(customer="NOBODY") == set()
    assert pointers(manager.get("/orders", status="nonsense")) == ["status"]
    assert pointers(manager.get("/orders", cursor="nonsense")) == ["cursor"]
    assert pointers(manager.get("/orders", limit="0")) == ["limit"]
    assert pointers(manager.get("/orders", limit="many")) == ["limit"]


def test_what_is_not_there(cast: SimpleNamespace, sales: Caller) -> None:
    problem(sales.get("/orders/SO-1"), 404)
    problem(sales.get("/orders/SO-1/transitions"), 404)
    problem(sales.get("/orders/SO%00"), 404)
    problem(sales.get("/nowhere"), 404)


def test_reading_costs_the_same_however_many(
    cast: SimpleNamespace, goods: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    many = make_order(*[(goods.nut, n) for n in range(1, 21)], customer=cast.alpha, by=cast.sales)
    for n in range(1, 10):
        make_order((goods.nut, n), customer=cast.beta, by=cast.sales)
    manager = Caller(cast.manager)
    with django_assert_max_num_queries(18):  # token, rights (2), order, timeline, lines, what they wait for
        assert len(manager.get(f"/orders/{many.number}").json()["lines"]) == 20
    with django_assert_max_num_queries(16):  # token, rights (2), page, what they wait for
        assert len(manager.get("/orders").json()["items"]) == 10


# Moving


def test_steps_say_whether_and_why_not(
    cast: SimpleNamespace, goods: SimpleNamespace, no_auto_approval: Any, sales: Caller
) -> None:
    order = make_order((goods.bolt, 1), customer=cast.alpha, by=cast.sales)
    steps = {s["transition"]: s for s in sales.get(f"/orders/{order.number}/transitions").json()["items"]}
    assert not steps["approve"]["allowed"]
    assert steps["approve"]["reasons"]
    assert steps["cancel"]["allowed"]
    assert steps["cancel"]["needs_note"]
    assert "make_ready" not in steps
    problem(sales.post(f"/orders/{order.number}/transitions", {"transition": "approve"}), 403)
    order.refresh_from_db()
    assert order.status == "pending"


def test_approving_moves_the_order_on(cast: SimpleNamespace, goods: SimpleNamespace, no_auto_approval: Any) -> None:
    order = make_order((goods.bolt, 1), customer=cast.alpha, by=cast.sales)
    approver = Caller(cast.approver)
    body = approver.post(f"/orders/{order.number}/transitions", {"transition": "approve", "note": "好"}).json()
    assert body["status"] == "ready_to_ship"
    assert (body["approval"]["state"], body["approval"]["by"]) == ("approved", "approver")
    assert body["lines"][0]["reserved"] == "1"
    again = problem(approver.post(f"/orders/{order.number}/transitions", {"transition": "approve"}), 409)
    assert again["code"] == "wrong_state"


def test_rejecting_needs_a_reason(cast: SimpleNamespace, goods: SimpleNamespace, no_auto_approval: Any) -> None:
    order = make_order((goods.bolt, 1), customer=cast.alpha, by=cast.sales)
    approver, path = Caller(cast.approver), f"/orders/{order.number}/transitions"
    assert problem(approver.post(path, {"transition": "reject"}), 422)["code"] == "note_required"
    body = approver.post(path, {"transition": "reject", "note": "价格有误"}).json()
    assert (body["status"], body["approval"]["state"]) == ("rejected", "rejected")
    sales = Caller(cast.sales)
    assert sales.post(path, {"transition": "resubmit"}).json()["approval"]["state"] == "pending"


def test_steps_that_do_not_exist_or_are_the_systems_own(
    cast: SimpleNamespace, goods: SimpleNamespace, no_auto_approval: Any
) -> None:
    order = make_order((goods.bolt, 1), customer=cast.alpha, by=cast.sales)
    path = f"/orders/{order.number}/transitions"
    assert pointers(Caller(cast.approver).post(path, {"transition": "fly"})) == ["/transition"]
    assert pointers(Caller(cast.approver).post(path, {"transition": "__class__"})) == ["/transition"]
    problem(Caller(cast.approver).post(path, {"transition": "make_ready"}), 409)
    problem(Caller(cast.admin).post(path, {"transition": "start_production"}), 409)


# What orders wait for


def test_what_an_order_and_its_lines_wait_for(cast: SimpleNamespace, sales: Caller) -> None:
    order = make_order((make_product("BT-9", name="螺栓"), 5), customer=cast.alpha, by=cast.sales)
    buyer = Caller(cast.warehouse)
    body = buyer.get(f"/orders/{order.number}").json()
    waits = body["waiting_for"]
    assert set(waits) == {"code", "text", "document", "expected", "who", "action"}
    assert waits["code"] == "not_ordered"
    assert "螺栓" in waits["text"]
    assert waits["who"]["people"] == ["purchasing"]
    assert waits["action"] == {"label": "采购", "method": "GET", "url": "/inventory/purchases/new/?product=BT-9"}
    assert body["lines"][0]["waiting_for"] == waits
    assert buyer.get("/orders").json()["items"][0]["waiting_for"] == waits
    assert sales.get(f"/orders/{order.number}").json()["waiting_for"]["action"] is None

    customer = Caller(cast.alpha_login).get(f"/orders/{order.number}").json()["waiting_for"]
    assert customer["code"] == "gathering"
    assert [customer[name] for name in ("document", "expected", "who", "action")] == [None] * 4
    assert "螺栓" not in customer["text"]

    advance(order, "cancel", by=cast.manager, note="x")
    assert sales.get(f"/orders/{order.number}").json()["waiting_for"] is None
    assert sales.get("/orders").json()["items"][0]["waiting_for"] is None


def test_a_line_in_boxes(cast: SimpleNamespace, goods: SimpleNamespace, sales: Caller) -> None:
    save_product(by=None, product=goods.bolt, units={"箱": Decimal(12)})
    line = {"sku": "BOLT", "quantity": "2", "unit": "箱", "unit_price": "100"}
    (made,) = sales.post("/orders", order_body(cast, lines=[line])).json()["lines"]
    assert (made["unit"], made["unit_quantity"], made["unit_price"], made["factor"]) == ("箱", "2", "100", "12")
    assert (made["quantity"], made["stock_unit"], made["untaxed"]) == ("24", goods.bolt.unit.name, "200.00")
    wrong = sales.post("/orders", order_body(cast, external_number="X-2", lines=[{**line, "unit": "托"}]))
    assert pointers(wrong) == ["/lines/0/unit"]
