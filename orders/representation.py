"""How orders and customers read in the API."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from erp.models import StatusChange, User
from erp.rest import Amount, Moment, Price, Quantity
from erp.waiting import customer_as_json, said_as_json
from orders.models import Customer, OrderLine, SalesOrder
from orders.waiting import customer_waits, waits_for

HOUSEKEEPING = ("assign", "archive", "restore")  # no news for a customer
DECISIONS = {"approve", "reject", "resubmit"}


class WhoOut(Schema):
    """Who acts next: a desk of the company (`role` as in the roles, `label` in the reader's language) and its people."""

    role: str
    label: str
    people: list[str]


class ActionOut(Schema):
    """The page, or the address to post to, that clears it; only for callers who may."""

    label: str
    method: str
    url: str


class WaitOut(Schema):
    """What is waited for, as one sentence. Customers get `code` and `text` in words meant for them, and no more."""

    code: str
    text: str
    document: str | None
    expected: dt.date | None
    who: WhoOut | None
    action: ActionOut | None


class CustomerRef(Schema):
    """The customer of an order."""

    code: str
    name: str


class SubStatusOut(Schema):
    """The company's own word for where the order stands inside its state."""

    id: int
    label: str
    colour: str


class ApprovalOut(Schema):
    """Where approval stands: `pending`, `approved` (by a person), `auto` (by the system's policy) or `rejected`."""

    state: str
    at: Moment | None = None
    by: str | None = None


class LineOut(Schema):
    """One line. `unit_quantity` of `unit` at `unit_price` without tax was ordered; one `unit` is `factor` of `stock_unit`.

    `quantity` and what is counted (`reserved`, `shipped`, …) are in `stock_unit`. `total` with tax; `discount` is a share.
    """

    position: int
    sku: str
    name: str
    quantity: Quantity
    stock_unit: str
    unit: str
    factor: Quantity
    unit_quantity: Quantity
    unit_price: Price
    discount: Price
    tax_rate: Price
    untaxed: Amount
    tax: Amount
    total: Amount
    wish: str
    reserved: Quantity
    made: Quantity
    picked: Quantity
    shipped: Quantity
    delivered: Quantity
    returned: Quantity
    waiting_for: WaitOut | None


class ChangeOut(Schema):
    """One step of the order's life; `by` null is the system (or, for customers, the company)."""

    model_config = ConfigDict(populate_by_name=True)

    at: Moment
    transition: str
    source: str = Field(alias="from")
    target: str = Field(alias="to")
    by: str | None
    note: str


class OrderBrief(Schema):
    """An order in a list. Amounts in `currency`, `total` with tax."""

    number: str
    status: str
    status_label: str
    sub_status: SubStatusOut | None
    customer: CustomerRef
    channel: str
    external_number: str
    ordered_at: Moment
    promised_date: dt.date
    currency: str
    untaxed: Amount
    tax: Amount
    total: Amount
    paid: Amount
    payment_state: str
    project: str
    archived_at: Moment | None
    waiting_for: WaitOut | None


class OrderOut(OrderBrief):
    """An order whole: approval, fulfilment and payment are three facts, never mixed."""

    approval: ApprovalOut
    warehouse: str
    note: str
    hold_reason: str
    version: int
    shipped_at: Moment | None
    delivered_at: Moment | None
    settled_at: Moment | None
    lines: list[LineOut]
    timeline: list[ChangeOut]


class CustomerOut(Schema):
    """A customer. `payment_days` is the term of payment."""

    code: str
    name: str
    short_name: str
    tax_number: str
    level: str
    payment_days: int
    is_active: bool
    tags: list[str]


class TransitionOut(Schema):
    """A step that leaves the order's present state: whether the caller may take it now and, if not, why."""

    transition: str
    label: str
    target: str
    allowed: bool
    reasons: list[str]
    needs_note: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one order and its lines wait for, as the API tells it."""

    order: dict[str, Any] | None = None
    lines: dict[int, dict[str, Any]] = field(default_factory=dict)


def waiting(orders: Sequence[SalesOrder], *, user: User) -> dict[int, Waiting]:
    """What each order waits for, in the words of who asks; at most 22 queries, however many orders."""
    if user.is_portal:
        return {
            pk: Waiting(customer_as_json(cause), {line: customer_as_json(one) or {} for line, one in lines.items()})
            for pk, (cause, lines) in customer_waits(orders).items()
        }
    return {
        pk: Waiting(said_as_json(wait.main), {line: said_as_json(said) or {} for line, said in wait.lines.items()})
        for pk, wait in waits_for(orders, user).items()
    }


def sub_status_out(order: SalesOrder, *, user: User) -> SubStatusOut | None:
    """The order's sub-status; customers are told of those that are shown to them."""
    one = order.sub_status
    if one is None or (user.is_portal and not one.is_public):
        return None
    return SubStatusOut(id=one.pk, label=one.label, colour=one.colour)


def _common(order: SalesOrder, waits: Waiting, *, user: User) -> dict[str, Any]:
    return {
        "number": order.number,
        "status": order.status,
        "status_label": order.get_status_display(),
        "sub_status": sub_status_out(order, user=user),
        "customer": CustomerRef(code=order.customer.code, name=order.customer.name),
        "channel": order.channel.code,
        "external_number": order.external_number,
        "ordered_at": order.ordered_at,
        "promised_date": order.promised_date,
        "currency": order.currency,
        "untaxed": order.untaxed,
        "tax": order.tax,
        "total": order.total,
        "paid": order.paid,
        "payment_state": order.payment_state,
        "project": "" if user.is_portal or order.project is None else order.project.number,
        "archived_at": None if user.is_portal else order.archived_at,
        "waiting_for": waits.order,
    }


def briefs(orders: Sequence[SalesOrder], *, user: User) -> list[OrderBrief]:
    """The orders as rows of a list; they need their customers, channels and projects."""
    waits = waiting(orders, user=user)
    return [OrderBrief(**_common(order, waits[order.pk], user=user)) for order in orders]


def whole(order: SalesOrder, *, user: User) -> dict[str, Any]:
    """The order as JSON with lines and timeline; two queries and those of `waiting`. Customers are not told who on our side did what."""
    changes = list(
        StatusChange.objects.filter(document_type=order._meta.label, document_id=order.pk)
        .select_related("by")
        .order_by("id")
    )
    lines = order.lines.select_related("product").order_by("position")
    waits = waiting([order], user=user)[order.pk]
    document = OrderOut(
        **_common(order, waits, user=user),
        approval=_approval(changes, user=user),
        warehouse=order.warehouse.code,
        note=order.customer_note,
        hold_reason="" if user.is_portal else order.hold_reason,
        version=order.version,
        shipped_at=order.shipped_at,
        delivered_at=order.delivered_at,
        settled_at=order.settled_at,
        lines=[_line(line, waits.lines.get(line.pk)) for line in lines],
        timeline=[
            _change(change, user=user)
            for change in changes
            if not (user.is_portal and change.transition in HOUSEKEEPING)
        ],
    )
    return document.model_dump(mode="json", by_alias=True)


def _line(line: OrderLine, waits: dict[str, Any] | None) -> LineOut:
    facts = ("position", "quantity", "factor", "discount", "tax_rate", "untaxed", "tax", "total", "wish")
    counted = ("reserved", "made", "picked", "shipped", "delivered", "returned")
    values: dict[str, Any] = {name: getattr(line, name) for name in (*facts, *counted)}
    values |= {"stock_unit": line.unit, "unit": line.sold_unit, "factor": line.factor if line.pack else 1}
    values |= {"unit_quantity": line.sold_quantity, "unit_price": line.sold_price}
    values["waiting_for"] = waits or None
    return LineOut(sku=line.product.sku, name=line.description, **values)


def _name(change: StatusChange, user: User) -> str | None:
    return None if user.is_portal or change.by is None else str(change.by)


def _change(change: StatusChange, *, user: User) -> ChangeOut:
    return ChangeOut(
        at=change.at,
        transition=change.transition,
        **{"from": change.source, "to": change.target},
        by=_name(change, user),
        note="" if user.is_portal else change.note,
    )


def _approval(changes: Sequence[StatusChange], *, user: User) -> ApprovalOut:
    """The last decision; correcting a rejected order asks for a new one."""
    last = next((change for change in reversed(changes) if change.transition in DECISIONS), None)
    if last is None or last.transition == "resubmit":
        return ApprovalOut(state="pending")
    state = "rejected" if last.transition == "reject" else "auto" if last.by_id is None else "approved"
    return ApprovalOut(state=state, at=last.at, by=_name(last, user))


def customer_out(customer: Customer, *, user: User) -> CustomerOut:
    """The customer as a row of a list."""
    facts = {name: getattr(customer, name) for name in CustomerOut.model_fields if name != "tags"}
    return CustomerOut(**facts, tags=[] if user.is_portal else [tag.name for tag in customer.tags.all()])
