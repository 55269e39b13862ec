"""Pages of shipping: what works, who may, bad input, what is not there."""

import pytest
from django.test import Client

from shipping.models import Carrier, Shipment, TrackingEvent
from tests.cast import make_order, make_product, put_in_stock
from tests.shipping.conftest import on_the_road, open_list, packed, picked, proved, scan, service_of


@pytest.fixture
def warehouse(client: Client, cast) -> Client:
    client.force_login(cast.warehouse)
    return client


@pytest.fixture
def logistics(client: Client, cast) -> Client:
    client.force_login(cast.logistics)
    return client


def test_queue_opens_on_the_persons_own_step(client, ready, cast):
    number = open_list(ready).number
    client.force_login(cast.warehouse)
    assert number in client.get("/shipping/").content.decode()
    client.force_login(cast.logistics)
    assert number not in client.get("/shipping/").content.decode()


@pytest.mark.parametrize("tab", ["pick", "pack", "hand_over", "transit", "exception", "delivered", "nonsense"])
def test_every_tab_opens(warehouse, ready, tab):
    assert warehouse.get(f"/shipping/?tab={tab}").status_code == 200


def test_queue_follows_the_goods(warehouse, ready, cast):
    def tab(name: str) -> str:
        return warehouse.get(f"/shipping/?tab={name}").content.decode()

    pick_list = picked(ready, cast.warehouse)
    assert pick_list.number in tab("pack")
    from shipping import services

    shipment = services.pack(pick_list, parcels=None, by=cast.warehouse)
    assert shipment.number in tab("hand_over")
    parcel = shipment.parcels.get()
    services.hand_over(shipment, service=service_of(), tracking={parcel.pk: "SF1"}, by=cast.logistics)
    assert "SF1" in tab("transit")
    scan(parcel, "exception")
    assert shipment.number in tab("exception")
    scan(parcel, "delivered")
    assert shipment.number in tab("delivered")


@pytest.mark.parametrize(
    ("query", "found"), [("q=甲公司", True), ("q=SF100-1", True), ("q=nothing", False), ("carrier=ZTO", False)]
)
def test_queue_is_searched(logistics, ready, cast, query, found):
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)
    page = logistics.get(f"/shipping/?tab=transit&{query}").content.decode()
    assert (shipment.number in page) is found


def test_pick_page_confirms_and_leads_to_packing(warehouse, ready):
    pick_list = open_list(ready)
    url = f"/shipping/picks/{pick_list.number}/"
    page = warehouse.get(url).content.decode()
    assert "A-1" in page

    answer = warehouse.post(url, {f"picked_{line.pk}": str(line.wanted) for line in pick_list.lines.all()})

    assert answer["Location"] == f"{url}pack/"
    assert warehouse.get(f"{url}pack/").status_code == 200


def test_pick_page_keeps_what_was_typed_when_it_is_wrong(warehouse, ready):
    pick_list = open_list(ready)
    a, b = pick_list.lines.order_by("id")
    answer = warehouse.post(f"/shipping/picks/{pick_list.number}/", {f"picked_{a.pk}": "77", f"picked_{b.pk}": "2"})
    assert answer.status_code == 422
    assert 'value="77"' in answer.content.decode()
    assert open_list(ready) == pick_list


def test_empty_field_means_nothing_was_there(warehouse, ready):
    pick_list = open_list(ready)
    a, b = pick_list.lines.order_by("id")
    warehouse.post(f"/shipping/picks/{pick_list.number}/", {f"picked_{a.pk}": "", f"picked_{b.pk}": "3"})
    a.refresh_from_db()
    assert a.picked == 0
    assert proved() == []


