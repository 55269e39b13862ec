"""Pages of rules, freight and problems: they work, refuse what is wrong, and show nothing to strangers."""

import pytest

from shipping.models import CarrierRule, FreightRate, ParcelProblem
from tests.shipping.conftest import on_the_road, scan, service_of


@pytest.fixture
def logistics(client, cast):
    client.force_login(cast.logistics)
    return client


def test_rules_and_rates_are_shaped_and_tried(logistics):
    service = service_of().pk
    rule = {"name": "西部", "service": service, "places": "新疆，西藏", "weight_from": "2", "is_active": "on"}
    rate = {"service": service, "first_weight": "1", "first_price": "12", "step_weight": "1", "step_price": "3"}
    assert logistics.post("/shipping/rules/new/", rule).status_code == 302
    assert logistics.post("/shipping/rates/new/", rate).status_code == 302
    assert CarrierRule.objects.get().places == ["新疆", "西藏"]

    page = logistics.get("/shipping/rules/", {"province": "新疆维吾尔自治区", "weight": "3"}).content.decode()
    assert "规则“西部”" in page
    assert "18.00" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"places": "火星"}, "places"),
        ({"weight_from": "5", "weight_to": "5"}, "weight_to"),
        ({"value_from": "-1"}, "value_from"),
        ({"name": ""}, "name"),
    ],
)
def test_rules_that_cannot_be(logistics, wrong, field):
    data = {"name": "西部", "service": service_of().pk, "is_active": "on"} | wrong
    answer = logistics.post("/shipping/rules/new/", data)
    assert answer.status_code == 422
    assert f"id_{field}_error" in answer.content.decode()
    assert not CarrierRule.objects.exists()


def test_second_rate_for_the_same_region_is_refused(logistics):
    data = {"service": service_of().pk, "places": "浙江", "first_weight": "1", "first_price": "9"}
    data |= {"step_weight": "1", "step_price": "1"}
    logistics.post("/shipping/rates/new/", data)
    assert logistics.post("/shipping/rates/new/", data).status_code == 422
    assert logistics.post("/shipping/rates/new/", data | {"places": "", "first_weight": "0"}).status_code == 422
    assert FreightRate.objects.count() == 1


def test_rules_change_places_and_go(logistics):
    one, two = (CarrierRule.objects.create(name=n, service=service_of(), position=5) for n in ("一", "二"))
    logistics.post(f"/shipping/rules/{two.pk}/move/", {"to": "up"})
    assert list(CarrierRule.objects.values_list("name", flat=True)) == ["二", "一"]
    logistics.post(f"/shipping/rules/{two.pk}/move/", {"to": "up"})
    assert logistics.post(f"/shipping/rules/{one.pk}/remove/").status_code == 302
    assert CarrierRule.objects.get() == two


def test_who_may_look_and_who_may_shape(client, cast):
    rule = CarrierRule.objects.create(name="一", service=service_of())
    client.force_login(cast.warehouse)
    assert client.get("/shipping/rules/").status_code == 200
    assert client.get(f"/shipping/rules/{rule.pk}/").status_code == 403
    assert client.post(f"/shipping/rules/{rule.pk}/remove/").status_code == 403
    client.force_login(cast.planner)
    assert client.get("/shipping/rules/").status_code == 403
    client.force_login(cast.alpha_login)
    assert client.get("/shipping/rules/").status_code == 404


def test_problem_is_taken_over_and_settled(client, cast, ready):
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)
    scan(shipment.parcels.get(), "exception", text="收件人拒收", trouble="refused")
    problem = ParcelProblem.objects.get()
    client.force_login(cast.service)
    assert problem.number in client.get("/shipping/problems/?q=SF100-1").content.decode()
    page = client.get(problem.get_absolute_url()).content.decode()
    assert "收件人拒收" in page
    client.post(f"{problem.get_absolute_url()}owner/")
    problem.refresh_from_db()
    assert problem.owner == cast.service
    answer = client.post(f"{problem.get_absolute_url()}transitions/", {"transition": "resolve", "note": "改约明天"})
    assert answer.status_code == 302
    problem.refresh_from_db()
    assert (problem.status, problem.resolution) == ("resolved", "改约明天")
    assert problem.number in client.get("/shipping/problems/?view=settled").content.decode()
    assert "处理建议" not in client.get(problem.get_absolute_url()).content.decode()


def test_problems_of_others_are_not_there(client, cast, ready):
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)
    scan(shipment.parcels.get(), "exception", trouble="lost")
    problem = ParcelProblem.objects.get()
    client.force_login(cast.planner)
    assert client.get(problem.get_absolute_url()).status_code == 403
    client.force_login(cast.alpha_login)
    assert client.get(problem.get_absolute_url()).status_code == 404
    client.force_login(cast.logistics)
    assert client.get("/shipping/problems/EX-20200101-00001/").status_code == 404
