"""快递100: what it documents, and how its pushes become scans of ours."""

import csv
import datetime as dt
import itertools
import json
from typing import Any

import pytest

from erp.errors import BusinessError
from shipping.carriers.base import callback_url
from shipping.carriers.kuaidi100 import parse_push, sign
from shipping.carriers.kuaidi100.states import CODES, meaning_of
from shipping.models import Carrier, Parcel, ParcelProblem, TrackingEvent
from tests.material import MATERIAL
from tests.shipping.conftest import on_the_road, proved

PAYLOADS = MATERIAL / "channel_payloads"
needs_payloads = pytest.mark.skipif(not PAYLOADS.is_dir(), reason=f"the vendor's payloads are not at {PAYLOADS}")
SALT = "salt-of-sixteen-letters"


def node(time: str, text: str, code: str = "", **more: str) -> dict[str, str]:
    return {"time": time, "ftime": time, "context": text, **({"statusCode": code} if code else {}), **more}


def push(*nodes: dict[str, str], state: str = "0", number: str = "SF100-1", **more: Any) -> str:
    result = {"message": "ok", "nu": number, "com": "shunfeng", "status": "200", "state": state, "data": list(nodes)}
    return json.dumps({"status": "polling", "message": "", "lastResult": result} | more, ensure_ascii=False)


