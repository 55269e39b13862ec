"""What an order waits for, in one sentence: the first question anybody asks about it.

`waits_for` answers it for a page of orders and all their lines; the explainers are listed in `erp.waiting`. This app's
own explains what sales and approval do, and stock that others hold.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.models import Company
from erp.waiting import (
    APPROVAL,
    ASKING,
    CHECKING,
    GATHERING,
    PURCHASING,
    SALES,
    WAREHOUSE,
    Action,
    Cause,
    Inquiry,
    Rank,
    Said,
    Words,
    causes_of,
    of_line,
    people_by_role,
    tell,
)
from erp.web.formats import money, qty
from inventory.models import Product
from inventory.waiting import buy_action, lacking_lines, line_outlook
from orders.models import CHECK_LABELS, FINDINGS, ApprovalStep, OrderCheck, OrderLine, SalesOrder
from orders.models.approval import names_missing
from orders.models.order import is_read

HOLDER = "orders.OrderLine"
LABEL = "orders.SalesOrder"
Status = SalesOrder.Status
WAITING = (Status.PENDING, Status.REJECTED, *SalesOrder.FULFILLING, Status.SHIPPED)
CHECK_ORDER = ("data", "customer", "address", "credit", "overdue", "price", "stock", "date", "duplicate")
MENDED_BY = {
    "customer": "orders.change_customer",
    "credit": "orders.change_customer",
    "overdue": "finance.view_invoice",
}


@dataclass(frozen=True, slots=True)
class Wait:
    """What one order waits for, as one reader gets it: the cause named, the others, and the one of each line."""

    main: Said | None = None
    also: list[Said] = field(default_factory=list)
    lines: dict[int, Said] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """A few words for a table cell."""
        return self.main.short if self.main else ""

    @property
    def text(self) -> str:
        """The sentence; empty when nothing is waited for."""
        return self.main.text if self.main else ""

    @property
    def tone(self) -> str:
        """The colour of its urgency."""
        return self.main.tone if self.main else "grey"


def waits_for(orders: Iterable[SalesOrder], reader: Any) -> dict[int, Wait]:
    """What each order and each of its open lines wait for, by the order's id, in the words of `reader`.

    About as many queries as there are domains (at most 22), however many orders. None reads as the system.
    """
    found, waits = inquire(orders)
    today, people = timezone.localdate(), people_by_role()
    told: dict[int, Said] = {}

    def say(cause: Cause) -> Said:
        if id(cause) not in told:
            told[id(cause)] = tell(cause, reader, today=today, people=people)
        return told[id(cause)]

    answer = {}
    for order in found.orders:
        causes = waits[order.pk]
        lines = {line.pk: cause for line in found.lines.get(order.pk, []) if (cause := _line_cause(causes, line))}
        answer[order.pk] = Wait(
            main=say(causes[0]) if causes else None,
            also=[say(cause) for cause in causes[1:] if cause.rank != Rank.UNKNOWN],
            lines={pk: say(cause) for pk, cause in lines.items()},
        )
    return answer


def customer_waits(orders: Iterable[SalesOrder]) -> dict[int, tuple[Cause | None, dict[int, Cause]]]:
    """What each order and its lines wait for, for readers who get `Cause.customer` only; at most 22 queries."""
    found, waits = inquire(orders)
    answer = {}
    for order in found.orders:
        causes = [cause for cause in waits[order.pk] if cause.customer]
        lines = {line.pk: cause for line in found.lines.get(order.pk, []) if (cause := _line_cause(causes, line))}
        answer[order.pk] = (causes[0] if causes else None, lines)
    return answer


def _line_cause(causes: list[Cause], line: OrderLine) -> Cause | None:
    """What stops a line; one that has arrived waits for what its whole order waits for, not for other lines."""
    if line.quantity <= line.delivered:
        late = (cause for cause in causes if not cause.lines and Rank.TRANSIT < cause.rank < Rank.UNKNOWN)
        return next(late, None)
    if line.quantity <= line.shipped:
        return of_line((cause for cause in causes if cause.rank >= Rank.TROUBLE), line.pk)
    return of_line(causes, line.pk)


def inquire(orders: Iterable[SalesOrder]) -> tuple[Inquiry, dict[int, list[Cause]]]:
    """Read what the explainers need of these orders and ask them."""
    found = list(orders)
    asked = [order for order in found if order.status in WAITING]
    lines: dict[int, list[OrderLine]] = {}
    unread = [order.pk for order in asked if not is_read(order, "lines")]
    if unread:
        rows = OrderLine.objects.filter(order_id__in=unread).select_related("product")
        for line in rows.order_by("order_id", "position"):
            lines.setdefault(line.order_id, []).append(line)
    lines |= {order.pk: list(order.lines.all()) for order in asked if order.pk not in unread}
    short = [
        (order, line)
        for order in asked
        if order.status in (Status.APPROVED, Status.IN_PRODUCTION)
        for line in lines.get(order.pk, [])
        if line.short > 0 and line.product.is_stocked
    ]
    inquiry = Inquiry(orders=found, lines=lines, short=short, holder_type=HOLDER)
    return inquiry, causes_of(inquiry, LABEL)


def explain(inquiry: Inquiry) -> Iterator[Cause]:
    """Holds, checks, approval, and stock that lies free or is held for others. Up to five queries."""
    for order in inquiry.in_state(Status.PENDING, *SalesOrder.FULFILLING):
        if order.hold_reason:
            yield _held(order, _names(inquiry))
    yield from _pending(inquiry)
    yield from _rejected(inquiry)
    yield from _goods(inquiry)
    for order in inquiry.in_state(*WAITING):
        yield _unknown(order)


def _names(inquiry: Inquiry) -> dict[int, str]:
    """Names of the people who hold the page's orders or look after them. One query, none when they are known."""
    from erp.models import User

    def read() -> dict[int, str]:
        ids = {order.hold_by_id for order in inquiry.orders if order.hold_reason}
        ids |= {order.salesperson_id for order in inquiry.in_state(Status.PENDING, Status.REJECTED)}
        rows = User.objects.filter(pk__in=ids - {None}).only("name", "username")
        return {user.pk: str(user) for user in rows}

    return inquiry.once("order-people", read)


