"""Pages of waves and the scan page: what works, who may, bad input, what is not there."""

import pytest
from django.test import Client

from shipping import services
from shipping.models import PickList, PickReturn, Wave
from tests.cast import make_user
from tests.shipping.conftest import open_list
from tests.shipping.walking import command, send, stop_of, wave_of


@pytest.fixture
def warehouse(client: Client, cast) -> Client:
    client.force_login(cast.warehouse)
    return client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("?warehouse=none", False),
        ("?until=2020-01-01", False),
        ("?until=nonsense", True),
        ("?until=2020-99-01", True),
        ("?priority=5", False),
        ("?single=1", False),
        ("?zone=ZZ", False),
    ],
)
def test_free_lists_are_offered_by_filter(warehouse, ready, query, found):
    page = warehouse.get(f"/shipping/waves/new/{query}").content.decode()
    assert (open_list(ready).number in page) is found


def test_ticked_lists_become_a_wave(warehouse, ready, cast):
    number = open_list(ready).number
    answer = warehouse.post("/shipping/waves/new/", {"lists": [number], "assignee": cast.warehouse.pk})
    wave = Wave.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, wave.get_absolute_url())
    assert wave.assignee == cast.warehouse
    page = warehouse.get(wave.get_absolute_url()).content.decode()
    assert number in page and "合页" in page
    assert wave.number in warehouse.get("/shipping/waves/").content.decode()
    assert number not in warehouse.get("/shipping/waves/new/").content.decode()


@pytest.mark.parametrize("data", [{}, {"lists": ["PK-none"]}, {"lists": ["{number}"], "assignee": "999999"}])
def test_a_bad_choice_says_why_and_makes_nothing(warehouse, ready, data):
    data = {
        key: [one.format(number=open_list(ready).number) for one in value] if isinstance(value, list) else value
        for key, value in data.items()
    }
    answer = warehouse.post("/shipping/waves/new/", data)
    assert answer.status_code == 422
    assert "alert-danger" in answer.content.decode()
    assert not Wave.objects.exists()


def test_who_may_see_and_act(client, ready, cast):
    wave = wave_of([open_list(ready)], cast)
    paths = ("/shipping/waves/", wave.get_absolute_url())
    for person, answer in ((cast.manager, 200), (cast.sales, 403), (cast.alpha_login, 404)):
        client.force_login(person)
        assert [client.get(path).status_code for path in paths] == [answer, answer], person
    client.force_login(cast.manager)
    for path in ("/shipping/waves/new/", f"/shipping/scan/{wave.number}/"):
        assert client.get(path).status_code == 403
    for act in ("assign", "dissolve", "take-out"):
        assert client.post(f"{wave.get_absolute_url()}{act}/", {}).status_code == 403


@pytest.mark.parametrize("path", ["waves/WV-none/", "scan/WV-none/", "scan/PK-none/"])
def test_what_is_not_there(warehouse, cast, path):
    assert warehouse.get(f"/shipping/{path}").status_code == 404


def test_acts_of_the_wave_page(warehouse, ready, cast):
    pick_list = open_list(ready)
    wave = wave_of([pick_list], cast)
    warehouse.post(f"{wave.get_absolute_url()}assign/", {"assignee": cast.warehouse.pk})
    assert Wave.objects.get().assignee == cast.warehouse
    assert warehouse.post(f"{wave.get_absolute_url()}dissolve/", {"note": ""}).status_code == 422
    warehouse.post(f"{wave.get_absolute_url()}take-out/", {"list": pick_list.number})
    assert (Wave.objects.get().status, PickList.objects.get().wave) == ("closed", None)


def test_scan_page_of_a_list_leads_to_its_wave_and_to_packing(warehouse, ready, cast):
    pick_list = open_list(ready)
    wave = wave_of([pick_list], cast)
    assert warehouse.get(f"/shipping/scan/{pick_list.number}/")["Location"] == f"/shipping/scan/{wave.number}/"
    services.dissolve_wave(wave, by=cast.warehouse, note="x")
    warehouse.post(f"/shipping/scan/{pick_list.number}/claim/")
    page = warehouse.get(f"/shipping/scan/{pick_list.number}/")
    assert "data-scan-run" in page.content.decode()
    assert "wasm-unsafe-eval" in page["Content-Security-Policy"]
    assert warehouse.post(f"/shipping/scan/{pick_list.number}/finish/").status_code == 422
    send(
        PickList.objects.get(),
        cast.warehouse,
        command(1, stop_of(pick_list, "A-1"), 5),
        command(2, stop_of(pick_list, "B-1"), 3),
    )
    answer = warehouse.post(f"/shipping/scan/{pick_list.number}/finish/")
    assert answer["Location"].endswith("/pack/")
    assert "data-scan-run" not in warehouse.get(f"/shipping/scan/{pick_list.number}/").content.decode()


def test_the_second_phone_is_shown_who_picks(client, ready, cast):
    pick_list, other = open_list(ready), make_user("warehouse")
    services.claim_list(pick_list, by=cast.warehouse)
    client.force_login(other)
    assert str(cast.warehouse) in client.get(f"/shipping/scan/{pick_list.number}/").content.decode()
    assert client.post(f"/shipping/scan/{pick_list.number}/claim/").status_code == 422
    client.post(f"/shipping/scan/{pick_list.number}/claim/", {"take_over": "1"})
    assert PickList.objects.get().picker == other


def test_goods_to_put_back_are_shown_until_they_are_back(warehouse, ready, cast):
    from erp.workflow import advance

    pick_list = open_list(ready)
    wave = services.claim_wave(wave_of([pick_list], cast), by=cast.warehouse)
    send(wave, cast.warehouse, command(1, stop_of(pick_list, "A-1"), 2))
    advance(ready, "cancel", by=cast.manager, note="客户取消")
    entry = PickReturn.objects.get()
    path = f"/shipping/returns/{entry.pk}/"
    assert path in warehouse.get(wave.get_absolute_url()).content.decode()
    assert path in warehouse.get(f"/shipping/scan/{wave.number}/").content.decode()
    assert warehouse.post(path).status_code == 302
    assert path not in warehouse.get(wave.get_absolute_url()).content.decode()
