"""Transfers: out of one warehouse, under way, into the other; what gets lost; states of stock; pages."""

from decimal import Decimal

import pytest
from django.urls import reverse

from erp.errors import BusinessError, NotPermitted, OutOfStock, TransitionRefused
from erp.workflow import advance
from finance.verify import differences as ledger_differences
from inventory.models import Place, ProductCost, StockItem, StockMove, Transfer, TransferReceipt, Warehouse
from inventory.promise import promises
from inventory.selectors import stock_figures
from inventory.services import (
    Piece,
    damaged_place,
    default_warehouse,
    pieces_of,
    plan_transfer,
    receive_transfer,
    transit_place,
)
from inventory.verify import differences
from orders.verify import differences as order_differences
from tests.cast import make_order, make_product, put_in_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def south(basics):
    house = Warehouse.objects.create(code="S", name="南仓")
    Place.objects.create(code="S-01", warehouse=house, pick_order=10)
    return house


@pytest.fixture
def stocked(cast, product):
    put_in_stock(product, 10)
    return product


def plan(product, target, quantity, bin_place, by, **fields):
    piece = Piece(product, bin_place, Decimal(quantity), fields.pop("place", None))
    return plan_transfer(source=default_warehouse(), target=target, pieces=[piece], by=by, **fields)


def sent(product, target, quantity, bin_place, by):
    document = plan(product, target, quantity, bin_place, by)
    advance(document, "send", by=by)
    return document


def take_in(document, quantity, by, **fields):
    return receive_transfer(
        document,
        quantities={document.lines.get().pk: Decimal(quantity)},
        place=Place.objects.get(code="S-01"),
        by=by,
        **fields,
    )


def worth(warehouse):
    return {cost.quantity: cost.value for cost in ProductCost.objects.filter(warehouse=warehouse)}


def all_well():
    return not [*differences(), *order_differences(), *ledger_differences()]


def test_quantity_and_value_go_by_way_of_transit(cast, stocked, south, bin_place):
    document = sent(stocked, south, 4, bin_place, cast.warehouse)
    transit = transit_place().warehouse
    assert (worth(default_warehouse()), worth(transit)) == ({6: 360}, {4: 240})
    figures = stock_figures([stocked.pk], south.pk)[stocked.pk]
    assert (figures.on_hand, figures.incoming) == (0, 4)
    assert all_well()
    take_in(document, 3, cast.warehouse)
    document.refresh_from_db()
    assert document.status == "partly_received"
    assert (worth(transit), worth(south)) == ({1: 60}, {3: 180})
    take_in(document, 1, cast.warehouse)
    document.refresh_from_db()
    assert document.status == "received"
    assert (worth(transit), worth(south)) == ({0: 0}, {4: 240})
    assert all_well()


def test_only_free_stock_leaves(cast, stocked, south, bin_place):
    make_order((stocked, 8))
    document = plan(stocked, south, 3, bin_place, cast.warehouse)
    with pytest.raises(OutOfStock):
        advance(document, "send", by=cast.warehouse)
    document.refresh_from_db()
    assert document.status == "draft"
    assert not StockMove.objects.filter(document_type="inventory.Transfer").exists()
    with pytest.raises(OutOfStock):
        pieces_of(stocked, default_warehouse(), Decimal(3))
    assert [piece.quantity for piece in pieces_of(stocked, default_warehouse(), Decimal(2))] == [2]


def test_arrived_goods_serve_who_waits(cast, stocked, south, bin_place):
    order = make_order((stocked, 4), warehouse=south)
    order.refresh_from_db()
    assert order.status == "approved"
    document = sent(stocked, south, 4, bin_place, cast.warehouse)
    take_in(document, 4, cast.warehouse)
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    assert all_well()


def test_what_is_under_way_is_promised(cast, stocked, south, bin_place):
    sent(stocked, south, 4, bin_place, cast.warehouse)
    today = Transfer.objects.get().created_at.date()
    (promise,) = promises([(stocked, Decimal(3))], warehouse_id=south.pk, today=today)
    assert promise.missing == 0
    assert [quantity for _day, quantity in promise.arrivals] == [3]


