"""A carrier's visit: many shipments at once, all or none, signed for."""

import base64
import io
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image, ImageDraw

from erp.errors import BusinessError, NotPermitted
from orders.services import hold
from shipping import services
from shipping.models import Carrier, CarrierChoice, CarrierRule, FreightRate, Handover, Pickup, Shipment
from tests.cast import make_order
from tests.shipping.conftest import packed, proved, service_of

Leaving = services.Leaving


def signature(drawn: bool = True, kind: str = "PNG", size: tuple[int, int] = (300, 100)) -> str:
    picture = Image.new("RGBA", size)
    if drawn:
        ImageDraw.Draw(picture).line((10, 10, 200, 80), fill="black", width=5)
    out = io.BytesIO()
    (picture if kind == "PNG" else picture.convert("RGB")).save(out, kind)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


@pytest.fixture
def two(ready, cast) -> list[Shipment]:
    """Two packed shipments of different customers."""
    other = make_order((ready.lines.first().product, 1), customer=cast.beta)
    return [packed(ready, cast.warehouse), packed(other, cast.warehouse)]


def leaving(shipments: list[Shipment], code: str = "SF", **more: Any) -> list[Leaving]:
    return [
        Leaving(one.pk, service_of(code), {p.pk: f"N{p.pk}" for p in one.parcels.all()}, **more) for one in shipments
    ]


def visit(shipments: list[Shipment], by: Any, **more: Any) -> Pickup:
    carrier = Carrier.objects.get(code=more.pop("code", "SF"))
    rows = more.pop("rows", None) or leaving(shipments, carrier.code)
    words = {"courier": "李师傅", "signature": "", "key": "form-1"} | more
    return services.hand_over_many(rows, carrier=carrier, by=by, **words)


def test_all_leave_together_and_are_signed_for(two, cast):
    pickup = visit(two, cast.logistics, signature=signature())

    assert (pickup.shipments, pickup.parcels, pickup.courier, pickup.by) == (2, 2, "李师傅", cast.logistics)
    assert set(Handover.objects.values_list("pickup", flat=True)) == {pickup.pk}
    assert set(Shipment.objects.values_list("status", flat=True)) == {"in_transit"}
    with pickup.signature.open("rb") as file, Image.open(file) as kept:
        assert (kept.format, kept.size) == ("PNG", (300, 100))
        assert kept.getextrema()[0] < 50
    assert proved() == []


def test_same_form_again_is_the_same_visit(two, cast):
    assert visit(two, cast.logistics) == visit(two, cast.logistics)
    assert Pickup.objects.count() == 1


def test_one_that_cannot_leave_keeps_all_others(two, cast):
    hold(two[1].order, by=cast.manager, reason="等付款")
    with pytest.raises(BusinessError) as refusal:
        visit(two, cast.logistics)
    assert two[1].number in refusal.value.message
    assert refusal.value.field == f"ship_{two[1].pk}"
    assert not Pickup.objects.exists()
    assert set(Shipment.objects.values_list("status", flat=True)) == {"packed"}
    assert proved() == []


def test_wrong_number_is_told_at_its_field(two, cast):
    rows = [*leaving(two[:1]), Leaving(two[1].pk, service_of(), {})]
    with pytest.raises(BusinessError) as refusal:
        visit(two, cast.logistics, rows=rows)
    assert refusal.value.field == f"tracking_{two[1].parcels.get().pk}"


def test_what_a_colleague_gave_away_is_not_given_again(two, cast):
    visit(two[:1], cast.logistics, key="first")
    with pytest.raises(BusinessError):
        visit(two, cast.logistics, key="second")
    assert Pickup.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"courier": " "},
        {"signature": "data:image/png;base64,AAAA"},
        {"signature": "http://example.com/x.png"},
        {"signature": signature(kind="JPEG")},
        {"signature": "data:image/png;base64," + "A" * 500_000},
    ],
)
def test_visits_that_are_refused(two, cast, wrong):
    with pytest.raises(BusinessError):
        visit(two, cast.logistics, **wrong)
    assert not Pickup.objects.exists()