def _people(names: dict[int, str], pk: int | None) -> tuple[str, ...]:
    return (names[pk],) if pk in names else ()


def _held(order: SalesOrder, names: dict[int, str]) -> Cause:
    release = Action(
        _("Release the hold"),
        reverse("orders:hold", args=[order.number]),
        "orders.hold_salesorder",
        post=True,
        fields={"act": "release"},
    )
    return Cause(
        order=order.pk,
        code="hold",
        rank=Rank.HELD,
        short=Words(_("On hold")),
        text=Words(_("On hold: %(reason)s"), {"reason": order.hold_reason}),
        tone="red",
        desk=APPROVAL,
        people=_people(names, order.hold_by_id),
        action=release,
        customer=CHECKING if order.status == Status.PENDING else GATHERING,
    )


def _pending(inquiry: Inquiry) -> Iterator[Cause]:
    pending = inquiry.in_state(Status.PENDING)
    if not pending:
        return
    checks: dict[int, list[OrderCheck]] = {}
    for check in OrderCheck.objects.filter(order__in=pending).exclude(severity=OrderCheck.Severity.PASS):
        checks.setdefault(check.order_id, []).append(check)
    asked: dict[int, list[ApprovalStep]] = {}
    for step in ApprovalStep.objects.open().filter(order__in=pending).prefetch_related("roles", "people"):
        asked.setdefault(step.order_id, []).append(step)
    limit, names = Company.current().auto_approve_limit, _names(inquiry)
    for order in pending:
        found = sorted(checks.get(order.pk, []), key=_check_order)
        blocked = order.pk in asked or any(check.severity == OrderCheck.Severity.BLOCK for check in found)
        if order.pk in asked:
            yield _asked(order, asked[order.pk])
        for check in found:
            if check.severity == OrderCheck.Severity.BLOCK:
                yield _blocking(order, check, names)
            else:
                yield _warning(order, check, blocked=blocked)
        if not found and order.pk not in asked:
            yield _to_approve(order, order.customer.auto_limit(limit))


