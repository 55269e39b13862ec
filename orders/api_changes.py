"""Splitting, merging and changing orders through the API. `erp.api` mounts it beside the orders."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Header, Router
from pydantic import Field

from erp.errors import BusinessError
from erp.models import User
from erp.rest import Answer, FieldError, Price, Problem, Quantity, Text, answer_once, need, reply
from orders.api import PROBLEMS, LineIn, Strict, resolve_lines
from orders.models import OrderLine, SalesOrder
from orders.representation import OrderOut, whole
from orders.representation_amendments import AmendmentOut, amendment_out
from orders.services import LineChange, keep, propose, submit
from orders.services.entry import MAX_LINES
from orders.services.joining import merge_orders
from orders.services.splitting import split_order

order_changes_router = Router(tags=["orders"])
Key = Annotated[str, Header("", alias="Idempotency-Key", max_length=200)]
Version = Annotated[int, Field(ge=1, description="of the order that was looked at")]


class PartIn(Strict):
    """So many stock units of the line at a position."""

    position: Annotated[int, Field(ge=1)]
    quantity: Annotated[Quantity, Field(gt=0)]


class SplitIn(Strict):
    """What goes on as an order of its own."""

    version: Version
    lines: Annotated[list[PartIn], Field(min_length=1, max_length=MAX_LINES)]
    promised_date: dt.date | None = None
    note: Annotated[Text, Field(max_length=500)] = ""


class MergeIn(Strict):
    """Numbers of the orders that become part of this one; `combine` makes one line of the same at the same price."""

    version: Version
    orders: Annotated[list[Annotated[Text, Field(min_length=1, max_length=30)]], Field(min_length=1, max_length=30)]
    combine: bool = True
    promised_date: dt.date | None = None


class LineChangeIn(Strict):
    """A present line as it is to be, in the unit in which it was entered; null leaves a part as it is, 0 removes it."""

    position: Annotated[int, Field(ge=1)]
    quantity: Annotated[Quantity, Field(ge=0)] | None = None
    unit_price: Annotated[Price, Field(ge=0)] | None = None
    discount: Annotated[Price, Field(ge=0, le=1)] | None = None
    wish: Annotated[Text, Field(max_length=300)] | None = None


class AmendIn(Strict):
    """A change of a confirmed order: lines that become others, lines that are added, header data. The rest stays."""

    version: Version
    reason: Annotated[Text, Field(min_length=1, max_length=500)]
    lines: Annotated[list[LineChangeIn], Field(max_length=MAX_LINES)] = []
    add: Annotated[list[LineIn], Field(max_length=MAX_LINES)] = []
    promised_date: dt.date | None = None
    note: Annotated[Text, Field(max_length=2000)] | None = None


def _order(number: str, user: User) -> SalesOrder:
    order = SalesOrder.objects.visible_to(user).filter(number=number).first()
    if order is None:
        raise Http404(_("There is no order with this number."))
    return order


def _by_position(order: SalesOrder, positions: list[int]) -> dict[int, OrderLine]:
    """The order's lines by position. One query. Raises Problem for positions that are named twice or not there."""
    lines = {line.position: line for line in order.lines.select_related("product__unit")}
    wrong = [
        FieldError(pointer=f"/lines/{place}/position", code="unknown", detail=_("There is no such line."))
        for place, position in enumerate(positions)
        if position not in lines or position in positions[:place]
    ]
    if wrong:
        raise Problem.of_fields(wrong)
    return lines


@order_changes_router.post("/{number}/split", response={201: OrderOut, 200: OrderOut, **PROBLEMS}, summary="Split it")
def split(request: HttpRequest, number: str, payload: SplitIn, idempotency_key: Key = "") -> HttpResponse:
    """Let quantities of lines go on as a new order, with all that is held for them; 201 with the new order."""
    user = need(request, "orders.split_salesorder")
    answer = answer_once(request, client=user, make=lambda: _split(_order(number, user), payload, user))
    return reply(answer.body, answer.status)


def _split(order: SalesOrder, payload: SplitIn, user: User) -> Answer:
    lines = _by_position(order, [part.position for part in payload.lines])
    parts: dict[int, Decimal] = {lines[part.position].pk: part.quantity for part in payload.lines}
    try:
        new = split_order(
            order,
            parts,
            by=user,
            version=payload.version,
            promised_date=payload.promised_date,
            note=payload.note,
        )
    except BusinessError as refusal:
        if refusal.field.startswith("parts."):
            refusal.field = f"lines.{list(parts).index(int(refusal.field[6:]))}.quantity"
        raise
    return Answer(201, whole(_order(new.number, user), user=user))


@order_changes_router.post("/{number}/merge", response={200: OrderOut, **PROBLEMS}, summary="Merge others into it")
def merge(request: HttpRequest, number: str, payload: MergeIn, idempotency_key: Key = "") -> HttpResponse:
    """Let other open orders of the customer become part of this one, and answer with it. A repeat changes nothing."""
    user = need(request, "orders.merge_salesorder")
    answer = answer_once(request, client=user, make=lambda: _merge(_order(number, user), payload, user))
    return reply(answer.body, answer.status)


def _merge(order: SalesOrder, payload: MergeIn, user: User) -> Answer:
    found = {one.number: one for one in SalesOrder.objects.visible_to(user).filter(number__in=payload.orders)}
    wrong = [
        FieldError(pointer=f"/orders/{place}", code="unknown", detail=_("There is no order with this number."))
        for place, number in enumerate(payload.orders)
        if number not in found or number == order.number
    ]
    if wrong:
        raise Problem.of_fields(wrong)
    merge_orders(
        order,
        list(found.values()),
        by=user,
        version=payload.version,
        combine=payload.combine,
        promised_date=payload.promised_date,
    )
    return Answer(200, whole(_order(order.number, user), user=user))


@order_changes_router.post(
    "/{number}/amend", response={201: AmendmentOut, 200: AmendmentOut, **PROBLEMS}, summary="Change it"
)
def amend(request: HttpRequest, number: str, payload: AmendIn, idempotency_key: Key = "") -> HttpResponse:
    """Ask for a change of a confirmed order: in force at once (`applied`) where nobody has to agree, else `submitted`."""
    user = need(request, "orders.change_salesorder")
    answer = answer_once(request, client=user, make=lambda: _amend(_order(number, user), payload, user))
    return reply(answer.body, answer.status)


def _given(change: LineChangeIn) -> dict[str, Any]:
    """What is to be another than it is."""
    values = {name: getattr(change, name) for name in ("quantity", "unit_price", "discount", "wish")}
    return {name: value for name, value in values.items() if value is not None}


def _amend(order: SalesOrder, payload: AmendIn, user: User) -> Answer:
    lines = _by_position(order, [change.position for change in payload.lines])
    changes = {change.position: _given(change) for change in payload.lines}
    wanted = [
        keep(line, **changes.get(position, {}))
        for position, line in sorted(lines.items())
        if changes.get(position, {}).get("quantity") != 0
    ]
    wrong, added = resolve_lines(payload.add, at="/add")
    if wrong:
        raise Problem.of_fields(wrong)
    amendment = propose(
        order,
        by=user,
        version=payload.version,
        lines=[*wanted, *(LineChange(line) for line in added)],
        reason=payload.reason,
        promised_date=payload.promised_date,
        customer_note=payload.note,
    )
    submit(amendment, by=user)
    amendment.order = order
    return Answer(201, amendment_out(amendment, user=user))
