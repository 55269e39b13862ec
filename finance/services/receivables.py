"""Receivables: what is billed, for how much, and what posting it books."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.errors import BusinessError
from erp.models import Company, StatusChange, User
from erp.money import ZERO, round_money
from erp.numbering import next_gapless
from erp.workflow import advance, lock, record_creation, require_writable
from finance import basics
from finance.ledger import post_entry, refuse_closed, voucher_text
from finance.models import Invoice, InvoiceLine
from finance.services.rights import require
from finance.services.stock import post_stock
from orders import services as orders
from orders.models import SalesOrder
from shipping.models import ParcelLine, Shipment

PREFIX = {Invoice.Kind.INVOICE: "INV", Invoice.Kind.CREDIT: "CN"}


@dataclass(frozen=True, slots=True)
class Amounts:
    """So many of a line and what they come to, before tax and tax, in the order's currency."""

    quantity: Decimal = ZERO
    untaxed: Decimal = ZERO
    tax: Decimal = ZERO

    def share(self, quantity: Decimal, *, taken: "Amounts") -> "Amounts":
        """What `quantity` more of this comes to when `taken` is gone already; the last piece takes the whole rest.

        So the parts always add up to the whole, to the cent.
        """
        left = self.quantity - taken.quantity
        rest = Amounts(left, self.untaxed - taken.untaxed, self.tax - taken.tax)
        if quantity == left:
            return rest
        ratio = quantity / left
        return Amounts(quantity, round_money(rest.untaxed * ratio), round_money(rest.tax * ratio))


def billed_of(order: SalesOrder, kind: str = Invoice.Kind.INVOICE) -> dict[int, Amounts]:
    """What is on the order's receivables (or credit notes), drafts included, by order line. One query."""
    rows = (
        InvoiceLine.objects.filter(invoice__order=order, invoice__kind=kind)
        .exclude(invoice__status=Invoice.Status.CANCELLED)
        .values("order_line_id")
        .annotate(q=Sum("quantity"), u=Sum("untaxed"), t=Sum("tax"))
    )
    return {row["order_line_id"]: Amounts(row["q"], row["u"], row["t"]) for row in rows}


def billed_lines(order: SalesOrder) -> dict[int, Amounts]:
    """What stays with an order when a part of it goes to another one: see `erp.splitting`. One query."""
    return billed_of(order)


@transaction.atomic
def post_shipment(document: Shipment, *, change: StatusChange, by: User | None) -> None:
    """Goods left: their cost leaves stock, and where the policy says so the customer owes (follower of “hand_over”)."""
    order = document.order
    lock(order)
    post_stock(document, change=change, by=by)
    source_key = f"shipment:{document.pk}"
    if not Company.current().invoice_on_shipment or Invoice.objects.filter(source_key=source_key).exists():
        return
    rows = ParcelLine.objects.filter(parcel__shipment=document).values("order_line_id").annotate(q=Sum("quantity"))
    invoice = bill(order, {row["order_line_id"]: row["q"] for row in rows}, source_key=source_key, by=by)
    post_invoice(invoice, by=None)


@transaction.atomic
def create_invoice(order: SalesOrder, *, by: User | None) -> Invoice:
    """Draft a receivable for everything that is shipped and on no receivable yet.

    Raises BusinessError when there is nothing to bill, NotPermitted without the right.
    """
    require(by, "finance.add_invoice")
    lock(order)
    require_writable(order, by=by)
    billed = billed_of(order)
    to_bill = {line.pk: line.shipped - billed.get(line.pk, Amounts()).quantity for line in order.lines.all()}
    wanted = {pk: quantity for pk, quantity in to_bill.items() if quantity > 0}
    if not wanted:
        raise BusinessError(
            _("Order %(order)s has nothing to bill: what was shipped is on a receivable already.")
            % {"order": order.number},
            hint=_("Ship goods first, or look at the order's receivables."),
            code="nothing_to_bill",
        )
    serial = Invoice.objects.filter(order=order).count() + 1
    return bill(order, wanted, source_key=f"order:{order.pk}:{serial}", by=by)