def test_packing_into_two_parcels_on_the_page(warehouse, ready, cast):
    pick_list = picked(ready, cast.warehouse)
    a, b = pick_list.lines.order_by("id")
    url = f"/shipping/picks/{pick_list.number}/pack/"
    assert warehouse.get(f"{url}?parcels=2").content.decode().count('name="weight_') == 2
    fields = {"parcels": "2", f"q_1_{a.pk}": "5", f"q_1_{b.pk}": "1", f"q_2_{a.pk}": "0", "weight_1": "3.5"}

    wrong = warehouse.post(url, fields | {f"q_2_{b.pk}": "1"})
    assert wrong.status_code == 422
    assert 'value="3.5"' in wrong.content.decode()
    right = warehouse.post(url, fields | {f"q_2_{b.pk}": "2"})

    shipment = Shipment.objects.get()
    assert right["Location"] == f"/shipping/{shipment.number}/"
    assert shipment.parcels.count() == 2
    assert warehouse.get(url)["Location"] == f"/shipping/{shipment.number}/"


@pytest.mark.parametrize("parcels", ["0", "-1", "abc", "9999999999"])
def test_strange_number_of_parcels_is_forgiven(warehouse, ready, cast, parcels):
    pick_list = picked(ready, cast.warehouse)
    assert warehouse.get(f"/shipping/picks/{pick_list.number}/pack/?parcels={parcels}").status_code == 200


def test_handover_on_the_page(logistics, ready, cast):
    shipment = packed(ready, cast.warehouse)
    parcel = shipment.parcels.get()
    url = f"/shipping/{shipment.number}/"
    assert f"tracking_{parcel.pk}" in logistics.get(url).content.decode()
    fields = {"service": service_of().pk, "freight": "12.5", "courier": "李师傅", f"tracking_{parcel.pk}": ""}

    wrong = logistics.post(f"{url}hand-over/", fields)
    assert wrong.status_code == 422
    assert "李师傅" in wrong.content.decode()
    assert logistics.post(f"{url}hand-over/", fields | {"service": ""}).status_code == 422
    right = logistics.post(f"{url}hand-over/", fields | {f"tracking_{parcel.pk}": "SF1"})

    shipment.refresh_from_db()
    assert (right.status_code, shipment.status, str(shipment.freight)) == (302, "in_transit", "12.50")


def test_report_on_a_parcel_on_the_page(logistics, ready, cast):
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)
    url = f"/shipping/{shipment.number}/events/"
    fields = {
        "parcel": "",
        "state": "delivered",
        "text": "前台签收",
        "place": "杭州",
        "at": "2026-11-01T10:00",
        "key": "k",
    }

    assert logistics.post(url, fields | {"text": ""}).status_code == 422
    assert logistics.post(url, fields | {"at": "2999-01-01T10:00"}).status_code == 422
    logistics.post(url, fields)
    logistics.post(url, fields)

    shipment.refresh_from_db()
    assert (shipment.status, TrackingEvent.objects.count()) == ("delivered", 1)
    page = logistics.get(f"/shipping/{shipment.number}/").content.decode()
    assert "前台签收" in page


def test_unpacking_on_the_page(warehouse, ready, cast):
    shipment = packed(ready, cast.warehouse)
    url = f"/shipping/{shipment.number}/transitions/"
    assert warehouse.post(url, {"transition": "cancel", "note": ""}).status_code == 422
    assert warehouse.post(url, {"transition": "cancel", "note": "装错箱"}).status_code == 302
    assert warehouse.post(url, {"transition": "nonsense"}).status_code == 422
    shipment.refresh_from_db()
    assert shipment.status == "cancelled"


def test_correcting_a_tracking_number_on_the_page(logistics, ready, cast):
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)
    parcel = shipment.parcels.get()
    url = f"/shipping/{shipment.number}/tracking/"
    assert logistics.post(url, {"parcel": parcel.pk, "number": ""}).status_code == 422
    assert logistics.post(url, {"parcel": 999999, "number": "SF5"}).status_code == 404
    assert logistics.post(url, {"parcel": parcel.pk, "number": "sf5"}).status_code == 302
    parcel.refresh_from_db()
    assert parcel.tracking_number == "SF5"


def test_part_of_an_order_is_opened_by_hand(warehouse, cast):
    there, missing = make_product("A-1"), make_product("B-1")
    put_in_stock(there, 5)
    order = make_order((there, 5), (missing, 1))
    assert order.number in warehouse.get("/shipping/open/").content.decode()

    answer = warehouse.post("/shipping/open/", {"order": order.number})

    assert answer["Location"] == f"/shipping/picks/{open_list(order).number}/"
    assert order.number not in warehouse.get("/shipping/open/").content.decode()
    assert warehouse.post("/shipping/open/", {"order": "SO-NONE"}).status_code == 404