def _check_order(check: OrderCheck) -> int:
    return CHECK_ORDER.index(check.code) if check.code in CHECK_ORDER else len(CHECK_ORDER)


def _finding(check: OrderCheck) -> Words:
    return Words(FINDINGS[check.finding], check.values)


def _blocking(order: SalesOrder, check: OrderCheck, names: dict[int, str]) -> Cause:
    permission = MENDED_BY.get(check.code, "orders.change_salesorder")
    values = {"finding": _finding(check)}
    return Cause(
        order=order.pk,
        code=check.finding,
        rank=Rank.CHECK,
        short=Words(_("Check failed: %(check)s"), {"check": _label(check)}),
        text=Words(_("Cannot be approved: %(finding)s"), values),
        tone="red",
        desk=SALES,
        people=_people(names, order.salesperson_id),
        action=Action(_("Mend"), check.fix_url, permission) if check.fix_url else None,
        customer=CHECKING,
    )


def _approve(order: SalesOrder) -> Action:
    url = reverse("orders:transition_named", args=[order.number, "approve"])
    return Action(_("Approve"), url, "orders.approve_salesorder", post=True)


def _warning(order: SalesOrder, check: OrderCheck, *, blocked: bool) -> Cause:
    twin = check.finding == "duplicate_like"
    return Cause(
        order=order.pk,
        code=check.finding,
        rank=Rank.WARNING,
        short=Words(_("To be approved: %(check)s"), {"check": _label(check)}),
        text=Words(_("Waits for approval because of a finding: %(finding)s"), {"finding": _finding(check)}),
        document=check.values.get("number", "") if twin else "",
        url=check.fix_url if twin else "",
        desk=APPROVAL,
        action=None if blocked else _approve(order),
        customer=CHECKING,
    )


def _asked(order: SalesOrder, steps: list[ApprovalStep]) -> Cause:
    """Approval policies say whose decision it is."""
    members = people_by_role()
    people = [str(person) for step in steps for person in step.people.all()]
    people += [name for step in steps for role in step.roles.all() for name in members.get(role.name, ())]
    return Cause(
        order=order.pk,
        code="approval_level",
        rank=Rank.WARNING,
        short=Words(_("To be approved")),
        text=Words(
            _("Waits for approval, level %(level)s: %(who)s."), {"level": steps[0].level, "who": names_missing(steps)}
        ),
        desk=APPROVAL,
        people=tuple(dict.fromkeys(people)),
        action=Action(_("See the approval"), f"{order.get_absolute_url()}#approval", "orders.view_salesorder"),
        customer=CHECKING,
    )


def _label(check: OrderCheck) -> Any:
    return CHECK_LABELS.get(check.code, check.code)


def _to_approve(order: SalesOrder, limit: Any) -> Cause:
    values = {"amount": money(order.total, order.currency), "limit": money(limit, "CNY")}
    code, text = "approval", _("Waits for approval.")
    if limit and order.total > limit:
        code, text = "over_limit", _("Waits for approval: %(amount)s is above the limit of %(limit)s for the system.")
    return Cause(
        order=order.pk,
        code=code,
        rank=Rank.LIMIT,
        short=Words(_("To be approved")),
        text=Words(text, values),
        desk=APPROVAL,
        action=_approve(order),
        customer=CHECKING,
    )


def _rejected(inquiry: Inquiry) -> Iterator[Cause]:
    rejected = inquiry.in_state(Status.REJECTED)
    if not rejected:
        return
    steps = ApprovalStep.objects.filter(order__in=rejected, decision=ApprovalStep.Decision.REJECTED)
    reasons = dict(steps.order_by("id").values_list("order_id", "reason"))  # the last one stays
    names = _names(inquiry)
    for order in rejected:
        reason = reasons.get(order.pk, "")
        text = _("Rejected: %(reason)s. Sales must correct it and resubmit it.")
        if not reason:
            text = _("Rejected. Sales must correct it and resubmit it.")
        edit = Action(_("Correct"), reverse("orders:edit", args=[order.number]), "orders.change_salesorder")
        yield Cause(
            order=order.pk,
            code="rejected",
            rank=Rank.REJECTED,
            short=Words(_("Correction")),
            text=Words(text, {"reason": reason.rstrip("。.")}),
            tone="red",
            desk=SALES,
            people=_people(names, order.salesperson_id),
            action=edit,
            customer=ASKING,
        )


