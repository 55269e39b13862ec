"""Automatic checks of an order (订单校验): small functions in one registry, each with one finding.

A finding passes, warns (a person must look) or blocks (cannot be approved until mended).
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.money import ZERO
from erp.overdue import Overdue, overdue_of
from erp.workdays import add_workdays
from inventory.models import Product
from inventory.promise import promises
from inventory.selectors import StockFigures, stock_figures
from orders.models import ChannelCheck, DiscountFloor, OrderCheck, OrderLine, OrderLink, SalesOrder

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
    def rules(self) -> dict[str, str]:
        """What the order's channel makes of findings, by check. One query."""
        return dict(ChannelCheck.objects.filter(channel=self.order.channel_id).values_list("code", "severity"))

    @cached_property
    def reachable(self) -> bool:
        """Whether there is somebody to call. One query where the order itself does not say."""
        if self.order.ship_to.get("phone", "").strip():
            return True
        return self.customer.contacts.exclude(phone="").exists()

    @cached_property
    def overdue(self) -> Overdue | None:
        """What the customer owes past its day. One query."""
        return overdue_of([self.order.customer_id]).get(self.order.customer_id)

    @cached_property
    def short(self) -> list[tuple[Product, Decimal]]:
        """Products of which stock does not cover what is still to be reserved, with all that is needed."""
        needs: dict[Product, Decimal] = {}
        for line in self.lines:
            if line.product.is_stocked:
                needs[line.product] = needs.get(line.product, ZERO) + line.to_ship - line.reserved
        return [(product, need) for product, need in needs.items() if need > self.stock[product.pk].available]

    @cached_property
    def ready_on(self) -> dict[int, dt.date]:
        """By product that stock does not cover: when all of it can be there. Three queries where there is one."""
        if not self.short:
            return {}
        today = timezone.localdate()
        found = promises(self.short, warehouse_id=self.order.warehouse_id, today=today)
        return {promise.product.pk: promise.day for promise in found}

    def ready_after_lead_times(self) -> dict[int, dt.date]:
        """The same without a query, by lead times alone: for imports of thousands."""
        today = timezone.localdate()
        return {product.pk: add_workdays(today, product.lead_days) for product, _need in self.short}

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


def check_data(facts: Facts) -> Finding:
    """The order can be worked on."""
    edit = f"/orders/{facts.order.number}/edit/"
    if not facts.lines:
        return Finding(Severity.BLOCK, "no_lines", fix_url=edit)
    if gone := [line.product for line in facts.lines if not line.product.is_active]:
        return Finding(Severity.WARN, "product_inactive", {"products": _skus(gone)}, edit)
    if not facts.reachable:
        return Finding(Severity.WARN, "contact_missing", fix_url=f"/orders/customers/{facts.customer.code}/")
    return Finding(Severity.PASS, "ok")


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
    """What stock does not cover is to be made or bought."""
    if not facts.short:
        return Finding(Severity.PASS, "ok")
    finding = "stock_to_make" if any(p.supply == Product.Supply.MAKE for p, _need in facts.short) else "stock_to_buy"
    return Finding(Severity.PASS, finding, {"products": _skus(product for product, _need in facts.short)})


def check_date(facts: Facts) -> Finding:
    """Everything can be there by the promised date: from stock, from what comes in, from production or suppliers."""
    edit, promised = f"/orders/{facts.order.number}/edit/", facts.order.promised_date
    if promised < timezone.localdate():
        return Finding(Severity.WARN, "date_past", {"date": promised.isoformat()}, edit)
    late = [product for product, _need in facts.short if facts.ready_on.get(product.pk, promised) > promised]
    if not late:
        return Finding(Severity.PASS, "ok")
    ready = max(facts.ready_on[product.pk] for product in late)
    values = {"date": promised.isoformat(), "ready": ready.isoformat(), "products": _skus(late)}
    return Finding(Severity.WARN, "date_late", values, edit)


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


def check_overdue(facts: Facts) -> Finding:
    """The customer has paid what is due."""
    if (late := facts.overdue) is None:
        return Finding(Severity.PASS, "ok")
    values = {"amount": f"{late.amount:,.2f}", "days": late.days}
    return Finding(Severity.WARN, "overdue", values, f"/finance/customers/{facts.customer.code}/")


def check_duplicate(facts: Facts) -> Finding:
    """The same order was not entered twice."""
    if facts.twin is not None:
        return Finding(Severity.WARN, "duplicate_like", {"number": facts.twin}, fix_url=f"/orders/{facts.twin}/")
    return Finding(Severity.PASS, "ok")


CHECKS: dict[str, Callable[[Facts], Finding]] = {
    "data": check_data,
    "customer": check_customer,
    "address": check_address,
    "price": check_price,
    "stock": check_stock,
    "date": check_date,
    "credit": check_credit,
    "overdue": check_overdue,
    "duplicate": check_duplicate,
}


def findings(facts: Facts, *, at: dt.datetime) -> list[OrderCheck]:
    """What every check finds in these facts as the order's channel takes it, not saved yet."""
    found = {code: _taken(code, check, facts) for code, check in CHECKS.items()}
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


def _taken(code: str, check: Callable[[Facts], Finding], facts: Facts) -> Finding:
    """A finding with the severity that the channel gives it."""
    rule = facts.rules.get(code)
    if rule == ChannelCheck.Severity.OFF:
        return Finding(Severity.PASS, "off")
    finding = check(facts)
    return replace(finding, severity=rule) if rule and finding.severity != Severity.PASS else finding


def run_checks(order: SalesOrder) -> list[OrderCheck]:
    """Run every check and keep the findings; those of an earlier run are replaced. About a dozen queries."""
    return OrderCheck.objects.bulk_create(
        findings(Facts(order), at=timezone.now()),
        update_conflicts=True,
        unique_fields=["order", "code"],
        update_fields=["severity", "finding", "values", "fix_url", "at"],
    )
