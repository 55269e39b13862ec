"""Adjustments and scrap as documents: small ones at once, dear ones by two people; nothing promised is taken."""

from decimal import Decimal

import pytest
from django.urls import reverse

from erp.errors import BusinessError, NotPermitted, OutOfStock, TransitionRefused
from erp.models import Company
from erp.workflow import advance
from finance.verify import differences as ledger_differences
from inventory.models import Adjustment, StockItem, StockMove
from inventory.services import damaged_place, default_warehouse, propose_adjustment, scrap
from inventory.verify import differences
from orders.verify import differences as order_differences
from tests.cast import make_order, make_product, put_in_stock

pytestmark = pytest.mark.django_db


def limit(amount):
    company = Company.current()
    company.adjustment_limit = Decimal(amount)
    company.save()


@pytest.fixture
def stocked(cast, product):
    limit(0)
    put_in_stock(product, 10)
    return product


def all_well():
    return not [*differences(), *order_differences(), *ledger_differences()]


def less(product, place, counted, by, **fields):
    return propose_adjustment(product, place, counted=Decimal(counted), reason="broken", by=by, **fields)


def test_small_ones_are_written_at_once(cast, stocked, bin_place):
    done = less(stocked, bin_place, 8, cast.warehouse, key="k")
    assert (done.status, done.value, done.quantity) == ("posted", 120, -2)
    assert less(stocked, bin_place, 8, cast.warehouse, key="k") == done
    assert less(stocked, bin_place, 8, cast.warehouse) is None
    assert StockItem.objects.get().on_hand == 8
    assert all_well()


def test_dear_ones_wait_for_another_person(cast, stocked, bin_place):
    limit(100)
    document = less(stocked, bin_place, 8, cast.admin)
    assert (document.status, StockItem.objects.get().on_hand) == ("waiting", 10)
    with pytest.raises(TransitionRefused):
        advance(document, "approve", by=cast.admin)  # asked for it
    with pytest.raises(NotPermitted):
        advance(document, "approve", by=cast.warehouse)
    advance(document, "approve", by=cast.manager)
    assert StockItem.objects.get().on_hand == 8
    other = less(stocked, bin_place, 6, cast.warehouse)
    advance(other, "reject", by=cast.manager, note="look again")
    assert StockItem.objects.get().on_hand == 8
    assert all_well()


def test_scrap_leaves_at_its_cost_even_from_damaged(cast, stocked, bin_place):
    done = scrap(stocked, bin_place, quantity=Decimal(3), reason="rust", by=cast.warehouse)
    move = StockMove.objects.get(document_type="inventory.Adjustment", document_id=done.pk)
    assert (done.kind, move.value, move.reason) == ("scrap", 180, "rust")
    with pytest.raises(OutOfStock):
        scrap(stocked, damaged_place(default_warehouse()), quantity=Decimal(1), reason="rust", by=cast.warehouse)
    assert all_well()


def test_what_is_found_serves_who_waits(cast, stocked, bin_place):
    order = make_order((stocked, 12))
    less(stocked, bin_place, 12, cast.warehouse)
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    assert all_well()


def test_promised_stock_is_not_taken(cast, stocked, bin_place):
    make_order((stocked, 9))
    with pytest.raises(OutOfStock):
        scrap(stocked, bin_place, quantity=Decimal(2), reason="rust", by=cast.warehouse)
    limit(10)
    document = scrap(stocked, bin_place, quantity=Decimal(1), reason="rust", by=cast.warehouse)
    make_order((stocked, 1))
    with pytest.raises(OutOfStock):  # promised while it waited
        advance(document, "approve", by=cast.manager)
    document.refresh_from_db()
    assert document.status == "waiting"


def test_refusals(cast, stocked, bin_place):
    service = make_product(kind="service")
    for bad in (
        lambda: less(stocked, bin_place, 8, cast.sales),
        lambda: less(stocked, bin_place, -1, None),
        lambda: less(service, bin_place, 1, None),
        lambda: less(stocked, bin_place, 8, None, expected=Decimal(9)),
        lambda: scrap(stocked, bin_place, quantity=Decimal(0), reason="rust", by=None),
        lambda: scrap(stocked, bin_place, quantity=Decimal(1), reason=" ", by=None),
        lambda: scrap(stocked, bin_place, quantity=Decimal(1), reason="rust", by=cast.sales),
    ):
        with pytest.raises(BusinessError):
            bad()
    assert not Adjustment.objects.exists()


def test_every_pair(cast, stocked, bin_place):
    waiting = {"post": "posted", "reject": "rejected"}
    for state in Adjustment.Status.values:
        for name in Adjustment.transitions():
            limit(1)
            document = scrap(stocked, bin_place, quantity=Decimal("0.1"), reason="rust", by=None)
            if state == "posted":
                advance(document, "approve", by=None)
            if state == "rejected":
                advance(document, "reject", by=None)
            limit(1 if name == "approve" else 0)
            target = {**waiting, "approve": "posted"}[name] if state == "waiting" else None
            if target is None:
                with pytest.raises(TransitionRefused):
                    advance(document, name, by=None)
                assert document.status == state
            else:
                advance(document, name, by=None)
                assert document.status == target


def test_pages(client, cast, stocked, bin_place):
    limit(100)
    client.force_login(cast.warehouse)
    url = reverse("inventory:scrap", args=[stocked.sku])
    assert "报废" in client.get(url).content.decode()
    data = {"place": bin_place.pk, "quantity": "2", "reason": "锈蚀", "key": "k"}
    assert client.post(url, data | {"quantity": "99"}).status_code == 422
    assert client.post(url, data | {"reason": ""}).status_code == 422
    assert client.post(url, data).status_code == 302
    document = Adjustment.objects.get()
    assert document.status == "waiting"
    client.force_login(cast.manager)
    assert document.number in client.get("/").content.decode()
    assert document.number in client.get(reverse("inventory:adjustments")).content.decode()
    client.post(reverse("inventory:adjustment_transition", args=[document.number]), {"transition": "approve"})
    assert StockItem.objects.get().on_hand == 8
    client.force_login(cast.sales)
    assert client.get(reverse("inventory:adjustments")).status_code == 403
    assert client.get(url).status_code == 403
    client.force_login(cast.alpha_login)
    assert client.get(reverse("inventory:adjustments")).status_code == 404
