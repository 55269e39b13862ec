"""Automatic checks of an order (订单校验): small functions in one registry, each with one finding.

A finding passes, warns (a person must look) or blocks (cannot be approved until mended).
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.money import ZERO
from inventory.models import Product
from inventory.selectors import StockFigures, stock_figures
from orders.models import DiscountFloor, OrderCheck, OrderLine, OrderLink, SalesOrder

Severity = OrderCheck.Severity
PRICE_TOLERANCE = Decimal("0.10")  # below the list price by more than this share: a person must look
DUPLICATE_DAYS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: a key of `orders.models.FINDINGS` with its values."""

    severity: str
    finding: str
    values: dict[str, Any] = field(default_factory=dict)
    fix_url: str = ""


class Facts:
    """What the checks look at, each read once."""

    def __init__(self, order: SalesOrder) -> None:
        self.order = order
        self.customer = order.customer

    @cached_property
    def lines(self) -> list[OrderLine]:
        """The order's lines with their products. One query."""
        return list(self.order.lines.select_related("product"))

    @cached_property
    def stock(self) -> dict[int, StockFigures]:
        """Stock of the lines' products. Two queries."""
        return stock_figures({line.product_id for line in self.lines}, self.order.warehouse_id)

    @cached_property
    def floor(self) -> DiscountFloor | None:
        """The most generous floor of the salesperson's roles; None where no role has one. One query."""
        floors = DiscountFloor.objects.filter(role__user=self.order.salesperson_id)
        return floors.order_by("-max_discount", "min_margin").first() if self.order.salesperson_id else None

    @cached_property
    def open_amount(self) -> Decimal:
        """What the customer's other open orders are worth and have not paid, in CNY. One query."""
        rows = SalesOrder.objects.filter(customer=self.customer, status__in=SalesOrder.FULFILLING)
        return rows.exclude(pk=self.order.pk).aggregate(open=Sum(F("total") - F("paid")))["open"] or ZERO

    @cached_property
    def kin(self) -> list[int]:
        """Parts of one order that was split are no duplicates of each other. One query, two where it was split."""
        links = OrderLink.objects.filter(kind=OrderLink.Kind.SPLIT)
        pairs = links.filter(Q(source=self.order.pk) | Q(target=self.order.pk)).values_list("source", "target")
        near = {pk for pair in pairs for pk in pair}
        return [*near, *links.filter(source__in=near).values_list("target", flat=True)] if near else []

    @cached_property
    def twin(self) -> str | None:
        """Number of an order of the same customer and amount from the days before, if there is one. One query."""
        order = self.order
        since = order.ordered_at - dt.timedelta(days=DUPLICATE_DAYS)
        return (
            SalesOrder.objects.filter(customer=order.customer_id, total=order.total, ordered_at__gte=since)
            .filter(ordered_at__lte=order.ordered_at)
            .exclude(pk__in=[order.pk, *self.kin])
            .exclude(status=SalesOrder.Status.CANCELLED)
            .order_by("-id")
            .values_list("number", flat=True)
            .first()
        )


def check_customer(facts: Facts) -> Finding:
    """The customer may buy."""
    if not facts.customer.is_active:
        return Finding(Severity.BLOCK, "customer_inactive", fix_url=f"/orders/customers/{facts.customer.code}/")
    return Finding(Severity.PASS, "ok")


def check_address(facts: Facts) -> Finding:
    """The goods can find their way."""
    if not any(line.product.is_stocked for line in facts.lines):
        return Finding(Severity.PASS, "ok")
    names = {"recipient": _("recipient"), "phone": _("phone"), "street": _("street")}
    missing = [name for key, name in names.items() if not facts.order.ship_to.get(key, "").strip()]
    if missing:
        return Finding(
            Severity.BLOCK,
            "address_incomplete",
            {"fields": "、".join(missing)},
            fix_url=f"/orders/{facts.order.number}/edit/",
        )
    return Finding(Severity.PASS, "ok")


