"""Merging orders (合单): open orders of one customer leave together as one, with all that is held for them.

The others end as 已取消 with the number of the order they went into; they keep their lines as they were, for the record,
and hold nothing any more. An order that people agreed to is merged only with others they agreed to, so that its stock
need not be given back; pending ones become one pending order, and people are asked about the whole.
"""

import datetime as dt
from collections.abc import Sequence
from copy import copy
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.models import StatusChange, User
from erp.money import ZERO
from erp.splitting import join_work
from erp.transactions import verb
from erp.workflow import advance, lock, require_writable, run_followers
from inventory.models import Product
from inventory.selectors import reservations_of
from inventory.services import date_needs, hand_over_reservations, readdress_needs
from orders.models import OrderLine, OrderLink, SalesOrder
from orders.services.checks import run_checks
from orders.services.entry import MAX_LINES, last_four_digits
from orders.services.fulfilment import HOLDER, refresh_status
from orders.services.policies import ask, note_in_timeline
from orders.services.revisions import keep_revision
from orders.services.splitting import refuse_stale

MERGEABLE = (SalesOrder.Status.PENDING, *SalesOrder.FULFILLING)
# What makes two lines the same thing at the same price.
SAME = (
    "product_id",
    "unit_price",
    "discount",
    "tax_rate",
    "wish",
    "description",
    "entered_unit",
    "factor",
    "entered_price",
)


def reason_against(order: SalesOrder, other: SalesOrder, *, touched: bool) -> str:
    """Why `other` cannot become part of `order`, in words; empty when it can. `touched`: goods were picked or billed."""
    values = {"number": other.number}
    reasons = (
        (other.customer_id != order.customer_id, _("%(number)s is another customer's.")),
        (other.status not in MERGEABLE, _("%(number)s is not open any more.")),
        (other.hold_reason, _("%(number)s is on hold.")),
        (touched, _("%(number)s is being picked, shipped or billed already.")),
        (other.paid, _("%(number)s is paid already, in part at least.")),
        (
            (other.currency, other.rate) != (order.currency, order.rate),
            _("%(number)s is in another currency or at another rate."),
        ),
        (other.warehouse_id != order.warehouse_id, _("%(number)s leaves from another warehouse.")),
        (
            (other.approved_at is None) != (order.approved_at is None),
            _("Only one of the two is approved: decide on the other one first, or %(number)s would lose its stock."),
        ),
    )
    return next((words % values for holds, words in reasons if holds), "")


def touched_ids(orders: QuerySet[SalesOrder] | Sequence[SalesOrder]) -> set[int]:
    """Which of the orders have lines that are picked, shipped or billed. One query."""
    rows = (
        OrderLine.objects.filter(order__in=orders).values("order_id").annotate(most=Max("picked"), bill=Max("invoiced"))
    )
    return {row["order_id"] for row in rows if row["most"] or row["bill"]}


def open_orders_beside(order: SalesOrder) -> QuerySet[SalesOrder]:
    """The customer's other open orders in the same currency, newest first."""
    rows = SalesOrder.objects.filter(customer=order.customer_id, status__in=MERGEABLE, currency=order.currency)
    return rows.exclude(pk=order.pk).order_by("-id")


def could_leave_together(order: SalesOrder) -> QuerySet[SalesOrder]:
    """Other orders that could become part of this one without a question: same address, warehouse and approval."""
    rows = open_orders_beside(order).filter(
        ship_to=order.ship_to,
        warehouse=order.warehouse_id,
        rate=order.rate,
        paid=0,
        hold_reason="",
        approved_at__isnull=order.approved_at is None,
    )
    if order.status not in MERGEABLE or order.hold_reason or order.paid:
        return rows.none()
    begun = OrderLine.objects.filter(Q(picked__gt=0) | Q(invoiced__gt=0))
    return rows.filter(~Exists(begun.filter(order=OuterRef("pk"))), ~Exists(begun.filter(order=order)))


@verb
def merge_orders(
    order: SalesOrder,
    others: Sequence[SalesOrder],
    *,
    by: User | None,
    version: int,
    combine: bool = True,
    promised_date: dt.date | None = None,
    ship_to: dict[str, str] | None = None,
    customer_note: str | None = None,
) -> SalesOrder:
    """Let `others` become part of `order`; `combine` makes one line of the same product at the same price.

    What is not given stays as it is with `order`. A repeat changes nothing. Raises BusinessError, NotPermitted.
    """
    if by is not None and not by.has_perm("orders.merge_salesorder"):
        raise NotPermitted(_("You do not have the right to merge orders."))
    ids = {order.pk, *(one.pk for one in others)}
    list(SalesOrder.objects.select_for_update().filter(pk__in=ids).order_by("id").values_list("pk"))
    lock(order)
    joined = list(SalesOrder.objects.filter(pk__in=ids - {order.pk}).order_by("id"))
    if joined and _merged_already(order, joined):
        return order
    for one in (order, *joined):
        require_writable(one, by=by)
    refuse_stale(order, version)
    _refuse(order, joined)
    keep_revision(order, by=by)
    _join_lines(order, joined, combine=combine, by=by)
    _write_header(order, joined, promised_date=promised_date, ship_to=ship_to, customer_note=customer_note)
    for one in joined:
        change = advance(one, "merge_away", by=None, note=f"→ {order.number}")
        _tell_merged_away(one, change, by=by)
        OrderLink.objects.create(kind=OrderLink.Kind.MERGE, source=one, target=order, by=by)
    note_in_timeline(order, "merge", by=by, note=f"← {'、'.join(one.number for one in joined)}")
    _settle(order, by=by)
    return order