def test_rest_that_got_lost_is_written_off(cast, stocked, south, bin_place):
    document = sent(stocked, south, 4, bin_place, cast.warehouse)
    take_in(document, 3, cast.warehouse)
    with pytest.raises(NotPermitted):
        advance(document, "close_short", by=cast.warehouse, note="lost")
    with pytest.raises(TransitionRefused):
        advance(document, "close_short", by=cast.manager)
    advance(document, "close_short", by=cast.manager, note="fell off")
    assert document.lines.get().lost == 1
    move = StockMove.objects.get(target__kind=Place.Kind.ADJUSTMENT)
    assert (move.value, move.reason) == (60, "fell off")
    assert all_well()


def test_cancelling_brings_goods_back(cast, stocked, south, bin_place):
    document = sent(stocked, south, 4, bin_place, cast.warehouse)
    advance(document, "cancel", by=cast.warehouse, note="wrong house")
    assert StockItem.objects.get(place=bin_place).on_hand == 10
    assert all_well()


def test_bin_to_bin_in_one_step(cast, stocked, bin_place):
    other = Place.objects.get(code="MAIN-B-01-01")
    document = plan(stocked, default_warehouse(), 4, bin_place, cast.warehouse, place=other)
    with pytest.raises(TransitionRefused):
        advance(document, "send", by=cast.warehouse)
    advance(document, "move", by=cast.warehouse)
    assert document.status == "received"
    assert dict(StockItem.objects.values_list("place__code", "on_hand")) == {bin_place.code: 6, other.code: 4}
    assert worth(default_warehouse()) == {10: 600}
    assert all_well()


def test_damaged_goods_are_never_promised(cast, stocked, bin_place):
    house = default_warehouse()
    damaged = damaged_place(house)
    with pytest.raises(BusinessError) as refusal:
        plan(stocked, house, 7, bin_place, cast.warehouse, place=damaged)
    assert refusal.value.field == "reason"
    document = plan(stocked, house, 7, bin_place, cast.warehouse, place=damaged, reason="water")
    advance(document, "move", by=cast.warehouse)
    order = make_order((stocked, 10))
    assert order.lines.get().reserved == 3
    back = plan_transfer(
        source=house,
        target=house,
        pieces=[Piece(stocked, damaged, Decimal(7), bin_place)],
        reason="dried",
        by=cast.warehouse,
    )
    advance(back, "move", by=cast.warehouse)
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    assert all_well()


def test_refusals(cast, stocked, south, bin_place):
    service, house = make_product(kind="service"), default_warehouse()
    for bad in (
        lambda: plan(stocked, south, 1, bin_place, cast.sales),
        lambda: plan(stocked, south, 0, bin_place, None),
        lambda: plan(service, south, 1, bin_place, None),
        lambda: plan(stocked, south, 1, Place.objects.get(code="S-01"), None),
        lambda: plan(stocked, house, 1, bin_place, None),
        lambda: plan(stocked, house, 1, bin_place, None, place=bin_place),
        lambda: plan_transfer(source=house, target=south, pieces=[], by=None),
    ):
        with pytest.raises(BusinessError):
            bad()
    assert not Transfer.objects.exists()
    document = sent(stocked, south, 4, bin_place, None)
    for bad in (
        lambda: take_in(document, 5, None),
        lambda: take_in(document, 0, None),
        lambda: take_in(document, 1, cast.sales),
        lambda: receive_transfer(document, quantities={0: Decimal(1)}, place=bin_place, by=None),
        lambda: receive_transfer(document, quantities={}, place=bin_place, by=None),
    ):
        with pytest.raises(BusinessError):
            bad()
    assert not TransferReceipt.objects.exists()
    done = take_in(document, 2, None, key="k")
    assert take_in(document, 2, None, key="k") == done
    assert document.lines.get().received == 2


