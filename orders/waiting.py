"""What an order waits for, in one sentence: the first question anybody asks about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp.web.formats import money, qty
from inventory.models import PurchaseLine, PurchaseOrder, SupplyRequest
from orders.models import OrderCheck, OrderLine, SalesOrder

HOLDER = "orders.OrderLine"


@dataclass(frozen=True, slots=True)
class Wait:
    """What an order waits for. `short` fits into a table cell; `tone` is the colour of its urgency."""

    short: str
    text: str
    tone: str = "grey"


@dataclass(frozen=True, slots=True)
class _Facts:
    """What was read about the orders of one page."""

    lines: dict[int, list[OrderLine]]
    blocking: dict[int, list[OrderCheck]]
    requests: dict[int, SupplyRequest]
    expected: dict[int, date]


def waits_for(orders: Iterable[SalesOrder]) -> dict[int, Wait]:
    """The sentence of each order by its id; at most four queries, however many orders."""
    found = list(orders)
    facts = _read(found)
    return {order.pk: _wait(order, facts) for order in found}


def _read(orders: list[SalesOrder]) -> _Facts:
    fulfilling = [order.pk for order in orders if order.status in SalesOrder.FULFILLING]
    pending = [order.pk for order in orders if order.status == SalesOrder.Status.PENDING]
    lines: dict[int, list[OrderLine]] = {}
    blocking: dict[int, list[OrderCheck]] = {}
    if fulfilling:
        for line in OrderLine.objects.filter(order_id__in=fulfilling).select_related("product"):
            lines.setdefault(line.order_id, []).append(line)
    if pending:
        checks = OrderCheck.objects.filter(order_id__in=pending).exclude(severity=OrderCheck.Severity.PASS)
        for check in checks:
            blocking.setdefault(check.order_id, []).append(check)
    short = [line for group in lines.values() for line in group if line.short > 0]
    requests, expected = _supply(short)
    return _Facts(lines=lines, blocking=blocking, requests=requests, expected=expected)


def _supply(short: list[OrderLine]) -> tuple[dict[int, SupplyRequest], dict[int, date]]:
    """The open need of each short line, and when each product is expected from suppliers."""
    if not short:
        return {}, {}
    open_needs = SupplyRequest.objects.filter(
        holder_type=HOLDER, holder_id__in=[line.pk for line in short], status=SupplyRequest.Status.OPEN
    )
    arriving = (
        PurchaseLine.objects.filter(
            product_id__in={line.product_id for line in short},
            order__status=PurchaseOrder.Status.PLACED,
            order__expected_on__isnull=False,
            received__lt=F("quantity"),
        )
        .values("product_id")
        .annotate(day=Min("order__expected_on"))
        .order_by()
    )
    return {need.holder_id: need for need in open_needs}, {row["product_id"]: row["day"] for row in arriving}


def _wait(order: SalesOrder, facts: _Facts) -> Wait:
    status = SalesOrder.Status
    if order.hold_reason and order.status in (status.PENDING, *SalesOrder.FULFILLING):
        return Wait(_("On hold"), _("On hold: %(reason)s") % {"reason": order.hold_reason}, "red")
    if order.status == status.PENDING:
        return _wait_for_approval(facts.blocking.get(order.pk, []))
    if order.status == status.REJECTED:
        return Wait(_("Correction"), _("Sales must correct it and resubmit it."), "red")
    if order.status in (status.APPROVED, status.IN_PRODUCTION):
        return _wait_for_goods([line for line in facts.lines.get(order.pk, []) if line.short > 0], facts)
    if order.status == status.READY_TO_SHIP:
        return _wait_for_warehouse(facts.lines.get(order.pk, []))
    if order.status == status.SHIPPED:
        return _wait_for_customer(order)
    return Wait("", "")


def _wait_for_approval(findings: list[OrderCheck]) -> Wait:
    blocking = [check.message for check in findings if check.severity == OrderCheck.Severity.BLOCK]
    if blocking:
        words = " ".join(blocking)
        return Wait(
            _("Check failed"), _("A check must be mended before approval: %(checks)s") % {"checks": words}, "red"
        )
    if findings:
        words = " ".join(check.message for check in findings)
        return Wait(_("To be approved"), _("Waits for approval. To be looked at: %(checks)s") % {"checks": words}, "amber")
    return Wait(_("To be approved"), _("Waits for approval."), "amber")


def _wait_for_goods(short: list[OrderLine], facts: _Facts) -> Wait:
    if not short:
        return Wait(_("Reservation"), _("Waits for its goods to be reserved."), "amber")
    sentences = [_missing(line, facts) for line in short]
    first = short[0]
    need = facts.requests.get(first.pk)
    making = need is not None and need.supply == "make"
    more = (
        ngettext("and %(num)s more", "and %(num)s more", len(short) - 1) % {"num": len(short) - 1} if short[1:] else ""
    )
    template = _("Being made: %(product)s") if making else _("Short: %(product)s")
    words = template % {"product": first.product.name}
    return Wait(f"{words} {more}".strip(), " ".join(sentences), "violet" if making else "amber")


def _missing(line: OrderLine, facts: _Facts) -> str:
    need = facts.requests.get(line.pk)
    values = {"product": line.description, "quantity": qty(line.short, line.unit)}
    if need is not None and need.supply == "make":
        return _("%(quantity)s of %(product)s are being made.") % values
    if day := facts.expected.get(line.product_id):
        return _("%(quantity)s of %(product)s are missing; a delivery is expected on %(day)s.") % {
            **values,
            "day": day.isoformat(),
        }
    return _("%(quantity)s of %(product)s are missing and must be bought.") % values


def _wait_for_warehouse(lines: list[OrderLine]) -> Wait:
    packed = sum((line.picked - line.shipped for line in lines), Decimal(0))
    left = sum((line.quantity - line.picked for line in lines), Decimal(0))
    if packed and not left:
        return Wait(_("Carrier"), _("Picked; waits to be packed and handed over to the carrier."), "cyan")
    if packed:
        return Wait(_("Picking"), _("Partly picked; the rest waits in the warehouse."), "cyan")
    if any(line.shipped for line in lines):
        return Wait(_("Picking"), _("Partly shipped; the rest is reserved and waits to be picked."), "cyan")
    return Wait(_("Picking"), _("Everything is reserved; waits to be picked."), "cyan")


def _wait_for_customer(order: SalesOrder) -> Wait:
    if order.delivered_at is None:
        return Wait(_("Delivery"), _("On its way to the customer."), "indigo")
    if order.settled_at is None:
        owed = money(order.outstanding, order.currency)
        return Wait(_("To be paid"), _("Delivered; %(amount)s are still to be paid.") % {"amount": owed}, "amber")
    return Wait("", "")
