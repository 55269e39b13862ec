"""Many orders at once, from files and channels: the rules of `create_order`, a handful of statements per chunk.

What differs from entering one order: nobody is told of each order (the import's own page tells its result), and the
system approves afterwards, order by order, only what is recent (`approve_recent`).
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.bulk import copy_in
from erp.errors import BusinessError
from erp.models import Company, StatusChange, User
from erp.money import ZERO, LineAmounts, round_money
from erp.numbering import next_numbers
from erp.overdue import overdue_of
from inventory.models import Warehouse
from inventory.selectors import stock_figures
from inventory.services import default_warehouse
from orders.models import (
    Address,
    Channel,
    ChannelCheck,
    ChannelOrder,
    Contact,
    Customer,
    OrderCheck,
    OrderLine,
    SalesOrder,
)
from orders.services.approval import try_auto_approve
from orders.services.checks import DUPLICATE_DAYS, Facts, findings
from orders.services.customers import search_words
from orders.services.entry import LineInput, build_line, last_four_digits, ship_to_of, validate_lines
from orders.services.policies import ask
from orders.services.pricing import PriceAnswer, prices_for

# The followers of “create” in erp.process that this module stands in for; a test compares.
STANDS_IN_FOR = {
    "orders.services.check_new_order",
    "orders.services.ask_for_approval",
    "notifications.services.announce",
    "orders.services.try_auto_approve",
}

APPROVE_CHUNK = 500


@dataclass(frozen=True, slots=True)
class CustomerInput:
    """A customer as a file brings it. An empty code takes the next number."""

    name: str
    code: str = ""
    contact: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    street: str = ""


@dataclass(frozen=True, slots=True)
class BulkLine:
    """One line. `amount` (CNY) is what the source says it comes to, before tax or with it; None computes it."""

    line: LineInput
    amount: Decimal | None = None
    amount_has_tax: bool = False


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """One order of a channel. `ship_to` None takes the customer's address; `payload` is kept as the channel sent it."""

    customer: Customer
    lines: Sequence[BulkLine]
    external_number: str
    ordered_at: dt.datetime
    promised_date: dt.date
    ship_to: dict[str, str] | None = None
    customer_note: str = ""
    payload: Any = None


@dataclass(slots=True)
class Intake:
    """What became of a chunk: new orders, and the external numbers that were there already."""

    created: list[SalesOrder] = field(default_factory=list)
    lines: int = 0
    known: set[str] = field(default_factory=set)


def known_numbers(channel: Channel, external_numbers: Collection[str]) -> set[str]:
    """Which of the external numbers the channel has sent before. One query."""
    rows = SalesOrder.objects.filter(channel=channel, external_number__in=external_numbers)
    return set(rows.values_list("external_number", flat=True))


@transaction.atomic
def create_customers_bulk(inputs: Sequence[CustomerInput], *, by: User | None) -> list[Customer]:
    """Make customers with their contacts and addresses, in the order given; at most four statements.

    They belong to the person who imports them when that person sees only their own customers.
    """
    owner = by if by is not None and not by.has_perm("orders.view_all_orders") else None
    numbers = iter(next_numbers("CU", sum(not one.code for one in inputs)) if inputs else ())
    made = Customer.objects.bulk_create(
        [Customer(code=o.code or next(numbers), name=o.name, owner=owner, **search_words(o.name)) for o in inputs]
    )
    pairs = list(zip(made, inputs, strict=True))
    Contact.objects.bulk_create(
        [
            Contact(customer=row, name=(one.contact or one.name)[:60], phone=one.phone, is_default=True)
            for row, one in pairs
            if one.contact or one.phone
        ]
    )
    Address.objects.bulk_create(
        [
            Address(
                customer=row,
                recipient=(one.contact or one.name)[:60],
                phone=one.phone,
                province=one.province,
                city=one.city,
                street=one.street,
                is_default=True,
            )
            for row, one in pairs
            if one.street
        ]
    )
    return made