@pytest.mark.parametrize("paper", ["", "?form=241"])
def test_papers_are_pdf(warehouse, ready, cast, paper):
    pick_list = open_list(ready)
    assert warehouse.get(f"/shipping/picks/{pick_list.number}/list.pdf").content.startswith(b"%PDF")
    shipment = packed(ready, cast.warehouse)
    assert warehouse.get(f"/shipping/{shipment.number}/note.pdf{paper}").content.startswith(b"%PDF")


def test_address_is_masked_for_those_who_do_not_need_it(client, ready, cast):
    url = f"/shipping/{packed(ready, cast.warehouse).number}/"
    client.force_login(cast.logistics)
    assert "13812345678" in client.get(url).content.decode()
    client.force_login(cast.planner)
    assert "13812345678" not in client.get(url).content.decode()


PAGES = [
    "",
    "open/",
    "picks/{pick}/",
    "picks/{pick}/pack/",
    "picks/{pick}/list.pdf",
    "{shipment}/",
    "{shipment}/note.pdf",
]


@pytest.mark.parametrize("page", PAGES)
def test_visitors_sign_in_and_customers_find_nothing(client, ready, cast, page):
    shipment = packed(ready, cast.warehouse)
    url = f"/shipping/{page.format(pick=shipment.pick_list.number, shipment=shipment.number)}"
    assert client.get(url)["Location"].startswith("/accounts/login/")
    client.force_login(cast.alpha_login)
    assert client.get(url).status_code == 404


def test_people_without_the_right_may_look_but_not_act(client, ready, cast):
    client.force_login(cast.planner)
    pick_list = open_list(ready)
    assert client.get(f"/shipping/picks/{pick_list.number}/").status_code == 200
    assert client.post(f"/shipping/picks/{pick_list.number}/").status_code == 403
    assert client.get("/shipping/open/").status_code == 403
    shipment = packed(ready, cast.warehouse)
    assert client.get(f"/shipping/{shipment.number}/").status_code == 200
    for act in ("hand-over/", "events/", "tracking/"):
        assert client.post(f"/shipping/{shipment.number}/{act}").status_code == 403
    answer = client.post(f"/shipping/{shipment.number}/transitions/", {"transition": "cancel", "note": "x"})
    assert answer.status_code == 403


def test_sales_sees_only_what_belongs_to_own_orders(client, cast, ready):
    client.force_login(cast.sales)
    pick_list = open_list(ready)
    assert client.get(f"/shipping/picks/{pick_list.number}/").status_code == 200
    cast.alpha.owner = ready.salesperson = cast.manager
    cast.alpha.save()
    ready.save()
    assert pick_list.number not in client.get("/shipping/?tab=pick").content.decode()
    assert client.get(f"/shipping/picks/{pick_list.number}/").status_code == 404


def test_missing_documents_are_404(warehouse):
    for page in ("picks/PK-NONE/", "picks/PK-NONE/pack/", "SH-NONE/", "SH-NONE/note.pdf"):
        assert warehouse.get(f"/shipping/{page}").status_code == 404


def test_secret_of_a_carrier_is_written_but_never_shown(client, cast):
    carrier = Carrier.objects.get(code="SF")
    client.force_login(cast.admin)
    url = f"/admin/shipping/carrier/{carrier.pk}/change/"
    fields = {
        "code": "SF", "name": "顺丰速运", "is_active": "on", "new_secret": "a-very-long-secret",
        "services-TOTAL_FORMS": "0", "services-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert client.post(url, fields).status_code == 302
    assert client.post(url, fields | {"new_secret": ""}).status_code == 302
    carrier.refresh_from_db()
    assert carrier.secret == "a-very-long-secret"
    assert "a-very-long-secret" not in client.get(url).content.decode()
    assert client.get("/admin/shipping/shipment/").status_code == 200
    assert client.get("/admin/shipping/picklist/").status_code == 200
