"""A company in which anything may happen in any order: one rule a verb that moves, promises or frees stock."""

import itertools
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, TypeVar

from django.db import transaction
from django.utils.module_loading import import_string
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from aftersales.models import ReturnRequest
from aftersales.services import receive_return, request_return
from erp.errors import BusinessError
from erp.models import Company
from erp.verification import SOURCES
from erp.workflow import advance
from inventory.models import (
    GoodsReceipt,
    Place,
    ProductCost,
    PurchaseOrder,
    Reservation,
    ReservationEntry,
    StockItem,
    StockMove,
    Supplier,
)
from inventory.services import (
    Arrival,
    Finding,
    Movement,
    PurchaseInput,
    adjust_stock,
    create_purchase_order,
    default_warehouse,
    inspect,
    post_moves,
    quarantine_place,
    receive,
    return_to_supplier,
)
from orders import services as orders
from orders.models import OrderLine, SalesOrder, Taking
from orders.services.joining import merge_orders
from orders.services.splitting import split_order
from production import services as production
from production.models import ProductionOrder
from shipping import services as shipping
from shipping.models import CarrierService, PickList, Shipment
from tests.cast import make_order, make_product, put_in_stock
from tests.production.conftest import make_bom

_numbers = itertools.count(1)
Row = TypeVar("Row")
Status = SalesOrder.Status

WHICH = st.integers(min_value=0, max_value=7)  # which of the documents that there are, counted from the newest
PRODUCT = st.sampled_from(["bolt", "plate", "hinge"])
PIECES = st.integers(min_value=1, max_value=9).map(Decimal)
BIN = st.integers(min_value=0, max_value=1)
SHARE = st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(1)])


def fingerprint() -> list[Any]:
    """All that a refused or repeated act must leave as it is."""
    return [
        *(model.objects.count() for model in (StockMove, ReservationEntry, SalesOrder, PickList, ProductionOrder)),
        list(StockItem.objects.order_by("id").values_list("on_hand", "reserved")),
        list(ProductCost.objects.order_by("id").values_list("quantity", "value")),
        list(SalesOrder.objects.order_by("id").values_list("status", "version")),
    ]