def check_price(facts: Facts) -> Finding:
    """Nothing is given away by mistake."""
    edit = f"/orders/{facts.order.number}/edit/"
    if free := [line.product.sku for line in facts.lines if line.unit_price == 0 or line.discount == 1]:
        return Finding(Severity.WARN, "price_zero", {"products": "、".join(free)}, edit)
    # A rule of a price list is agreed already; what is typed by hand must stay above the salesperson's floor.
    typed = [line for line in facts.lines if not line.price_source]
    floor = facts.floor
    most = floor.max_discount if floor else PRICE_TOLERANCE
    if cheap := [line.product.sku for line in typed if _net(line) < line.list_price * (1 - most)]:
        return Finding(
            Severity.WARN, "discount_floor" if floor else "price_below_list", {"products": "、".join(cheap)}, edit
        )
    least = floor.min_margin if floor else None
    if least is not None and (thin := [line.product.sku for line in typed if _margin(line) < least]):
        return Finding(Severity.WARN, "margin_floor", {"products": "、".join(thin)}, edit)
    return Finding(Severity.PASS, "ok")


def _net(line: OrderLine) -> Decimal:
    return line.unit_price * (1 - line.discount)


def _margin(line: OrderLine) -> Decimal:
    """Share of the net price that is left over the standard cost."""
    net = _net(line)
    return (net - line.product.standard_cost) / net if net else -Decimal(1)


def check_stock(facts: Facts) -> Finding:
    """Everything can be there by the promised date: from stock, from production or from suppliers."""
    needs: dict[Product, Decimal] = {}
    for line in facts.lines:
        if line.product.is_stocked:
            needs[line.product] = needs.get(line.product, ZERO) + line.to_ship - line.reserved
    short = [(product, need) for product, need in needs.items() if need > facts.stock[product.pk].available]
    if not short:
        return Finding(Severity.PASS, "ok")
    today, promised = timezone.localdate(), facts.order.promised_date
    late = [product for product, _need in short if today + dt.timedelta(days=product.lead_days) > promised]
    if late:
        return Finding(Severity.WARN, "stock_late", {"date": f"{promised:%Y-%m-%d}", "products": _skus(late)})
    finding = "stock_to_make" if any(p.supply == Product.Supply.MAKE for p, _need in short) else "stock_to_buy"
    return Finding(Severity.PASS, finding, {"products": _skus(product for product, _need in short)})


def _skus(products: Iterable[Product]) -> str:
    return "、".join(product.sku for product in products)


def check_credit(facts: Facts) -> Finding:
    """What the customer owes and has ordered stays within the credit limit."""
    limit = facts.customer.credit_limit
    if limit is None:
        return Finding(Severity.PASS, "no_limit")
    left = limit - facts.customer.receivable - facts.open_amount - facts.order.outstanding
    if left < 0:
        return Finding(
            Severity.WARN,
            "credit_exceeded",
            {"limit": f"{limit:,.2f}", "excess": f"{-left:,.2f}"},
            fix_url=f"/orders/customers/{facts.customer.code}/",
        )
    return Finding(Severity.PASS, "credit_left", {"left": f"{left:,.2f}"})


def check_duplicate(facts: Facts) -> Finding:
    """The same order was not entered twice."""
    if facts.twin is not None:
        return Finding(Severity.WARN, "duplicate_like", {"number": facts.twin}, fix_url=f"/orders/{facts.twin}/")
    return Finding(Severity.PASS, "ok")


CHECKS: dict[str, Callable[[Facts], Finding]] = {
    "customer": check_customer,
    "address": check_address,
    "price": check_price,
    "stock": check_stock,
    "credit": check_credit,
    "duplicate": check_duplicate,
}


def findings(facts: Facts, *, at: dt.datetime) -> list[OrderCheck]:
    """What every check finds in these facts, not saved yet."""
    found = {code: check(facts) for code, check in CHECKS.items()}
    return [
        OrderCheck(
            order=facts.order,
            code=code,
            severity=one.severity,
            finding=one.finding,
            values=one.values,
            fix_url=one.fix_url,
            at=at,
        )
        for code, one in found.items()
    ]


def run_checks(order: SalesOrder) -> list[OrderCheck]:
    """Run every check and keep the findings; those of an earlier run are replaced. About eight queries."""
    return OrderCheck.objects.bulk_create(
        findings(Facts(order), at=timezone.now()),
        update_conflicts=True,
        unique_fields=["order", "code"],
        update_fields=["severity", "finding", "values", "fix_url", "at"],
    )
