"""The floor: buying and receiving, making, picking and packing, and the carrier's scans."""

import datetime as dt
import random
from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.utils import timezone

from demo.simulation.clock import Clock
from erp.errors import BusinessError
from erp.workflow import advance
from inventory.models import Product, PurchaseOrder, SupplierPrice, SupplyRequest
from inventory.selectors import stock_figures
from inventory.services import default_warehouse, receiving_place
from inventory.services.buying import PurchaseInput, create_purchase_order
from inventory.services.receiving import receive
from orders.models import SalesOrder
from production.models import ProductionOrder
from production.services import move, report
from shipping.models import CarrierService, Parcel, PickList, Shipment
from shipping.services import confirm_pick, hand_over, open_pick_list, pack, proposals, record_event

ROUTE = [
    (Parcel.State.COLLECTED, "快件已由网点揽收", 0.2),
    (Parcel.State.IN_TRANSIT, "快件已到达转运中心", 0.8),
    (Parcel.State.OUT_FOR_DELIVERY, "快递员正在派送", 1.6),
    (Parcel.State.DELIVERED, "已签收，签收人：本人", 2.0),
]


class Floor:
    """What people do in the halls, each by their own role."""

    def __init__(self, clock: Clock, team: Any, rng: random.Random, ids: set[int]) -> None:
        self.clock, self.team, self.rng, self.ids = clock, team, rng, ids
        self.warehouse = default_warehouse()
        self.prices = {row.product_id: row for row in SupplierPrice.objects.select_related("supplier", "product__unit")}
        self.services = list(CarrierService.objects.select_related("carrier").order_by("id"))

    def buy_and_receive(self) -> None:
        """Order what is short or below its reorder point; take in what suppliers bring."""
        if self.clock.now.hour < 12:
            self._buy()
        self._receive()

    def _buy(self) -> None:
        figures = stock_figures(self.prices, self.warehouse.pk)
        short: dict[int, Decimal] = defaultdict(Decimal)
        for request in SupplyRequest.objects.filter(status="open", supply=Product.Supply.BUY):
            short[request.product_id] += request.quantity - request.covered
        orders: dict[Any, list[PurchaseInput]] = defaultdict(list)
        for product_id, price in self.prices.items():
            figure = figures[product_id]
            needed = short[product_id] + price.product.reorder_point - figure.available - figure.incoming
            if needed > 0:
                quantity = (needed + price.product.reorder_point).to_integral_value()
                orders[price.supplier].append(PurchaseInput(product=price.product, quantity=max(quantity, Decimal(1))))
        for supplier, lines in orders.items():
            self.clock.work(2, 6)
            order = create_purchase_order(
                supplier=supplier, warehouse=self.warehouse, lines=lines, by=self.team["purchasing"]
            )
            if order.needs_approval:
                advance(order, "submit", by=self.team["purchasing"])
                advance(order, "approve", by=self.team["manager"])
            else:
                advance(order, "place", by=self.team["purchasing"])

    def _receive(self) -> None:
        today = timezone.localdate()
        place = receiving_place(self.warehouse)
        for order in PurchaseOrder.objects.filter(status__in=PurchaseOrder.OPEN, expected_on__lte=today).order_by("id"):
            if self.rng.random() < 0.3:
                continue
            lines = list(order.lines.outstanding())
            part = self.rng.random() < 0.15
            quantities = {
                line.pk: (line.outstanding / 2).to_integral_value()
                if part and line.outstanding > 10
                else line.outstanding
                for line in lines
            }
            self.clock.work()
            receive(order, quantities=quantities, place=place, by=self.team["warehouse"])

    def make(self) -> None:
        """Start what can be started and report what was made; now and then something is scrap."""
        for order in ProductionOrder.objects.filter(status="planned").order_by("-priority", "due", "id"):
            if self.rng.random() < 0.35:
                continue
            try:
                move(order, "start", by=self.team["planner"])
            except BusinessError:
                continue
            self.clock.work(1, 3)
        for order in ProductionOrder.objects.filter(status="in_progress").order_by("-priority", "due", "id"):
            if self.rng.random() < 0.35:
                continue
            self._report(order)

    def _report(self, order: ProductionOrder) -> None:
        remaining = order.remaining
        good = remaining if remaining < 40 or self.rng.random() < 0.5 else (remaining / 2).to_integral_value()
        scrap = Decimal(1) if good > 20 and self.rng.random() < 0.15 else Decimal(0)
        self.clock.work(1, 3)
        try:
            report(
                order,
                good=good,
                scrap=scrap,
                minutes=(good * Decimal(3)).quantize(Decimal(1)),
                by=self.team["planner"],
                key=f"simulated-{order.pk}-{order.good}-{order.scrap}",
            )
        except BusinessError:
            return  # components for the scrap are missing; the next receipt brings them

    def pick_pack_hand_over(self) -> None:
        """Pick what is open, pack what is picked, give the carrier what is packed."""
        self._ship_in_part()
        self.pick()
        self.pack()
        self.hand_over()

    def pick(self, later: float = 0.3) -> None:
        """Take from the shelves; `later` is the share that is left for the next session."""
        for pick in PickList.objects.filter(order__in=self.ids, status="open").order_by("id"):
            if self.rng.random() >= later:
                self._pick(pick)

    def pack(self, later: float = 0.2) -> None:
        """Put what is picked into parcels."""
        for pick in PickList.objects.filter(order__in=self.ids, status="picked").order_by("id"):
            if self.rng.random() >= later:
                self.clock.work(1, 4)
                pack(pick, parcels=None, by=self.team["warehouse"])

    def hand_over(self, later: float = 0.25) -> None:
        """Give the carrier what is packed."""
        for shipment in Shipment.objects.filter(order__in=self.ids, status="packed").order_by("id"):
            if self.rng.random() >= later:
                self._hand_over(shipment)

    def _ship_in_part(self) -> None:
        """An order that has waited for days sends ahead what is there."""
        old = timezone.now() - dt.timedelta(days=4)
        waiting = SalesOrder.objects.filter(
            pk__in=self.ids, status__in=["approved", "in_production"], status_since__lt=old
        )
        for order in waiting.order_by("id"):
            if self.rng.random() > 0.12:
                continue
            try:
                open_pick_list(order, by=self.team["warehouse"])
            except BusinessError:
                continue  # nothing is there yet, or it is being picked already

    def _pick(self, pick: PickList) -> None:
        self.clock.work(2, 8)
        lines = list(pick.lines.all())
        picked = {line.pk: line.wanted for line in lines}
        if len(lines) > 1 and self.rng.random() < 0.02:
            picked[lines[0].pk] = Decimal(0)  # not where it should be: the order waits for it again
        confirm_pick(pick, picked=picked, by=self.team["warehouse"])

    def _hand_over(self, shipment: Shipment) -> None:
        self.clock.work(1, 4)
        proposed = proposals([shipment])[shipment.pk].service
        chance, other = self.rng.random(), self.rng.choice(self.services)
        # Now and then the driver is late, and now and then the customer comes with a van.
        service, reason = (other, "承运商车次已满，改发") if proposed is None or chance < 0.12 else (proposed, "")
        tracking = {
            parcel.pk: f"{service.carrier.code}{self.rng.randrange(10**5, 10**6)}{parcel.pk:07d}"
            for parcel in shipment.parcels.all()
        }
        hand_over(shipment, service=service, tracking=tracking, by=self.team["logistics"], reason=reason)

    def follow_parcels(self) -> None:
        """The carrier's scans arrive as its days go by."""
        now = timezone.now()
        under_way = Parcel.objects.filter(
            shipment__order__in=self.ids, shipment__status__in=["in_transit", "exception"]
        )
        for parcel in under_way.select_related("shipment__service", "carrier").order_by("id"):
            shipment = parcel.shipment
            if parcel.carrier.own_numbers:
                # Nobody scans what the customer fetches.
                self._scan(parcel, Parcel.State.DELIVERED, "客户已自提")
                continue
            if shipment.status == "exception":
                if self.rng.random() < 0.4:
                    advance(shipment, "resume", by=self.team["logistics"], note="已联系承运商重新派送")
                continue
            if parcel.state not in ("exception", "delivered") and self.rng.random() < 0.004:
                self._scan(parcel, Parcel.State.EXCEPTION, "收件人电话无人接听，派送失败")
                continue
            self._scan_due(parcel, (now - shipment.handed_over_at).total_seconds() / 86400)

    def _scan_due(self, parcel: Parcel, days: float) -> None:
        known = set(parcel.events.values_list("state", flat=True))
        pace = max(parcel.shipment.service.transit_days, 1) / 2
        for state, text, after in ROUTE:
            if state not in known and days >= after * pace:
                self._scan(parcel, state, text)

    def _scan(self, parcel: Parcel, state: str, text: str) -> None:
        record_event(
            parcel,
            state=state,
            text=text,
            at=timezone.now(),
            key=f"simulated-{parcel.pk}-{state}-{self.clock.now:%m%d%H}",
        )