class AnythingHappens(RuleBasedStateMachine):
    """`bolt` is bought, `hinge` is made of one `plate` and two `bolt`; all three are sold."""

    cast: SimpleNamespace

    @initialize(bolts=PIECES, plates=PIECES)
    def open_the_house(self, bolts: Decimal, plates: Decimal) -> None:
        serial = next(_numbers)
        Company.objects.update(auto_approve_limit=Decimal(10**9))
        self.house, self.me = default_warehouse(), self.cast.admin
        self.bins = list(self.house.places.filter(kind=Place.Kind.BIN).order_by("pick_order", "code")[:2])
        bolt, plate = make_product(f"BOLT{serial}", cost="1.5"), make_product(f"PLATE{serial}", cost="10")
        hinge = make_product(f"HINGE{serial}", supply="make", cost="20")
        make_bom(hinge, (plate, "1"), (bolt, "2"))
        self.products = {"bolt": bolt, "plate": plate, "hinge": hinge}
        self.supplier = Supplier.objects.create(code=f"S{serial}", name="厂")
        put_in_stock(bolt, bolts, cost="1.5")
        put_in_stock(plate, plates, cost="9.99")
        self.enter_an_order([("bolt", bolts), ("plate", Decimal(2))], 1, "alpha")
        self.enter_an_order([("hinge", Decimal(3))], 0, "beta")
        self.buy("bolt", Decimal(9), "3.333")

    # How acts are tried

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do it; when it is refused, nothing has changed. Returns None for a refusal."""
        before = fingerprint()
        try:
            with transaction.atomic():
                return act()
        except BusinessError as refusal:
            assert str(refusal.message)
            assert fingerprint() == before, refusal
            return None

    def attempt_twice(self, act: Callable[[], Any]) -> None:
        """Do it, and once more as a browser or carrier that repeats itself: the second time changes nothing."""
        if self.attempt(act) is not None:
            after = fingerprint()
            act()
            assert fingerprint() == after

    def once_only(self, act: Callable[[], Any]) -> None:
        """Do it, and once more: the second time is refused."""
        self.attempt(act)
        assert self.attempt(act) is None

    @staticmethod
    def nth(rows: Sequence[Row], which: int) -> Row | None:
        return rows[which % len(rows)] if rows else None

    def order(self, which: int, *statuses: str) -> SalesOrder | None:
        return self.nth(SalesOrder.objects.filter(status__in=statuses).order_by("-id"), which)

    # Selling

    @rule(
        lines=st.lists(st.tuples(PRODUCT, PIECES), min_size=1, max_size=2),
        priority=st.integers(0, 2),
        customer=st.sampled_from(["alpha", "beta"]),
    )
    def enter_an_order(self, lines: list[tuple[str, Decimal]], priority: int, customer: str) -> None:
        rows = [(self.products[name], quantity) for name, quantity in lines]
        order = make_order(*rows, customer=getattr(self.cast, customer), by=self.me, priority=priority)
        order.refresh_from_db()
        if order.status == Status.PENDING:
            self.attempt(lambda: orders.decide(order, True, by=self.me))

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        if order := self.order(which, *SalesOrder.FULFILLING, Status.PENDING):
            self.once_only(lambda: advance(order, "cancel", by=self.me, note="客户取消"))

    @rule(which=WHICH, at=BIN, quantity=st.integers(1, 12).map(Decimal))
    def amend(self, which: int, at: int, quantity: Decimal) -> None:
        def act() -> Any:
            lines = list(order.lines.select_related("product"))
            rows = [orders.keep(line) for line in lines]
            rows[at % len(rows)] = orders.keep(lines[at % len(rows)], quantity=quantity)
            change = orders.propose(order, by=self.me, version=order.version, lines=rows, reason="客户来电")
            orders.submit(change, by=self.me)
            if change.status == "submitted":
                orders.decide_amendment(change, True, by=self.me)
            return change

        if order := self.order(which, *SalesOrder.FULFILLING):
            self.attempt(act)

    @rule(which=WHICH, quantity=PIECES)
    def split(self, which: int, quantity: Decimal) -> None:
        if order := self.order(which, *SalesOrder.FULFILLING, Status.PENDING):
            line, version = order.lines.order_by("id").last(), order.version
            self.once_only(lambda: split_order(order, {line.pk: quantity}, by=self.me, version=version))

    @rule(which=WHICH)
    def merge(self, which: int) -> None:
        found = list(SalesOrder.objects.filter(status__in=SalesOrder.FULFILLING).order_by("-id")[:8])
        if order := self.nth(found, which):
            others = [one for one in found if one.customer_id == order.customer_id and one != order][:1]
            version = order.version
            self.attempt(lambda: merge_orders(order, others, by=self.me, version=version))

    @rule(which=WHICH)
    def hold_or_let_go(self, which: int) -> None:
        if order := self.order(which, *SalesOrder.FULFILLING):
            if order.hold_reason:
                self.attempt(lambda: orders.release_hold(order, by=self.me) or True)
            else:
                self.attempt(lambda: orders.hold(order, by=self.me, reason="等款") or True)

    @rule(which=WHICH, share=SHARE)
    def free_some(self, which: int, share: Decimal) -> None:
        if order := self.order(which, *SalesOrder.FULFILLING):
            back = {line.pk: (line.reserved - line.picked + line.shipped) * share for line in order.lines.all()}
            parts = {pk: quantity.to_integral_value() for pk, quantity in back.items() if quantity >= 1}
            self.attempt(lambda: orders.unreserve(order, parts, by=self.me, reason="test") or True)

    @rule(which=WHICH, then_hold=st.booleans())
    def release_the_rest(self, which: int, then_hold: bool) -> None:
        if order := self.order(which, *SalesOrder.FULFILLING):
            self.attempt(lambda: orders.release_rest(order, by=self.me, reason="推迟", then_hold=then_hold))

    @rule(which=WHICH, other=WHICH, quantity=PIECES)
    def take_from_another(self, which: int, other: int, quantity: Decimal) -> None:
        lines = OrderLine.objects.filter(order__status__in=SalesOrder.FULFILLING).order_by("-id")
        target = self.nth([line for line in lines if line.short > 0], which)
        source = target and self.nth(lines.filter(product=target.product_id, reserved__gt=0), other)
        if target and source:
            self.attempt(lambda: orders.take_from(source, target, quantity, by=self.me, reason="急用"))

    @rule(which=WHICH)
    def give_back(self, which: int) -> None:
        if taking := self.nth(Taking.objects.order_by("-id"), which):
            self.attempt_twice(lambda: orders.give_back(taking, by=self.me))

    @rule(which=WHICH)
    def reserve_again(self, which: int) -> None:
        if order := self.order(which, *SalesOrder.FULFILLING):
            self.attempt_twice(lambda: orders.reallocate(order, by=self.me) or True)

    @rule()
    def serve_who_waits(self) -> None:
        products = [product.pk for product in self.products.values()]
        orders.allocate_waiting(products, warehouse_id=self.house.pk, by=None)
        after = fingerprint()
        assert orders.allocate_waiting(products, warehouse_id=self.house.pk, by=None) == []
        assert fingerprint() == after

    # Out of the door

    @rule(which=WHICH)
    def open_pick_list(self, which: int) -> None:
        if order := self.order(which, *SalesOrder.FULFILLING):
            self.attempt(lambda: shipping.open_pick_list(order, by=self.me))

    @rule(which=WHICH, share=SHARE)
    def pick(self, which: int, share: Decimal) -> None:
        if found := self.nth(PickList.objects.filter(status="open").order_by("-id"), which):
            lines = list(found.lines.order_by("id"))
            picked = {lines[0].pk: (lines[0].wanted * share).to_integral_value()} if lines else {}
            self.attempt(lambda: shipping.confirm_pick(found, picked=picked, by=self.me))

    @rule(which=WHICH)
    def unpick(self, which: int) -> None:
        if found := self.nth(PickList.objects.filter(status__in=["open", "picked"]).order_by("-id"), which):
            self.attempt(lambda: shipping.move(found, "cancel", by=self.me, note="放回"))

    @rule(which=WHICH)
    def pack(self, which: int) -> None:
        if found := self.nth(PickList.objects.filter(status="picked").order_by("-id"), which):
            self.attempt_twice(lambda: shipping.pack(found, parcels=None, by=self.me))

    @rule(which=WHICH)
    def unpack(self, which: int) -> None:
        if found := self.nth(Shipment.objects.filter(status="packed").order_by("-id"), which):
            self.once_only(lambda: shipping.move(found, "cancel", by=self.me, note="拆包"))

    @rule(which=WHICH)
    def hand_over(self, which: int) -> None:
        def act() -> Any:
            numbers = {parcel.pk: f"T{found.pk}-{parcel.position}" for parcel in found.parcels.all()}
            service = CarrierService.objects.select_related("carrier").order_by("id").first()
            return shipping.hand_over(found, service=service, tracking=numbers, by=self.me)

        if found := self.nth(Shipment.objects.filter(status="packed").order_by("-id"), which):
            self.attempt(act)

    @rule(which=WHICH, quantity=PIECES, sellable=st.booleans())
    def come_back(self, which: int, quantity: Decimal, sellable: bool) -> None:
        def act() -> Any:
            lines = {order.lines.order_by("id").first().pk: quantity}
            request = request_return(order, lines=lines, reason=ReturnRequest.Reason.values[0], text="退", by=self.me)
            advance(request, "approve", by=self.me)
            rows = {row.pk: row.quantity for row in request.lines.all()}
            return receive_return(request, received=rows, sellable=list(rows) if sellable else [], by=self.me)

        shipped = SalesOrder.objects.filter(lines__shipped__gt=0).distinct().order_by("-id")
        if order := self.nth(shipped, which):
            self.attempt(act)

    # Buying and making

    @rule(product=st.sampled_from(["bolt", "plate"]), quantity=PIECES, price=st.sampled_from(["1", "3.333", "0"]))
    def buy(self, product: str, quantity: Decimal, price: str) -> None:
        line = PurchaseInput(self.products[product], quantity, Decimal(price))
        order = create_purchase_order(supplier=self.supplier, warehouse=self.house, lines=[line], by=self.me)
        self.attempt(lambda: advance(order, "place", by=None))

    @rule(which=WHICH, quantity=PIECES, held=st.booleans(), rejected=st.integers(0, 1).map(Decimal))
    def receive(self, which: int, quantity: Decimal, held: bool, rejected: Decimal) -> None:
        order = self.nth([one for one in PurchaseOrder.objects.order_by("-id") if one.is_open], which)
        if order is None:
            return
        line, key = order.lines.get(), f"receive-{next(_numbers)}"
        place = quarantine_place(self.house) if held else self.bins[0]
        arrival = Arrival(quantity, rejected=Decimal(0) if held else min(rejected, quantity), reason="坏")
        self.attempt_twice(lambda: receive(order, quantities={line.pk: arrival}, place=place, by=self.me, key=key))

    @rule(which=WHICH, quantity=PIECES, bad=st.booleans())
    def inspect(self, which: int, quantity: Decimal, bad: bool) -> None:
        if receipt := self.nth(GoodsReceipt.objects.filter(status="posted").order_by("-id"), which):
            row, key = receipt.lines.get(), f"inspect-{next(_numbers)}"
            finding = Finding(Decimal(0) if bad else quantity, quantity if bad else Decimal(0), "看过", self.bins[1])
            self.attempt_twice(lambda: inspect(receipt.order, findings={row.pk: finding}, by=self.me, key=key))

    @rule(which=WHICH, quantity=PIECES, at=st.sampled_from([0, 1, 2]))
    def send_back(self, which: int, quantity: Decimal, at: int) -> None:
        if receipt := self.nth(GoodsReceipt.objects.filter(status="posted").order_by("-id"), which):
            rows, place = {receipt.lines.get().pk: quantity}, [*self.bins, quarantine_place(self.house)][at]
            more = {"place": place, "reason": "坏", "by": self.me, "key": f"back-{next(_numbers)}"}
            self.attempt_twice(lambda: return_to_supplier(receipt.order, quantities=rows, **more))

    @rule(which=WHICH)
    def start_making(self, which: int) -> None:
        if work := self.nth(ProductionOrder.objects.filter(status="planned").order_by("-id"), which):
            self.once_only(lambda: production.move(work, "start", by=self.me))

    @rule(which=WHICH, good=st.integers(0, 6).map(Decimal), scrap=st.integers(0, 1).map(Decimal))
    def report(self, which: int, good: Decimal, scrap: Decimal) -> None:
        if work := self.nth(ProductionOrder.objects.filter(status="in_progress").order_by("-id"), which):
            key = f"report-{next(_numbers)}"
            self.attempt_twice(
                lambda: production.report(work, good=good, scrap=scrap, minutes=Decimal(3), by=self.me, key=key)
            )

    @rule(which=WHICH)
    def stop_making(self, which: int) -> None:
        if work := self.nth(ProductionOrder.objects.filter(status__in=["planned", "in_progress"]), which):
            self.once_only(lambda: production.move(work, "cancel", by=self.me, note="停产"))

    # In the house

    @rule(product=PRODUCT, at=BIN, counted=st.integers(0, 12).map(Decimal))
    def count(self, product: str, at: int, counted: Decimal) -> None:
        one, key = self.products[product], f"count-{next(_numbers)}"
        self.attempt_twice(
            lambda: adjust_stock(one, self.bins[at], counted=counted, reason="盘点", by=self.me, key=key) or True
        )

    @rule(product=PRODUCT, at=BIN, quantity=PIECES)
    def move_to_the_other_bin(self, product: str, at: int, quantity: Decimal) -> None:
        source, target = self.bins[at], self.bins[1 - at]
        move = Movement(self.products[product].pk, source.pk, target.pk, quantity, f"move-{next(_numbers)}")
        self.attempt_twice(lambda: post_moves([move], document=None, by=self.me) or True)

    # What is always true

    @invariant()
    def the_books_are_true(self) -> None:
        if hasattr(self, "house"):
            self.check_balances()
            self.check_value()
            assert [said for path in SOURCES for said in import_string(path)()] == []

    @staticmethod
    def check_balances() -> None:
        """Nothing is less than nothing, nothing promised twice, nothing left of the value of what is gone."""
        for item in StockItem.objects.all():
            assert 0 <= item.reserved <= item.on_hand, item
        for cost in ProductCost.objects.all():
            assert cost.quantity >= 0 and cost.value >= 0, cost
            assert cost.quantity or not cost.value, cost
        assert not Reservation.objects.filter(quantity__lte=0).exists()

    @staticmethod
    def check_value() -> None:
        """What came in less what went out is what lies there, to the cent."""
        inside = sum(cost.value for cost in ProductCost.objects.all())
        moves = StockMove.objects.select_related("source", "target")
        came = sum(move.value for move in moves if move.source.kind not in Place.HOUSE)
        left = sum(move.value for move in moves if move.target.kind not in Place.HOUSE)
        assert came - left == inside
