"""Blockers after approval, one by one: making, picking, packing, the carrier, a change, the money; before and after."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone, translation

from erp.models import Company
from erp.workflow import advance
from finance.services import allocate, create_invoice, record_payment
from orders.models import SalesOrder
from orders.services import decide_amendment, hold, keep, propose, reallocate, release_hold, submit
from production.services import move, report
from production.services.components import reserve_components
from production.services.planning import make_for_request
from shipping import services as shipping
from shipping.models import CarrierService, Shipment
from tests.cast import make_order, make_product, put_in_stock
from tests.orders.test_blockers import wait_of
from tests.production.conftest import hinge, order_for  # noqa: F401  a fixture

TODAY = timezone.localdate
Story = tuple[SalesOrder, Callable[[], Any]]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def scene(cast: Any, hinge: Any) -> SimpleNamespace:  # noqa: F811
    """The people, and a hinge that is made of a plate and screws."""
    return SimpleNamespace(**vars(cast), hinge=hinge)


def ready(scene: Any, **fields: Any) -> SalesOrder:
    """Two pieces from stock, approved by the system and reserved."""
    product = make_product(price="100")
    put_in_stock(product, 2)
    return make_order((product, 2), customer=scene.alpha, by=scene.sales, **fields)


def over_limit(scene: Any) -> Story:
    product = make_product()
    put_in_stock(product, 900)
    order = make_order((product, 900), customer=scene.alpha, by=scene.sales)
    return order, lambda: advance(order, "approve", by=scene.approver)


def not_reserved(scene: Any) -> Story:
    product = make_product()
    order = make_order((product, 2), customer=scene.alpha, by=scene.sales)
    hold(order, by=scene.approver, reason="等")
    put_in_stock(product, 2)
    release_hold(order, by=scene.approver)
    return order, lambda: reallocate(SalesOrder.objects.get(pk=order.pk), by=scene.sales)


def _made(scene: Any, *, plates: int = 0) -> tuple[SalesOrder, Any]:
    put_in_stock(scene.hinge.screw, 100)
    if plates:
        put_in_stock(scene.hinge.plate, plates)
    return order_for(scene.hinge.product, 5, customer=scene.alpha)


def parts_missing(scene: Any) -> Story:
    order, made = _made(scene)

    def arrive() -> None:
        put_in_stock(scene.hinge.plate, 5)
        made.refresh_from_db()
        with transaction.atomic():
            reserve_components([made], by=scene.planner)

    return order, arrive


def to_start(scene: Any) -> Story:
    order, made = _made(scene, plates=5)
    return order, lambda: move(made, "start", by=scene.planner)


def in_production(scene: Any) -> Story:
    order, made = _made(scene, plates=5)
    move(made, "start", by=scene.planner)
    return order, lambda: report(made, good=Decimal(5), by=scene.planner, key="1")


def not_planned(scene: Any) -> Story:
    order, made = _made(scene, plates=5)
    need = made.request
    advance(made, "cancel", by=scene.planner, note="x")
    return order, lambda: make_for_request(need, by=scene.planner)


def no_bom(scene: Any) -> Story:
    order, made = _made(scene)
    advance(made, "cancel", by=scene.planner, note="x")
    bom = scene.hinge.bom
    bom.is_active = False
    bom.save()

    def write() -> None:
        bom.is_active = True
        bom.save()

    return order, write


def to_pick(scene: Any) -> Story:
    order = ready(scene)
    return order, lambda: shipping.confirm_pick(order.pick_lists.get(), picked={}, by=scene.warehouse)


def _picked(scene: Any) -> tuple[SalesOrder, Any]:
    order = ready(scene)
    picks = order.pick_lists.get()
    shipping.confirm_pick(picks, picked={}, by=scene.warehouse)
    picks.refresh_from_db()
    return order, picks


def to_pack(scene: Any) -> Story:
    order, picks = _picked(scene)
    return order, lambda: shipping.pack(picks, parcels=None, by=scene.warehouse)


def _packed(scene: Any) -> tuple[SalesOrder, Shipment]:
    order, picks = _picked(scene)
    return order, shipping.pack(picks, parcels=None, by=scene.warehouse)


def _service() -> CarrierService:
    return CarrierService.objects.filter(carrier__code="SF")[0]


def no_carrier(scene: Any) -> Story:
    order, shipment = _packed(scene)
    return order, lambda: Shipment.objects.filter(pk=shipment.pk).update(service=_service())


def _give(scene: Any, shipment: Shipment) -> None:
    tracking = {parcel.pk: f"SF{parcel.pk}" for parcel in shipment.parcels.all()}
    shipping.hand_over(shipment, service=_service(), tracking=tracking, by=scene.logistics)


def no_tracking(scene: Any) -> Story:
    order, shipment = _packed(scene)
    Shipment.objects.filter(pk=shipment.pk).update(service=_service())
    shipment.refresh_from_db()
    return order, lambda: _give(scene, shipment)


def _sent(scene: Any) -> tuple[SalesOrder, Shipment]:
    order, shipment = _packed(scene)
    _give(scene, shipment)
    shipment.refresh_from_db()
    return order, shipment


def _scan(shipment: Shipment, state: str, scene: Any, *, key: int = 0) -> None:
    parcel = shipment.parcels.get()
    at = timezone.now() + dt.timedelta(seconds=key)
    shipping.record_event(parcel, state=state, text="扫描", at=at, by=scene.logistics)


def in_trouble(scene: Any) -> Story:
    order, shipment = _sent(scene)
    _scan(shipment, "exception", scene)
    shipment.refresh_from_db()
    return order, lambda: advance(shipment, "resume", by=scene.logistics, note="已处理")


def silent(scene: Any) -> Story:
    order, shipment = _sent(scene)
    long_ago = timezone.now() - dt.timedelta(days=4)
    Shipment.objects.filter(pk=shipment.pk).update(handed_over_at=long_ago)
    return order, lambda: _scan(shipment, "in_transit", scene)


def on_its_way(scene: Any) -> Story:
    order, _shipment = _sent(scene)
    return order, lambda: shipping.confirm_receipt(order, by=None)


def _there(scene: Any) -> SalesOrder:
    order, _shipment = _sent(scene)
    shipping.confirm_receipt(order, by=None)
    return order


def _pay(order: SalesOrder, scene: Any, *, match: bool) -> Any:
    invoice = order.invoices.get()
    matched = [(invoice, invoice.total)] if match else None
    return record_payment(
        customer=scene.alpha, amount=invoice.total, method="bank", by=scene.finance, allocations=matched
    )


def unpaid(scene: Any) -> Story:
    order = _there(scene)
    return order, lambda: _pay(order, scene, match=False)


def overdue(scene: Any) -> Story:
    order = _there(scene)
    order.invoices.update(due_date=TODAY() - dt.timedelta(days=5))
    return order, lambda: _pay(order, scene, match=True)


def unmatched(scene: Any) -> Story:
    order = _there(scene)
    payment, invoice = _pay(order, scene, match=False), order.invoices.get()
    return order, lambda: allocate(payment, invoice=invoice, amount=invoice.total, by=scene.finance)


def paid_before_arrival(scene: Any) -> Story:
    order, _shipment = _sent(scene)
    _pay(order, scene, match=True)
    return order, lambda: shipping.confirm_receipt(order, by=None)


def _by_hand(scene: Any) -> SalesOrder:
    company = Company.current()
    company.invoice_on_shipment = False
    company.save()
    return _there(scene)


def unbilled(scene: Any) -> Story:
    order = _by_hand(scene)
    return order, lambda: create_invoice(order, by=scene.finance)


def drafted(scene: Any) -> Story:
    order = _by_hand(scene)
    invoice = create_invoice(order, by=scene.finance)
    return order, lambda: advance(invoice, "post", by=scene.finance)


def changed(scene: Any) -> Story:
    order = ready(scene)
    order.refresh_from_db()
    lines = [keep(line, unit_price=Decimal(50)) for line in order.lines.all()]
    amendment = propose(
        order, by=scene.sales, version=order.version, lines=lines, reason="客户来电", ship_to=_elsewhere()
    )
    submit(amendment, by=scene.sales)
    return order, lambda: decide_amendment(amendment, True, by=scene.approver)


def _elsewhere() -> dict[str, str]:
    return {
        "recipient": "李四",
        "phone": "13900001111",
        "province": "江苏省",
        "city": "苏州市",
        "district": "",
        "street": "人民路 2 号",
    }


STORIES = [
    (over_limit, "over_limit", "approver", "to_pick"),
    (not_reserved, "not_reserved", "", "to_pick"),
    (parts_missing, "parts_missing", "", "to_start"),
    (to_start, "to_start", "planner", "in_production"),
    (in_production, "in_production", "planner", "to_pick"),
    (not_planned, "not_planned", "planner", "to_start"),
    (no_bom, "no_bom", "planner", "not_planned"),
    (to_pick, "to_pick", "warehouse", "to_pack"),
    (to_pack, "to_pack", "warehouse", "no_carrier"),
    (no_carrier, "no_carrier", "logistics", "no_tracking"),
    (no_tracking, "no_tracking", "logistics", "in_transit"),
    (in_trouble, "parcel_trouble", "logistics", "in_transit"),
    (silent, "no_scan", "logistics", "in_transit"),
    (on_its_way, "in_transit", "logistics", "to_be_paid"),
    (unpaid, "to_be_paid", "finance", "payment_unmatched"),
    (overdue, "overdue", "finance", ""),
    (unmatched, "payment_unmatched", "finance", ""),
    (paid_before_arrival, "delivery_unconfirmed", "logistics", ""),
    (unbilled, "not_billed", "finance", "invoice_draft"),
    (drafted, "invoice_draft", "finance", "to_be_paid"),
    (changed, "change_undecided", "approver", "to_pick"),
]


@pytest.mark.parametrize(
    ("story", "blocker", "role", "then"), STORIES, ids=[blocker for _s, blocker, _r, _t in STORIES]
)
def test_the_sentence_names_it_and_changes_with_the_act(
    scene: Any, story: Callable[[Any], Story], blocker: str, role: str, then: str
) -> None:
    order, act = story(scene)
    before = wait_of(order).main
    assert before is not None
    assert before.code == blocker
    assert before.text
    assert not role or before.role == role
    act()
    after = wait_of(order).main
    assert (after.code if after else "") == then
    assert after is None or after.text != before.text
