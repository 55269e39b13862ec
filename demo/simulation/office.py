"""The desks: sales, approval, finance, after-sales."""

import datetime as dt
import random
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils import timezone

from aftersales.models import ReturnRequest, ServiceCase
from aftersales.services import give_feedback, open_case, receive_return, request_return
from demo.simulation.clock import Clock
from erp.errors import BusinessError
from erp.workflow import advance
from finance.models import Invoice, Payment
from finance.services import allocate, record_payment
from inventory.models import Product
from orders.models import Channel, Customer, SalesOrder
from orders.services import LineInput, create_order

REJECTIONS = ["价格低于底价，请与客户确认", "交期太紧，请改期", "信用额度超出，请先收款", "收货地址不完整"]
WISHES = ["", "", "", "", "", "外箱贴客户唛头", "每 10 套一箱", "请附合格证", "表面不可有划痕"]
NOTES = ["", "", "", "送货前请电话联系", "请开增值税专用发票", "周末可收货", "需带叉车卸货"]
COMPLAINTS = [
    ("包装破损", "外箱压坏，两套面板有划痕"),
    ("少发配件", "其中一箱少螺丝包"),
    ("送货延迟", "比承诺晚到两天"),
]


class Office:
    """What people do at their desks, each by their own role."""

    def __init__(self, clock: Clock, team: Any, rng: random.Random, ids: set[int]) -> None:
        self.clock, self.team, self.rng, self.ids = clock, team, rng, ids
        self.customers = list(Customer.objects.filter(is_active=True).order_by("id"))
        self.products = list(
            Product.objects.filter(is_active=True, list_price__gt=0).select_related("unit").order_by("id")
        )
        self.channels = {channel.code: channel for channel in Channel.objects.all()}

    def enter_orders(self, count: int) -> None:
        """Sales types in what came by phone, web and from salesmen."""
        for _each in range(count):
            self.clock.work(3, 15)
            self.ids.add(self._enter().pk)

    def _enter(self) -> SalesOrder:
        rng = self.rng
        customer = rng.choice(self.customers)
        goods = [product for product in self.products if product.is_stocked and not product.sku.startswith("RM-")]
        chosen = rng.sample(goods, rng.choices([1, 2, 3, 4, 5, 6], [2, 4, 5, 4, 2, 1])[0])
        lines = [
            LineInput(
                product=product,
                quantity=self._quantity(product),
                unit_price=(product.list_price * Decimal("0.85")).quantize(Decimal("0.01"))
                if rng.random() < 0.04
                else None,
                wish=rng.choice(WISHES),
            )
            for product in chosen
        ]
        if rng.random() < 0.05:
            service = next(product for product in self.products if not product.is_stocked)
            lines.append(LineInput(product=service, quantity=Decimal(rng.randint(1, 20))))
        code = rng.choices(["phone", "web", "salesman", "email", "fax"], [5, 4, 4, 2, 1])[0]
        person = customer.owner if customer.owner_id else self.team["sales"]
        return create_order(
            customer=customer,
            channel=self.channels[code],
            lines=lines,
            by=person,
            promised_date=timezone.localdate() + dt.timedelta(days=rng.randint(4, 21)),
            priority=rng.choices([0, 5, 9], [8, 2, 1])[0],
            customer_note=rng.choice(NOTES),
        )

    def _quantity(self, product: Product) -> Decimal:
        """A plausible lot: cheap things by the thousand, dear ones by the piece."""
        worth = self.rng.choice([400, 900, 1800, 3600, 7000])
        if self.rng.random() < 0.08:
            worth *= 8
        raw = max(1, int(worth / max(product.list_price, Decimal("0.02"))))
        step = 1000 if raw > 5000 else 100 if raw > 500 else 10 if raw > 20 else 1
        return Decimal(max(step, raw // step * step))

    def _orders(self, *statuses: str) -> Iterable[SalesOrder]:
        return list(SalesOrder.objects.filter(pk__in=self.ids, status__in=statuses).order_by("id"))

    def approve(self, rejections: float = 0.07) -> None:
        """The approver looks at what the system did not approve by itself; a share is rejected."""
        for order in self._orders("pending"):
            if self.rng.random() < 0.45:
                continue
            self.clock.work(1, 6)
            if self.rng.random() < rejections:
                advance(order, "reject", by=self.team["approver"], note=self.rng.choice(REJECTIONS))
                continue
            try:
                advance(order, "approve", by=self.team["approver"])
            except BusinessError as refusal:
                advance(order, "reject", by=self.team["approver"], note=refusal.message)

    def correct_rejected(self) -> None:
        """Sales talks to the customer: most orders come again, some are given up."""
        for order in self._orders("rejected"):
            if self.rng.random() < 0.5:
                continue
            self.clock.work()
            move, note = ("cancel", "客户不再需要") if self.rng.random() < 0.25 else ("resubmit", "已与客户确认")
            advance(order, move, by=order.salesperson, note=note)

    def collect_money(self) -> None:
        """Customers pay around the due date; finance books and allocates."""
        today = timezone.localdate()
        due = Invoice.objects.filter(
            order__in=self.ids,
            kind=Invoice.Kind.INVOICE,
            status=Invoice.Status.POSTED,
            due_date__lte=today + dt.timedelta(days=25),
        ).select_related("customer")
        for invoice in list(due.order_by("id")):
            late = (today - invoice.due_date).days if invoice.due_date else 0
            if self.rng.random() > (0.10 if late < 0 else 0.35):
                continue
            self.clock.work(1, 4)
            self._pay(invoice)
        self._use_prepayments()

    def _pay(self, invoice: Invoice) -> None:
        amount, roll = invoice.outstanding, self.rng.random()
        if roll < 0.08:
            amount = (amount / 2).quantize(Decimal("0.01"))
        if amount <= 0:
            return
        record_payment(
            customer=invoice.customer,
            amount=amount,
            method=self.rng.choices(["bank", "alipay", "wechat", "draft"], [7, 1, 1, 1])[0],
            by=self.team["finance"],
            received_on=timezone.localdate(),
            reference=f"{timezone.localdate():%Y%m%d}{invoice.pk:06d}{self.rng.randrange(1000):03d}",
            allocations=[] if roll > 0.97 else [(invoice, amount)],
        )

    def _use_prepayments(self) -> None:
        for payment in Payment.objects.filter(status="posted", allocated__lt=F("amount")).order_by("id"):
            invoice = (
                Invoice.objects.filter(
                    customer=payment.customer_id, order__in=self.ids, kind="invoice", status="posted"
                )
                .order_by("due_date", "id")
                .first()
            )
            if invoice is not None and self.rng.random() < 0.5:
                amount = min(payment.unallocated, invoice.outstanding)
                allocate(payment, invoice=invoice, amount=amount, by=self.team["finance"])

    def look_after(self) -> None:
        """Returns, complaints and ratings."""
        week = timezone.now() - dt.timedelta(days=7)
        arrived = SalesOrder.objects.filter(pk__in=self.ids, delivered_at__gte=week)
        for order in arrived.filter(feedback=None).order_by("id"):
            roll = self.rng.random()
            if roll < 0.012:
                self._ask_for_return(order)
            elif roll < 0.02:
                subject, text = self.rng.choice(COMPLAINTS)
                open_case(
                    order, kind="complaint", subject=subject, text=text, severity="normal", by=self.team["service"]
                )
            elif roll < 0.06:
                give_feedback(order, stars=self.rng.choices([5, 4, 3, 2], [6, 3, 1, 1])[0], text="", by=None)
        self._work_returns()
        self._work_cases()

    def hear_customers(self) -> None:
        """This morning's returns and complaints; one of each is being worked on, the others wait."""
        arrived = SalesOrder.objects.filter(
            pk__in=self.ids, delivered_at__isnull=False, returns=None, service_cases=None
        )
        orders = list(arrived.order_by("-delivered_at", "-id")[:5])
        for order in orders[:3]:
            self._ask_for_return(order)
        for order, (subject, text) in zip(orders[3:], COMPLAINTS, strict=False):
            open_case(order, kind="complaint", subject=subject, text=text, severity="high", by=self.team["sales"])
        self.clock.work()
        new = ReturnRequest.objects.filter(order__in=orders, status="requested").order_by("id")
        if (first := new.first()) is not None:
            advance(first, "approve", by=self.team["service"])
        case = ServiceCase.objects.filter(order__in=orders, status="open").order_by("id").first()
        if case is not None:
            advance(case, "take", by=self.team["service"])

    def _ask_for_return(self, order: SalesOrder) -> None:
        if order.returns.exists():
            return
        line = order.lines.select_related("product").filter(product__kind="goods").order_by("id").first()
        if line is None or line.shipped <= line.returned:
            return
        quantity = max(Decimal(1), (line.shipped / 10).to_integral_value())
        request_return(
            order,
            lines={line.pk: min(quantity, line.shipped)},
            reason=self.rng.choice(["damaged", "quality", "wrong", "surplus"]),
            text="到货后检查发现问题，申请退货。",
            by=self.team["service"],
        )

    def _work_returns(self) -> None:
        for request in ReturnRequest.objects.filter(order__in=self.ids, status__in=ReturnRequest.OPEN).order_by("id"):
            if self.rng.random() < 0.6:
                continue
            self.clock.work()
            if request.status == "requested":
                if self.rng.random() < 0.15:
                    advance(request, "refuse", by=self.team["service"], note="超出退货期限")
                else:
                    advance(request, "approve", by=self.team["service"])
            elif request.status == "approved":
                lines = list(request.lines.all())
                sellable = {line.pk for line in lines if request.reason in ("wrong", "surplus")}
                receive_return(
                    request,
                    received={line.pk: line.quantity for line in lines},
                    sellable=sellable,
                    by=self.team["warehouse"],
                )
            else:
                advance(request, "close", by=self.team["finance"])

    def _work_cases(self) -> None:
        for case in ServiceCase.objects.filter(order__in=self.ids).exclude(status="resolved").order_by("id"):
            if self.rng.random() < 0.6:
                continue
            self.clock.work()
            move = "take" if case.status == "open" else "resolve"
            advance(case, move, by=self.team["service"], note="" if move == "take" else "已补发并致歉，客户满意")