def _tell_merged_away(order: SalesOrder, change: StatusChange, *, by: User | None) -> None:
    """The system moves it, but whoever merged must not hear of their own act."""
    news = copy(change)
    news.transition = "merged_away"
    run_followers(order, news.transition, change=news, by=by)


def _merged_already(order: SalesOrder, joined: Sequence[SalesOrder]) -> bool:
    links = OrderLink.objects.filter(kind=OrderLink.Kind.MERGE, target=order, source__in=joined)
    return links.count() == len(joined)


def _refuse(order: SalesOrder, joined: Sequence[SalesOrder]) -> None:
    if not joined:
        raise BusinessError(_("Choose at least one other order."), field="orders")
    touched = touched_ids([order, *joined])
    reasons = [reason_against(order, one, touched=one.pk in touched) for one in (order, *joined)]
    if found := [reason for reason in reasons if reason]:
        raise BusinessError(
            " ".join(found), hint=_("Leave it out, or clear what stands in the way first."), field="orders"
        )


def _join_lines(order: SalesOrder, joined: Sequence[SalesOrder], *, combine: bool, by: User | None) -> None:
    """Lines of the others become lines of the order; what is held for them goes with them, documents before stock."""
    mine = list(order.lines.select_related("product").order_by("position"))
    theirs = list(OrderLine.objects.filter(order__in=joined).select_related("product").order_by("order_id", "position"))
    into = _targets(order, mine, theirs, combine=combine)
    if len(mine) + len({id(one) for one in into if one.pk is None}) > MAX_LINES:
        raise BusinessError(_("An order has at most %(most)s lines.") % {"most": MAX_LINES}, field="orders")
    fresh = list({id(one): one for one in into if one.pk is None}.values())
    OrderLine.objects.bulk_create(fresh)
    OrderLine.objects.bulk_update(mine, ["quantity", "untaxed", "tax", "total", "reserved", "made"])
    goods = {line.pk: one.pk for line, one in zip(theirs, into, strict=True) if line.product.is_stocked}
    for ended, need in readdress_needs(goods, holder_type=HOLDER, document=order):
        if need.supply == Product.Supply.MAKE:
            join_work(ended, need)
    held = reservations_of(HOLDER, list(goods))
    parts = {(row.holder_id, goods[row.holder_id], row.item_id): row.quantity for row in held}
    hand_over_reservations(parts, holder_type=HOLDER, by=by, reason="merged")
    OrderLine.objects.filter(pk__in=[line.pk for line in theirs]).update(reserved=ZERO, made=ZERO)


def _targets(
    order: SalesOrder, mine: Sequence[OrderLine], theirs: Sequence[OrderLine], *, combine: bool
) -> list[OrderLine]:
    """The line of the order that each of the others' lines becomes, grown by it; a new one where none is the same."""
    known: dict[Any, OrderLine] = {_key(line): line for line in reversed(mine)} if combine else {}
    position = max((line.position for line in mine), default=0)
    found = []
    for line in theirs:
        target = known.get(_key(line))
        if target is None:
            target = copy(line)
            position += 1
            target.pk, target._state.adding, target.order, target.position = None, True, order, position
            if combine:
                known[_key(line)] = target
        else:
            for name in ("quantity", "untaxed", "tax", "total", "reserved", "made"):
                setattr(target, name, getattr(target, name) + getattr(line, name))
        found.append(target)
    return found


def _key(line: OrderLine) -> tuple[Any, ...]:
    return tuple(getattr(line, name) for name in SAME)


def _write_header(
    order: SalesOrder,
    joined: Sequence[SalesOrder],
    *,
    promised_date: dt.date | None,
    ship_to: dict[str, str] | None,
    customer_note: str | None,
) -> None:
    order.untaxed += sum((one.untaxed for one in joined), ZERO)
    order.tax += sum((one.tax for one in joined), ZERO)
    order.total = order.untaxed + order.tax
    order.priority = max(one.priority for one in (order, *joined))
    order.promised_date = promised_date or order.promised_date
    if ship_to is not None:
        order.ship_to, order.phone_last4 = ship_to, last_four_digits(ship_to.get("phone", ""))
    if customer_note is not None:
        order.customer_note = customer_note
    order.version += 1
    order.save()
    date_needs(order, needed_by=order.promised_date, priority=order.priority)


def _settle(order: SalesOrder, *, by: User | None) -> None:
    if order.status == SalesOrder.Status.PENDING:
        run_checks(order)
        ask([order], by=by, tell=True)
    else:
        refresh_status(order, by=by)