@pytest.fixture
def says(client, ready, cast):
    """Push as 快递100 does; `says.parcel` is on the road with number SF100-1."""
    Carrier.objects.filter(code="SF").update(adapter="kuaidi100", secret=SALT, partner_code="shunfeng", api_key="key")
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)
    # Handed over before the trace of these tests begins.
    type(shipment).objects.filter(pk=shipment.pk).update(handed_over_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    path = "/" + callback_url(Carrier.objects.get(code="SF")).split("/", 3)[3]

    def send(param: str, *, signature: str | None = None, to: str = path) -> Any:
        return client.post(to, {"param": param, "sign": sign(param, SALT) if signature is None else signature})

    send.shipment, send.parcel, send.path = shipment, shipment.parcels.get(), path
    return send


@needs_payloads
def test_the_published_signatures() -> None:
    vectors = json.loads((PAYLOADS / "signature_vectors.json").read_text())
    ours = [one for one in vectors if one["channel"] == "kuaidi100"]
    assert len(ours) >= 3
    for one in ours:
        param = (PAYLOADS / one["param_file"]).read_text().rstrip("\n")
        assert sign(param, one["salt"]) == one["expected"]


@needs_payloads
@pytest.mark.parametrize(
    ("name", "number", "state", "count"),
    [
        ("push_01_polling_in_transit.json", "V030344422", "in_transit", 2),
        ("push_02_shutdown_signed.json", "3805420027268", "delivered", 10),
        ("push_03_polling_out_for_delivery.json", "933346116516", "out_for_delivery", 8),
    ],
)
def test_the_published_pushes_are_read(name, number, state, count) -> None:
    report = parse_push((PAYLOADS / "kuaidi100" / name).read_text())
    assert (report.tracking_number, len(report.scans), report.scans[-1].state) == (number, count, state)
    assert [scan.at for scan in report.scans] == sorted(scan.at for scan in report.scans)


@needs_payloads
def test_every_documented_state_has_a_meaning() -> None:
    with (PAYLOADS / "kuaidi100" / "states.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert {row["sub_state"] for row in rows} <= set(CODES)
    for row in rows:
        signed = row["state"] == "3"
        meaning = meaning_of(row["sub_state"])
        assert meaning is not None
        assert (meaning.state == Parcel.State.DELIVERED) is signed
        assert meaning_of("", row["state_name"]) is not None


@pytest.mark.parametrize(("code", "state"), [("399", "delivered"), ("299", "exception"), ("5", "out_for_delivery")])
def test_finer_states_that_are_new_count_as_their_main_state(code, state) -> None:
    meaning = meaning_of(code)
    assert meaning is not None
    assert meaning.state == state


def test_what_says_nothing_yet_is_left_out() -> None:
    assert parse_push(push(node("2026-11-02 08:00:00", "已下单", "101"))).scans == []
    assert meaning_of("77") is None


def test_push_is_taken_and_answered_as_documented(says) -> None:
    answer = says(push(node("2026-11-03 09:00:00", "到达杭州", "1002"), node("2026-11-02 09:00:00", "已揽收", "103")))

    assert answer.json() == {"result": True, "returnCode": "200", "message": "成功"}
    assert TrackingEvent.objects.count() == 2
    says.parcel.refresh_from_db()
    assert says.parcel.state == "in_transit"


def test_whole_trace_again_adds_only_what_is_new(says) -> None:
    first, second = node("2026-11-02 09:00:00", "已揽收", "103"), node("2026-11-05 11:00:00", "已签收", "301")
    says(push(first, state="1"))
    says(push(second, first, state="3", status="shutdown"))
    says(push(second, first, state="3", status="shutdown"))

    says.shipment.refresh_from_db()
    assert TrackingEvent.objects.count() == 2
    assert says.shipment.status == "delivered"
    assert says.shipment.delivered_at == dt.datetime(2026, 11, 5, 3, tzinfo=dt.UTC)
    assert proved() == []


def test_late_push_with_an_older_state_changes_nothing(says) -> None:
    trace = [
        node("2026-11-05 11:00:00", "正在派送", "5"),
        node("2026-11-04 11:00:00", "到达宁波", "1001"),
        node("2026-11-02 09:00:00", "已揽收", "103"),
    ]
    for start in (0, 2, 1):
        says(push(*trace[start:], state=["5", "0", "1"][start]))
    says.parcel.refresh_from_db()
    assert says.parcel.state == "out_for_delivery"
    assert TrackingEvent.objects.count() == 3


@pytest.mark.parametrize("wrong", [{"signature": ""}, {"signature": "0" * 32}, {"to": "/shipping/webhooks/SF/"}])
def test_push_without_signature_or_to_a_guessed_address_is_refused(says, wrong) -> None:
    answer = says(push(node("2026-11-02 09:00:00", "已签收", "3"), state="3"), **wrong)
    assert (answer.status_code, answer.json()["result"]) == (401, False)
    assert not TrackingEvent.objects.exists()


def test_salt_of_another_carrier_does_not_open_this_one(says) -> None:
    param = push(node("2026-11-02 09:00:00", "已签收", "3"), state="3")
    assert says(param, signature=sign(param, "another")).status_code == 401


def test_unknown_parcel_is_refused_so_that_it_comes_again(says) -> None:
    answer = says(push(node("2026-11-02 09:00:00", "已揽收", "1"), number="SF999"))
    assert (answer.status_code, answer.json()["result"]) == (404, False)


@pytest.mark.parametrize(
    "param",
    [
        "no json",
        "[]",
        "{}",
        json.dumps({"lastResult": {"nu": 7}}),
        json.dumps({"lastResult": {"nu": "SF1", "data": {}}}),
        push({"context": "到达", "time": "yesterday"}),
        push({"time": "2026-11-02 09:00:00"}),
    ],
)
def test_push_of_another_shape_is_refused_and_named(says, param) -> None:
    with pytest.raises(BusinessError):
        parse_push(param)
    assert says(param).status_code == 422


def test_refused_and_returned_are_problems_and_never_a_delivery(says) -> None:
    says(push(node("2026-11-05 11:00:00", "客户拒收", "14"), state="14"))
    problem = ParcelProblem.objects.get()
    assert (problem.trouble, problem.status) == ("refused", "open")
    says(
        push(
            node("2026-11-08 11:00:00", "退回件已签收", "4"),
            node("2026-11-06 11:00:00", "退回寄件地", "6"),
            node("2026-11-05 11:00:00", "客户拒收", "14"),
            state="4",
        )
    )
    says.shipment.refresh_from_db()
    assert says.shipment.status == "exception"
    assert set(ParcelProblem.objects.filter(status="open").values_list("trouble", flat=True)) == {"returned"}


def test_partner_that_gives_up_asks_for_a_person(says) -> None:
    says(push(status="abort", message="3天查询无记录"))
    problem = ParcelProblem.objects.get()
    assert (problem.trouble, problem.text) == ("silent", "3天查询无记录")
    # The code of the carrier was corrected: that is not the end.
    problem.delete()
    says(push(status="abort", message="x", comNew="shunfengkuaiyun"))
    assert not ParcelProblem.objects.exists()


def test_day_of_arrival_is_taken_over(says) -> None:
    result = json.loads(push(node("2026-11-03 09:00:00", "到达杭州", "1002")))
    result["lastResult"]["arrivalTime"] = "2026-11-06 18"
    says(json.dumps(result, ensure_ascii=False))
    says.shipment.refresh_from_db()
    assert (says.shipment.expected_on, says.shipment.expected_from) == (dt.date(2026, 11, 6), "carrier")


def test_pushes_in_any_order_end_in_the_same_state(says) -> None:
    trace = [
        node("2026-11-05 11:00:00", "已签收", "301"),
        node("2026-11-04 11:00:00", "派送失败", "2"),
        node("2026-11-02 09:00:00", "已揽收", "103"),
    ]
    pushes = [push(*trace[start:]) for start in range(3)]
    for order in itertools.permutations(pushes):
        for param in order:
            says(param)
    says.parcel.refresh_from_db()
    assert says.parcel.state == "delivered"
    assert TrackingEvent.objects.count() == 3
    assert not ParcelProblem.objects.filter(status="open").exists()
