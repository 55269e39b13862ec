"""Sub-statuses through the API."""

from types import SimpleNamespace

import pytest

from orders.models import SubStatus
from tests.api.conftest import Caller
from tests.cast import make_order, make_product

pytestmark = pytest.mark.usefixtures("no_auto_approval")


def test_listing_setting_and_filtering(cast: SimpleNamespace, sales: Caller) -> None:
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    waits = SubStatus.objects.create(state="pending", name="等客户确认", name_en="Waits")
    packed = SubStatus.objects.create(state="ready_to_ship", name="等装车")
    items = sales.get("/sub-statuses").json()["items"]
    assert [row["id"] for row in items] == [waits.pk, packed.pk]
    url = f"/orders/{order.number}/sub-status"
    body = sales.post(url, {"sub_status": waits.pk, "note": "n"}).json()
    assert body["sub_status"]["id"] == waits.pk
    assert [row["number"] for row in sales.get(f"/orders?sub_status={waits.pk}").json()["items"]] == [order.number]
    assert sales.get(f"/orders?sub_status={packed.pk}").json()["items"] == []
    assert sales.get("/orders?sub_status=x").status_code == 422
    assert sales.post(url, {"sub_status": packed.pk}).status_code == 422
    assert sales.post(url, {"sub_status": 99999}).status_code == 422
    assert sales.post("/orders/SO-0/sub-status", {"sub_status": None}).status_code == 404
    assert sales.post(url, {"sub_status": None}).json()["sub_status"] is None