def test_empty_canvas_is_no_signature(two, cast):
    assert not visit(two, cast.logistics, signature=signature(drawn=False)).signature


def test_nothing_ticked_other_carrier_or_no_right(two, cast):
    carrier = Carrier.objects.get(code="SF")
    words: dict[str, Any] = {"courier": "李", "signature": "", "key": "k"}
    with pytest.raises(BusinessError):
        services.hand_over_many([], carrier=carrier, by=cast.logistics, **words)
    with pytest.raises(BusinessError):
        services.hand_over_many(leaving(two, "ZTO"), carrier=carrier, by=cast.logistics, **words)
    with pytest.raises(NotPermitted):
        services.hand_over_many(leaving(two), carrier=carrier, by=cast.warehouse, **words)


def test_choice_against_a_rule_needs_a_reason_and_is_kept(two, cast):
    CarrierRule.objects.create(name="全走中通", service=service_of("ZTO"))
    FreightRate.objects.create(service=service_of("ZTO"), first_price=8, step_price=2)
    FreightRate.objects.create(service=service_of("SF"), first_price=20, step_price=5)
    with pytest.raises(BusinessError) as refusal:
        visit(two, cast.logistics)
    assert refusal.value.code == "reason_needed"
    assert refusal.value.field == f"reason_{two[0].pk}"

    visit(two, cast.logistics, rows=leaving(two, reason="客户指定"))

    choice = CarrierChoice.objects.get(shipment=two[0])
    assert (choice.overridden, choice.reason, choice.rule) == (True, "客户指定", "全走中通")
    assert (choice.proposed, choice.proposed_freight) == (service_of("ZTO"), Decimal(8))
    two[0].refresh_from_db()
    assert two[0].freight == choice.chosen_freight == Decimal(20)


@pytest.fixture
def logistics(client, cast):
    client.force_login(cast.logistics)
    return client


def form_of(shipments: list[Shipment], **more: str) -> dict[str, str]:
    data = {"courier": "李师傅", "key": "form-1", "signature": ""}
    for one in shipments:
        data |= {f"ship_{one.pk}": "on", f"service_{one.pk}": str(service_of().pk)}
        data |= {f"tracking_{p.pk}": f"N{p.pk}" for p in one.parcels.all()}
    return data | more


def test_page_hands_over_and_shows_the_visit(logistics, two):
    url = "/shipping/pickups/new/?carrier=SF"
    page = logistics.get(url).content.decode()
    assert all(one.number in page for one in two)

    answer = logistics.post(url, form_of(two, signature=signature()))

    pickup = Pickup.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, pickup.get_absolute_url())
    page = logistics.get(pickup.get_absolute_url()).content.decode()
    assert two[0].number in page
    picture = logistics.get(f"{pickup.get_absolute_url()}signature.png")
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
    assert b"".join(picture).startswith(b"\x89PNG")
    assert pickup.number in logistics.get("/shipping/pickups/").content.decode()
    assert "没有待交接" in logistics.get(url).content.decode()


def test_page_keeps_what_was_typed_when_it_is_wrong(logistics, two):
    data = form_of(two, courier="王师傅") | {f"tracking_{two[1].parcels.get().pk}": ""}
    answer = logistics.post("/shipping/pickups/new/?carrier=SF", data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "王师傅" in page
    assert f"N{two[0].parcels.get().pk}" in page
    assert not Pickup.objects.exists()


def test_signature_is_private(client, two, cast):
    pickup = visit(two, cast.logistics, signature=signature())
    url = f"{pickup.get_absolute_url()}signature.png"
    assert client.get(url).status_code == 302
    client.force_login(cast.alpha_login)
    assert client.get(url).status_code == 404
    client.force_login(cast.planner)
    assert client.get(url).status_code == 403
    client.force_login(cast.warehouse)
    assert client.get(url).status_code == 200
    assert client.post("/shipping/pickups/new/", {}).status_code == 403
    assert client.get("/shipping/pickups/PU-20260101-00001/").status_code == 404