# Goods


def _goods(inquiry: Inquiry) -> Iterator[Cause]:
    """Lines whose goods lie free, and lines whose goods are promised to others."""
    if not inquiry.short:
        return
    lacking = lacking_lines(inquiry)
    from_elsewhere = {line.pk for _order, line in lacking}
    for order, line in inquiry.short:
        if line.pk not in from_elsewhere and not order.hold_reason:
            yield _unreserved(order, line)
    if lacking:
        yield from _taken(inquiry, lacking)


def _unreserved(order: SalesOrder, line: OrderLine) -> Cause:
    reserve = Action(
        _("Reserve now"), reverse("orders:reserve", args=[order.number]), "orders.change_salesorder", post=True
    )
    values = {"product": line.description, "quantity": qty(line.short, line.unit)}
    return Cause(
        order=order.pk,
        code="not_reserved",
        rank=Rank.UNRESERVED,
        short=Words(_("Not reserved: %(product)s"), values),
        text=Words(_("%(quantity)s of %(product)s lie free in stock and are not reserved for this order yet."), values),
        lines=(line.pk,),
        desk=SALES,
        action=reserve,
        customer=GATHERING,
    )


def _taken(inquiry: Inquiry, lacking: list[tuple[SalesOrder, OrderLine]]) -> Iterator[Cause]:
    """Stock that a more urgent order holds. One query."""
    holders = OrderLine.objects.filter(
        product_id__in={line.product_id for _order, line in lacking},
        order__status__in=SalesOrder.FULFILLING,
        reserved__gt=F("picked") - F("shipped"),
    ).select_related("order")
    held: dict[tuple[int, int], list[OrderLine]] = {}
    for row in holders.order_by("-order__priority", "order__promised_date", "order_id"):
        held.setdefault((row.product_id, row.order.warehouse_id), []).append(row)
    for order, line in lacking:
        rows = [
            row
            for row in held.get((line.product_id, order.warehouse_id), [])
            if row.order_id != order.pk and row.order.priority > order.priority
        ]
        if rows:
            yield _taken_by(inquiry, order, line, rows)


def _taken_by(inquiry: Inquiry, order: SalesOrder, line: OrderLine, holders: list[OrderLine]) -> Cause:
    """The most urgent of those who hold it is named; it comes first only where they hold all that is lacking."""
    coverage = line_outlook(inquiry).of(HOLDER, line.pk, line.short)
    holder, held = holders[0], sum(row.reserved - (row.picked - row.shipped) for row in holders)
    idle = line.product.supply == Product.Supply.BUY and coverage.missing > 0 and held >= line.short
    values = {
        "product": line.description,
        "quantity": qty(line.short, line.unit),
        "held": qty(held, line.unit),
        "document": holder.order.number,
        "priority": SalesOrder.Priority(holder.order.priority).label,
    }
    text = _("%(quantity)s of %(product)s are missing: %(held)s in stock are reserved for %(document)s (%(priority)s).")
    plain = _("%(quantity)s of %(product)s are missing: %(held)s in stock are reserved for a more urgent order.")
    return Cause(
        order=order.pk,
        code="taken",
        rank=Rank.TAKEN if idle else Rank.TAKEN_BUT_ARRANGED,
        short=Words(_("Taken by another: %(product)s"), values),
        text=Words(text, values),
        plain=Words(plain, values),
        permission="orders.view_all_orders",
        tone="red" if idle else "amber",
        lines=(line.pk,),
        document=holder.order.number,
        url=holder.order.get_absolute_url(),
        desk=PURCHASING if idle else WAREHOUSE,
        action=buy_action(line.product.sku) if idle else None,
        customer=GATHERING,
    )


def _unknown(order: SalesOrder) -> Cause:
    """Every open order has a sentence, even one that no explainer knows."""
    return Cause(
        order=order.pk,
        code="next_step",
        rank=Rank.UNKNOWN,
        short=Words(_("Next step")),
        text=Words(_("Waits for the next step of “%(status)s”."), {"status": Status(order.status).label}),
        tone="grey",
    )
