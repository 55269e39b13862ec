"""Numbered commands of phones: each applied once, wrong ones refused, whatever the network does."""

import json
import uuid
from decimal import Decimal

import pytest

from erp.errors import BusinessError, NotPermitted
from inventory.models import Barcode, Lot, ProductUnit, StockItem, Unit
from shipping import services
from shipping.models import PickList, ScanCommand
from tests.cast import make_user
from tests.shipping.conftest import open_list, proved
from tests.shipping.walking import PHONE, command, send, stop_of


@pytest.fixture
def walk(ready, cast):
    """A claimed list: five A-1 and three B-1; a box of A-1 holds four."""
    pick_list = open_list(ready)
    product = pick_list.lines.get(order_line__product__sku="A-1").order_line.product
    box = ProductUnit.objects.create(product=product, unit=Unit.objects.get_or_create(name="箱")[0], factor=4)
    Barcode.objects.create(code="690box", product=product, unit=box)
    return services.claim_list(pick_list, by=cast.warehouse)


def counted(pick_list: PickList) -> dict[str, Decimal]:
    return {line.order_line.product.sku: line.scanned for line in pick_list.lines.all()}


def test_each_command_counts_once_however_often_it_comes(walk, cast):
    item = stop_of(walk, "A-1")
    first, second = command(1, item, 4, code="690BOX"), command(2, item, 1, code="a-1")
    send(walk, cast.warehouse, first)
    send(walk, cast.warehouse, first, second)
    answers = send(walk, cast.warehouse, second, first)
    assert [one.number for one in answers] == [1, 2]
    assert counted(walk) == {"A-1": 5, "B-1": 0}
    assert ScanCommand.objects.count() == 2


def test_a_gap_stops_before_it(walk, cast):
    item = stop_of(walk, "A-1")
    answers, expected = services.apply_scans(
        walk, client=PHONE, scans=[command(1, item, 1), command(3, item, 1)], by=cast.warehouse
    )
    assert ([one.number for one in answers], expected) == ([1], 2)
    assert counted(walk)["A-1"] == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"place": "Z-99"}, "Wrong bin"),
        ({"code": "B-1"}, "Wrong item"),
        ({"lot": "L9"}, "Wrong lot"),
        ({"quantity": 6}, "Too much"),
        ({"quantity": 0}, "above zero"),
        ({"quantity": -1}, "above zero"),
        ({"item": 10**9}, "no longer on the list"),
        ({"kind": "undo", "quantity": 1}, "can be put back"),
        ({"kind": "short", "reason": "lazy"}, "why it is missing"),
    ],
)
def test_what_is_wrong_is_refused_remembered_and_changes_nothing(walk, cast, change, refusal):
    values = {"item": stop_of(walk, "A-1"), "quantity": 1, **change}
    answer = send(walk, cast.warehouse, command(1, values.pop("item"), values.pop("quantity"), **values))[0]
    assert refusal in answer.refusal
    assert services.refusal_words(answer)
    assert counted(walk) == {"A-1": 0, "B-1": 0}
    assert send(walk, cast.warehouse, command(2, stop_of(walk, "A-1"), 1))[0].refusal == ""


def test_the_right_lot_is_taken(walk, cast):
    line = walk.lines.get(order_line__product__sku="A-1")
    lot = Lot.objects.create(product=line.order_line.product, number="L1")
    StockItem.objects.filter(pk=line.item_id).update(lot=lot)
    assert "Wrong lot" in send(walk, cast.warehouse, command(1, line.item_id, 1, lot="L2"))[0].refusal
    assert (
        send(walk, cast.warehouse, command(2, line.item_id, 1, lot="l1", place=line.item.place.code))[0].refusal == ""
    )


def test_putting_back_and_missing(walk, cast):
    item = stop_of(walk, "A-1")
    send(walk, cast.warehouse, command(1, item, 5), command(2, item, 2, kind="undo"))
    send(walk, cast.warehouse, command(3, item, kind="short", reason="damaged"))
    send(walk, cast.warehouse, command(4, stop_of(walk, "B-1"), 3))
    services.finish_scanning(walk, by=cast.warehouse)
    walk.refresh_from_db()
    assert {line.order_line.product.sku: line.picked for line in walk.lines.all()} == {"A-1": 3, "B-1": 3}
    assert walk.order.lines.get(product__sku="A-1").reserved == 3
    assert proved() == []
    with pytest.raises(BusinessError):
        services.finish_scanning(walk, by=cast.warehouse)


def test_after_it_was_taken_over_the_first_phone_is_told(walk, cast):
    item, other = stop_of(walk, "A-1"), make_user("warehouse")
    send(walk, cast.warehouse, command(1, item, 1))
    services.claim_list(walk, by=other, take_over=True)
    assert "taken this over" in send(walk, cast.warehouse, command(2, item, 1))[0].refusal
    assert send(walk, other, command(1, item, 1), client=uuid.UUID(int=2))[0].refusal == ""
    assert counted(walk)["A-1"] == 2


def test_after_it_was_finished_late_scans_are_told(walk, cast):
    services.confirm_pick(walk, picked={}, by=cast.warehouse)
    answer = send(walk, cast.warehouse, command(1, stop_of(walk, "A-1"), 1))[0]
    assert walk.number in services.refusal_words(answer)


def test_who_may_not_pick_sends_nothing(walk, cast):
    with pytest.raises(NotPermitted):
        send(walk, cast.sales, command(1, stop_of(walk, "A-1"), 1))
    send(walk, cast.warehouse, command(1, stop_of(walk, "A-1"), 1))
    with pytest.raises(BusinessError) as refusal:
        send(walk, make_user("warehouse"), command(2, stop_of(walk, "A-1"), 1))
    assert refusal.value.code == "foreign_client"


def post(client, target, *commands):
    data = {"client": str(PHONE), "commands": list(commands)}
    path = f"/shipping/scan/{target.number}/commands/"
    return client.post(path, json.dumps(data), content_type="application/json")


def test_the_phone_gets_each_answer_and_the_state(client, walk, cast):
    client.force_login(cast.warehouse)
    item = stop_of(walk, "A-1")
    answer = post(
        client,
        walk,
        {"number": 1, "kind": "pick", "item": item, "quantity": "4", "code": "690box"},
        {"number": 2, "kind": "pick", "item": item, "quantity": "4"},
    ).json()
    assert [bool(one["refusal"]) for one in answer["answers"]] == [False, True]
    assert answer["expected"] == 3
    stop = next(one for one in answer["state"]["stops"] if one["item"] == item)
    assert (stop["codes"], stop["lines"][0]["scanned"]) == ({"A-1": "1", "690BOX": "4"}, "4")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"client": "x", "commands": []}',
        '{"client": "00000000-0000-0000-0000-000000000001", "commands": [{"number": 1}]}',
        '{"client": "00000000-0000-0000-0000-000000000001", "commands": [{"number": 1, "item": 1, "kind": "steal"}]}',
        '{"client": "00000000-0000-0000-0000-000000000001", "commands": [{"number": 1, "item": 1, "kind": "pick", '
        '"quantity": "NaN"}]}',
    ],
)
def test_what_is_no_command_is_refused(client, walk, cast, body):
    client.force_login(cast.warehouse)
    answer = client.post(f"/shipping/scan/{walk.number}/commands/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable")