@transaction.atomic
def create_orders_bulk(
    orders: Sequence[BulkOrder], *, channel: Channel, by: User | None, warehouse: Warehouse | None = None
) -> Intake:
    """Enter many orders as 待处理: priced, totalled and checked as `create_order` does, about 20 statements in all.

    Orders whose external number the channel has sent before are left as they are. Raises BusinessError whose field is
    `<index>.lines.<index>.<column>`; then nothing is entered.
    """
    known = known_numbers(channel, [one.external_number for one in orders])
    fresh: dict[str, BulkOrder] = {}
    for index, one in enumerate(orders):
        _validate(index, one)
        if one.external_number not in known:
            fresh.setdefault(one.external_number, one)
    if not fresh:
        return Intake(known=known)
    house = warehouse or default_warehouse()
    rows, lines = _build(list(fresh.values()), channel=channel, by=by, warehouse=house)
    SalesOrder.objects.bulk_create(rows)
    for row, ours in zip(rows, lines, strict=True):
        for line in ours:
            line.order = row  # it has its key only now
    copy_in([line for ours in lines for line in ours])
    _record(rows, by=by)
    _check(rows, lines, warehouse=house)
    ask(rows, by=by, tell=False)
    ChannelOrder.objects.bulk_create(
        [
            ChannelOrder(channel=channel, external_number=one.external_number, payload=one.payload)
            for one in fresh.values()
            if one.payload is not None
        ],
        ignore_conflicts=True,
    )
    return Intake(created=rows, lines=sum(map(len, lines)), known=known)


def _validate(index: int, one: BulkOrder) -> None:
    if not one.external_number:
        raise BusinessError(_("The row has no order number."), field=f"{index}.external_number")
    if one.promised_date < timezone.localdate(one.ordered_at):
        raise BusinessError(_("The promised date lies before the order date."), field=f"{index}.promised_date")
    try:
        validate_lines([line.line for line in one.lines])
    except BusinessError as error:
        error.field = f"{index}.{error.field}"
        raise


def _build(
    orders: list[BulkOrder], *, channel: Channel, by: User | None, warehouse: Warehouse
) -> tuple[list[SalesOrder], list[list[OrderLine]]]:
    """The rows to insert. Three queries, and one for each price list and day that prices must be looked up for."""
    numbers = next_numbers("SO", len(orders))
    addresses = _addresses({one.customer.pk for one in orders if one.ship_to is None})
    answers = _price_answers(orders)
    default_tax = Company.current().default_tax_rate
    rows: list[SalesOrder] = []
    lines: list[list[OrderLine]] = []
    for number, one in zip(numbers, orders, strict=True):
        ship_to = one.ship_to if one.ship_to is not None else ship_to_of(addresses.get(one.customer.pk), one.customer)
        order = SalesOrder(
            number=number,
            customer=one.customer,
            channel=channel,
            external_number=one.external_number,
            salesperson_id=one.customer.owner_id or (by.pk if by else None),
            warehouse=warehouse,
            ordered_at=one.ordered_at,
            promised_date=one.promised_date,
            customer_note=one.customer_note,
            ship_to=ship_to,
            phone_last4=last_four_digits(ship_to.get("phone", "")),
            created_by=by,
        )
        ours = [
            _line(order, bulk, answers[id(bulk)], position=place, default_tax=default_tax)
            for place, bulk in enumerate(one.lines, start=1)
        ]
        order.untaxed = sum((line.untaxed for line in ours), ZERO)
        order.tax = sum((line.tax for line in ours), ZERO)
        order.total = order.untaxed + order.tax
        rows.append(order)
        lines.append(ours)
    return rows, lines


def _line(order: SalesOrder, bulk: BulkLine, answer: PriceAnswer, *, position: int, default_tax: Decimal) -> OrderLine:
    line = build_line(order, bulk.line, answer, position=position, default_tax=default_tax)
    if bulk.amount is not None:
        amounts = amounts_as_stated(bulk.amount, has_tax=bulk.amount_has_tax, tax_rate=line.tax_rate)
        line.untaxed, line.tax, line.total = amounts.untaxed, amounts.tax, amounts.total
    return line


def amounts_as_stated(amount: Decimal, *, has_tax: bool, tax_rate: Decimal) -> LineAmounts:
    """A line's amounts from what the source says it comes to, so that totals agree with the source to the cent."""
    amount = round_money(amount)
    if has_tax:
        untaxed = round_money(amount / (1 + tax_rate))
        return LineAmounts(untaxed=untaxed, tax=amount - untaxed, total=amount)
    tax = round_money(amount * tax_rate)
    return LineAmounts(untaxed=amount, tax=tax, total=amount + tax)


def _addresses(customer_ids: set[int]) -> dict[int, Address]:
    """Each customer's first address. One query."""
    rows = Address.objects.filter(customer_id__in=customer_ids).order_by("customer_id", "-is_default", "id")
    return {row.customer_id: row for row in rows.distinct("customer_id")}