PAIRS = {
    ("draft", "send"): "sent",
    ("draft", "cancel"): "cancelled",
    ("sent", "receive_part"): "partly_received",
    ("sent", "complete"): "received",
    ("sent", "close_short"): "received",
    ("sent", "cancel"): "cancelled",
    ("partly_received", "receive_part"): "partly_received",
    ("partly_received", "complete"): "received",
    ("partly_received", "close_short"): "received",
}


@pytest.mark.parametrize("name", Transfer.transitions())
@pytest.mark.parametrize("state", Transfer.Status.values)
def test_every_pair(state, name, cast, stocked, south, bin_place):
    document = plan(stocked, south, 4, bin_place, None)
    if state in ("sent", "partly_received", "received"):
        advance(document, "send", by=None)
    if state in ("partly_received", "received"):
        take_in(document, 2 if state == "partly_received" else 4, None)
    if state == "cancelled":
        advance(document, "cancel", by=None)
    document.refresh_from_db()
    assert document.status == state
    target = PAIRS.get((state, name))
    if target is None:
        with pytest.raises(TransitionRefused):
            advance(document, name, by=None, note="…")
        assert document.status == state
    else:
        advance(document, name, by=None, note="…")
        assert document.status == target


def page(client, user, name, *args):
    client.force_login(user)
    return client.get(reverse(f"inventory:{name}", args=args))


def lines_of(*rows):
    data = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": 0}
    return data | {f"lines-{at}-{key}": value for at, row in enumerate(rows) for key, value in row.items()}


def test_pages_from_plan_to_arrival(client, cast, stocked, south):
    client.force_login(cast.warehouse)
    assert client.get(reverse("inventory:transfer_new")).status_code == 200
    data = {"source": "MAIN", "target": "S", **lines_of({"sku": stocked.sku, "quantity": "4"})}
    answer = client.post(reverse("inventory:transfer_new"), data)
    document = Transfer.objects.get()
    assert answer.url == document.get_absolute_url()
    client.post(reverse("inventory:transfer_transition", args=[document.number]), {"transition": "send"})
    assert stocked.sku in page(client, cast.warehouse, "transfer_receive", document.number).content.decode()
    line, place = document.lines.get(), Place.objects.get(code="S-01")
    sent_in = {"key": "k", "place": place.pk, f"q{line.pk}": "9"}
    address = reverse("inventory:transfer_receive", args=[document.number])
    assert client.post(address, sent_in).status_code == 422
    assert client.post(address, {**sent_in, f"q{line.pk}": "4"}).url == document.get_absolute_url()
    assert page(client, cast.warehouse, "transfer", document.number).status_code == 200
    assert document.number in page(client, cast.warehouse, "transfers").content.decode()
    assert page(client, cast.warehouse, "transfer_pdf", document.number).content.startswith(b"%PDF")


@pytest.mark.parametrize(
    "row",
    [
        {"sku": "NO-SUCH", "quantity": "1"},
        {"sku": "LS-M8-20", "quantity": "99"},
        {"sku": "LS-M8-20", "quantity": "1", "source": "NOWHERE"},
        {"sku": "LS-M8-20"},
    ],
)
def test_bad_lines_are_refused(client, cast, stocked, south, row):
    client.force_login(cast.warehouse)
    data = {"source": "MAIN", "target": "S", **lines_of(row)}
    assert client.post(reverse("inventory:transfer_new"), data).status_code == 422
    assert not Transfer.objects.exists()


def test_who_may_not(client, cast, stocked, south, bin_place):
    document = sent(stocked, south, 1, bin_place, None)
    for name in ("transfer", "transfer_receive", "transfer_pdf"):
        assert page(client, cast.alpha_login, name, document.number).status_code == 404
        assert page(client, cast.sales, name, document.number).status_code == 403
    assert page(client, cast.manager, "transfer", document.number).status_code == 200
    assert page(client, cast.manager, "transfer_receive", document.number).status_code == 403
    assert page(client, cast.warehouse, "transfer", "TR-0").status_code == 404