def bill(
    order: SalesOrder,
    quantities: Mapping[int, Decimal],
    *,
    source_key: str,
    by: User | None,
    kind: str = Invoice.Kind.INVOICE,
) -> Invoice:
    """Write a draft for quantities of the lines of a locked order: `{order line id: quantity}`.

    A receivable takes its share of the order line's amounts, a credit note its share of what was billed. Raises
    BusinessError when more is billed than was ordered, or more credited than was billed.
    """
    billed = billed_of(order)
    credited = billed_of(order, Invoice.Kind.CREDIT) if kind == Invoice.Kind.CREDIT else {}
    lines = []
    for line in order.lines.filter(pk__in=quantities).select_related("product"):
        done = billed.get(line.pk, Amounts())
        whole, taken = Amounts(line.quantity, line.untaxed, line.tax), done
        if kind == Invoice.Kind.CREDIT:
            whole, taken = done, credited.get(line.pk, Amounts())
        quantity = quantities[line.pk]
        if quantity > whole.quantity - taken.quantity:
            raise _too_much(kind, product=str(line.product), left=whole.quantity - taken.quantity, wanted=quantity)
        part = whole.share(quantity, taken=taken)
        lines.append(
            InvoiceLine(
                order_line=line,
                quantity=quantity,
                unit_price=line.unit_price,
                tax_rate=line.tax_rate,
                untaxed=part.untaxed,
                tax=part.tax,
            )
        )
    return _write(order, lines, source_key=source_key, by=by, kind=kind)


def _too_much(kind: str, *, product: str, left: Decimal, wanted: Decimal) -> BusinessError:
    words = {"product": product, "left": f"{left.normalize():f}", "wanted": f"{wanted.normalize():f}"}
    if kind == Invoice.Kind.CREDIT:
        return BusinessError(
            _("%(product)s: only %(left)s are billed and not credited yet, %(wanted)s are to be credited.") % words,
            hint=_("Post a receivable for what was shipped first, then credit the return."),
            code="not_billed",
        )
    return BusinessError(
        _("%(product)s: only %(left)s are left to bill, %(wanted)s are to be billed.") % words,
        hint=_("Look at the order's receivables: one may be a draft that should be discarded."),
        code="billed_already",
    )


def _write(order: SalesOrder, lines: list[InvoiceLine], *, source_key: str, by: User | None, kind: str) -> Invoice:
    untaxed = sum((line.untaxed for line in lines), ZERO)
    tax = sum((line.tax for line in lines), ZERO)
    invoice = Invoice.objects.create(
        kind=kind,
        customer_id=order.customer_id,
        order=order,
        source_key=source_key,
        currency=order.currency,
        rate=order.rate,
        untaxed=untaxed,
        tax=tax,
        total=untaxed + tax,
        created_by=by,
    )
    for line in lines:
        line.invoice = invoice
    InvoiceLine.objects.bulk_create(lines)
    record_creation(invoice, by=by)
    return invoice


@transaction.atomic
def post_invoice(invoice: Invoice, *, by: User | None) -> Invoice:
    """Make a draft count: the customer owes it (or is credited it) from now on.

    Locks the order before the receivable, as everywhere. Raises TransitionRefused or NotPermitted.
    """
    lock(invoice.order)
    advance(invoice, "post", by=by)
    return invoice


def book_invoice(document: Invoice, *, change: StatusChange, by: User | None) -> None:
    """Write a receivable or credit note to the ledger, the order and the customer's balance (follower of “post”)."""
    date = timezone.localdate(change.at)
    refuse_closed(date)
    sign = -1 if document.is_credit else 1
    document.invoice_date = date
    document.due_date = date if document.is_credit else date + dt.timedelta(days=document.customer.payment_days)
    document.save(update_fields=["invoice_date", "due_date"])
    untaxed = round_money(document.untaxed * document.rate)
    text = gettext_noop("Credit for order %(order)s") if document.is_credit else gettext_noop("Order %(order)s billed")
    post_entry(
        key=f"invoice:{document.pk}",
        date=date,
        text=voucher_text(text, order=document.order.number),
        document=document,
        lines=[
            (basics.RECEIVABLE, sign * document.value, document.customer),
            (basics.REVENUE, -sign * untaxed, None),
            (basics.OUTPUT_TAX, -sign * (document.value - untaxed), None),
        ],
        by=by,
    )
    if not document.is_credit:
        lines = document.lines.values_list("order_line_id", "quantity")
        orders.record_invoiced(document.order, dict(lines))
    orders.adjust_receivable(document.customer_id, sign * document.value)


def number_invoice(document: Invoice, *, change: StatusChange, by: User | None) -> None:
    """Give it its gap-free number, after everything else that locks (follower of “post”)."""
    document.number = next_gapless(PREFIX[Invoice.Kind(document.kind)])
    document.save(update_fields=["number"])
    if document.total == 0:
        advance(document, "settle", by=None)