def _price_answers(orders: list[BulkOrder]) -> dict[int, PriceAnswer]:
    """The price list's answer for every line, by identity; lines that bring their own price ask nothing."""
    answers: dict[int, PriceAnswer] = {}
    open_lines: dict[tuple[int | None, dt.date], list[tuple[Customer, BulkLine]]] = {}
    for one in orders:
        for bulk in one.lines:
            product = bulk.line.product
            if bulk.line.unit_price is not None or one.customer.price_list_id is None:
                answers[id(bulk)] = PriceAnswer(unit_price=product.list_price, list_price=product.list_price)
            else:
                key = (one.customer.price_list_id, timezone.localdate(one.ordered_at))
                open_lines.setdefault(key, []).append((one.customer, bulk))
    for (_list, day), group in open_lines.items():
        wanted = [(bulk.line.product, bulk.line.stock_quantity) for _customer, bulk in group]
        found = prices_for(group[0][0], wanted, on=day)
        answers.update({id(bulk): answer for (_c, bulk), answer in zip(group, found, strict=True)})
    return answers


def _record(rows: list[SalesOrder], *, by: User | None) -> None:
    """The first row of every order's timeline, as `record_creation` writes it."""
    copy_in(
        [
            StatusChange(
                document_type=SalesOrder._meta.label,
                document_id=row.pk,
                transition="create",
                target=row.status,
                by=by,
                at=row.status_since,
            )
            for row in rows
        ]
    )


def _check(rows: list[SalesOrder], lines: list[list[OrderLine]], *, warehouse: Warehouse) -> None:
    """Every check of every order from facts read once for all: seven queries."""
    now = timezone.now()
    stock = stock_figures({line.product_id for ours in lines for line in ours}, warehouse.pk)
    open_amounts = dict(
        SalesOrder.objects.filter(customer__in={row.customer_id for row in rows}, status__in=SalesOrder.FULFILLING)
        .values("customer_id")
        .annotate(open=Sum(F("total") - F("paid")))
        .values_list("customer_id", "open")
    )
    twins = _twins([row.pk for row in rows])
    rules: dict[int, dict[str, str]] = {}
    for channel, code, severity in ChannelCheck.objects.values_list("channel", "code", "severity"):
        rules.setdefault(channel, {})[code] = severity
    overdue = overdue_of({row.customer_id for row in rows})
    with_phone = Contact.objects.filter(customer__in={row.customer_id for row in rows}).exclude(phone="")
    called = set(with_phone.values_list("customer", flat=True))
    found: list[OrderCheck] = []
    for row, ours in zip(rows, lines, strict=True):
        facts = Facts(row)
        facts.lines, facts.stock = ours, stock
        facts.open_amount = open_amounts.get(row.customer_id, ZERO)
        facts.twin = twins.get(row.pk)
        facts.rules, facts.overdue = rules.get(row.channel_id, {}), overdue.get(row.customer_id)
        facts.reachable = bool(row.ship_to.get("phone")) or row.customer_id in called
        facts.ready_on = facts.ready_after_lead_times()
        found += findings(facts, at=now)
    copy_in(found)


def _twins(ids: list[int]) -> dict[int, str]:
    """For each new order, an earlier entered one of the same customer and amount from the days before. One query."""
    earlier = (
        SalesOrder.objects.filter(
            customer=OuterRef("customer"),
            total=OuterRef("total"),
            ordered_at__gte=OuterRef("ordered_at") - dt.timedelta(days=DUPLICATE_DAYS),
            ordered_at__lte=OuterRef("ordered_at"),
            pk__lt=OuterRef("pk"),
        )
        .exclude(status=SalesOrder.Status.CANCELLED)
        .order_by("-id")
    )
    rows = SalesOrder.objects.filter(pk__in=ids).annotate(twin=Subquery(earlier.values("number")[:1]))
    return dict(rows.exclude(twin=None).values_list("pk", "twin"))


def approve_recent(order_ids: Sequence[int], *, by: User | None) -> int:
    """Let the system approve those orders that its policy allows, each in its own transaction; returns how many."""
    approved = 0
    for start in range(0, len(order_ids), APPROVE_CHUNK):
        for order in _approvable(order_ids[start : start + APPROVE_CHUNK]):
            try:
                approved += try_auto_approve(order, change=None, by=by)
            except BusinessError:
                continue  # it stays 待处理 with its reasons, for a person
    return approved


def _approvable(ids: Sequence[int]) -> QuerySet[SalesOrder]:
    """Orders that may be approved without a person, as `try_auto_approve` will look at them again. One query."""
    rows = SalesOrder.objects.filter(pk__in=ids, status=SalesOrder.Status.PENDING, hold_reason="")
    doubtful = OrderCheck.objects.filter(order=OuterRef("pk")).exclude(severity=OrderCheck.Severity.PASS)
    limit = Coalesce("customer__auto_approve_limit", Company.current().auto_approve_limit)
    within = Q(customer__auto_approval=Customer.AutoApproval.COMPANY, total__lte=limit)
    rows = rows.filter(within | Q(customer__auto_approval=Customer.AutoApproval.ALWAYS))
    return rows.filter(~Exists(doubtful)).select_related("customer").order_by("pk")
