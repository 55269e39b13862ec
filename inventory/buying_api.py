"""The API of buying. `erp.api` mounts `suppliers_router` at /suppliers and `purchases_router` at /purchase-orders."""

import datetime as dt
from typing import Annotated, Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Header, Router, Schema
from pydantic import ConfigDict, Field

from erp.models import User
from erp.money import ZERO
from erp.rest import (
    Amount,
    Answer,
    FieldError,
    Listing,
    Moment,
    Price,
    Problem,
    ProblemOut,
    Quantity,
    Text,
    answer_once,
    need,
    page,
    reply,
)
from erp.workflow import advance
from inventory.approval import purchase_moves
from inventory.models import Place, Product, PurchaseLine, PurchaseOrder, Supplier, Warehouse
from inventory.scores import Score, scores_of
from inventory.services import (
    Arrival,
    PurchaseInput,
    create_purchase_order,
    default_warehouse,
    receive,
    receiving_place,
)

suppliers_router = Router(tags=["suppliers"])
purchases_router = Router(tags=["purchase orders"])

PROBLEMS: dict[Any, Any] = dict.fromkeys((401, 403, 404, 409, 422), ProblemOut)
SEE = "inventory.view_purchaseorder"
MAX_LINES = 500


class Strict(Schema):
    """Input in which an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ScoreOut(Schema):
    """Deliveries of the last twelve months: shares between 0 and 1, null without any."""

    deliveries: int
    on_time: int
    late: int
    overdue: int
    punctuality: Price | None
    quality: Price | None


class SupplierOut(Schema):
    """A supplier; amounts in `currency`, without tax."""

    code: str
    name: str
    contact: str
    phone: str
    email: str
    currency: str
    lead_days: int
    payment_days: int
    minimum_amount: Amount
    is_active: bool
    score: ScoreOut


class PurchaseLineOut(Schema):
    """A line; quantities in the product's stock unit, prices in the order's currency without tax."""

    position: int
    sku: str
    supplier_sku: str
    quantity: Quantity
    unit_price: Price
    amount: Amount
    received: Quantity
    accepted: Quantity
    rejected: Quantity
    returned: Quantity
    outstanding: Quantity
    billed: Quantity


class PurchaseBrief(Schema):
    """A purchase order in a list."""

    number: str
    status: str
    supplier: str
    warehouse: str
    currency: str
    total: Amount
    expected_on: dt.date | None
    created_at: Moment


class StepOut(Schema):
    """A step that leaves the present state."""

    transition: str
    label: str
    allowed: bool
    reasons: list[str]
    needs_note: bool


class PurchaseOut(PurchaseBrief):
    """A purchase order with its lines, receipts, returns, and what can be done next."""

    promised_on: dt.date | None
    rate: Price | None
    note: str
    lines: list[PurchaseLineOut]
    receipts: list[str]
    returns: list[str]
    transitions: list[StepOut]


class PurchaseLineIn(Strict):
    """One line in stock units; without a price the supplier's is taken."""

    sku: Annotated[Text, Field(min_length=1, max_length=60)]
    quantity: Annotated[Quantity, Field(gt=0)]
    unit_price: Annotated[Price, Field(ge=0)] | None = None


class PurchaseIn(Strict):
    """A new draft. Without a warehouse the first one; without a day the lead time decides."""

    supplier: Annotated[Text, Field(min_length=1, max_length=30, description="code of the supplier")]
    warehouse: Annotated[Text, Field(max_length=20)] = ""
    expected_on: dt.date | None = None
    rate: Annotated[Price, Field(gt=0)] | None = None
    note: Annotated[Text, Field(max_length=2000)] = ""
    lines: Annotated[list[PurchaseLineIn], Field(min_length=1, max_length=MAX_LINES)]


class ArrivalIn(Strict):
    """What arrived of a line; `rejected` and `held` (to be inspected) are parts of it and need a reason."""

    position: int
    quantity: Annotated[Quantity, Field(gt=0)]
    rejected: Annotated[Quantity, Field(ge=0)] = ZERO
    held: Annotated[Quantity, Field(ge=0)] = ZERO
    reason: Annotated[Text, Field(max_length=200)] = ""


class ReceiptIn(Strict):
    """A delivery. Without a place the first bin of the warehouse."""

    place: Annotated[Text, Field(max_length=40)] = ""
    delivery_note: Annotated[Text, Field(max_length=60)] = ""
    lines: Annotated[list[ArrivalIn], Field(min_length=1, max_length=MAX_LINES)]


class StepIn(Strict):
    """A step to take; some steps need a reason in `note`."""

    transition: Annotated[Text, Field(min_length=1, max_length=60)]
    note: Annotated[Text, Field(max_length=2000)] = ""


IdempotencyKey = Annotated[str, Header("", alias="Idempotency-Key", max_length=200)]


# Suppliers


@suppliers_router.get("", response={200: Listing[SupplierOut], **PROBLEMS}, summary="Suppliers by code")
def list_suppliers(request: HttpRequest, search: str = "", cursor: str = "", limit: int = 40) -> dict[str, Any]:
    """Suppliers in the order of their codes; `search` finds code and name."""
    rows = Supplier.objects.visible_to(need(request, "inventory.view_supplier"))
    if search:
        rows = rows.filter(Q(code__icontains=search) | Q(name__icontains=search))
    found = page(rows, order="code", cursor=cursor, limit=limit, show=lambda row: row)
    scores = scores_of([row.pk for row in found["items"]])
    found["items"] = [_supplier(row, scores[row.pk]) for row in found["items"]]
    return found


@suppliers_router.get("/{code}", response={200: SupplierOut, **PROBLEMS}, summary="A supplier")
def show_supplier(request: HttpRequest, code: str) -> SupplierOut:
    """Terms of a supplier, and how reliably it delivered in the last twelve months."""
    rows = Supplier.objects.visible_to(need(request, "inventory.view_supplier"))
    row = rows.filter(code=code).first()
    if row is None:
        raise Http404(_("There is no supplier with this code."))
    return _supplier(row, scores_of([row.pk])[row.pk])


def _supplier(row: Supplier, score: Score) -> SupplierOut:
    names = ("code", "name", "contact", "phone", "email", "currency", "lead_days", "payment_days", "minimum_amount")
    counts = {name: getattr(score, name) for name in ("deliveries", "on_time", "late", "overdue", "punctuality")}
    return SupplierOut(
        **{name: getattr(row, name) for name in names},
        is_active=row.is_active,
        score=ScoreOut(**counts, quality=score.good),
    )


# Purchase orders


def _visible(request: HttpRequest) -> QuerySet[PurchaseOrder]:
    rows = PurchaseOrder.objects.visible_to(need(request, SEE))
    return rows.select_related("supplier", "warehouse")


def _order(request: HttpRequest, number: str) -> PurchaseOrder:
    order = _visible(request).filter(number=number).first()
    if order is None:
        raise Http404(_("There is no purchase order with this number."))
    return order


def _brief(order: PurchaseOrder) -> dict[str, Any]:
    return {
        "number": order.number,
        "status": order.status,
        "supplier": order.supplier.code,
        "warehouse": order.warehouse.code,
        "currency": order.currency,
        "total": order.total,
        "expected_on": order.expected_on,
        "created_at": order.created_at,
    }


def _line(row: PurchaseLine) -> PurchaseLineOut:
    names = ("position", "supplier_sku", "quantity", "unit_price", "amount", "received", "accepted", "rejected")
    more = {name: getattr(row, name) for name in ("returned", "outstanding", "billed")}
    return PurchaseLineOut(sku=row.product.sku, **{name: getattr(row, name) for name in names}, **more)


def _whole(order: PurchaseOrder, user: User) -> dict[str, Any]:
    """The order's document; seven queries."""
    steps = [
        StepOut(
            transition=move.name,
            label=move.label,
            allowed=move.allowed,
            reasons=move.reasons,
            needs_note=move.needs_note,
        )
        for move in purchase_moves(order, user)
    ]
    whole = PurchaseOut(
        **_brief(order),
        promised_on=order.promised_on,
        rate=order.rate,
        note=order.note,
        lines=[_line(row) for row in order.lines.select_related("product")],
        receipts=list(order.receipts.order_by("id").values_list("number", flat=True)),
        returns=list(order.returns.order_by("id").values_list("number", flat=True)),
        transitions=steps,
    )
    return whole.model_dump(mode="json")


@purchases_router.get("", response={200: Listing[PurchaseBrief], **PROBLEMS}, summary="Purchase orders, newest first")
def list_purchases(
    request: HttpRequest, status: str = "", supplier: str = "", cursor: str = "", limit: int = 40
) -> dict[str, Any]:
    """Purchase orders of a status (`draft`, `placed`, …) or of a supplier (its code), newest first."""
    rows = _visible(request)
    if status:
        if status not in PurchaseOrder.Status.values:
            names = ", ".join(PurchaseOrder.Status.values)
            raise Problem.of_parameter("status", _("There is no such status; there are: %(names)s.") % {"names": names})
        rows = rows.filter(status=status)
    if supplier:
        rows = rows.filter(supplier__code=supplier)
    return page(rows, order="-id", cursor=cursor, limit=limit, show=lambda order: PurchaseBrief(**_brief(order)))


@purchases_router.get("/{number}", response={200: PurchaseOut, **PROBLEMS}, summary="A purchase order")
def show_purchase(request: HttpRequest, number: str) -> HttpResponse:
    """Lines with what arrived, was accepted, rejected, returned and billed; receipts, returns, and the next steps."""
    return reply(_whole(_order(request, number), need(request, SEE)))


@purchases_router.post("", response={201: PurchaseOut, 200: PurchaseOut, **PROBLEMS}, summary="Draft a purchase order")
def create_purchase(request: HttpRequest, payload: PurchaseIn, idempotency_key: IdempotencyKey = "") -> HttpResponse:
    """Make a draft: 201, or 200 with the same order for a repeat of the `Idempotency-Key`."""
    user = need(request, "inventory.add_purchaseorder")
    answer = answer_once(request, client=user, make=lambda: _create(user, payload))
    return reply(answer.body, answer.status)


def _create(user: User, payload: PurchaseIn) -> Answer:
    supplier = Supplier.objects.filter(code=payload.supplier).first()
    warehouse = Warehouse.objects.filter(code=payload.warehouse).first() if payload.warehouse else default_warehouse()
    products = {row.sku: row for row in Product.objects.filter(sku__in={line.sku for line in payload.lines})}
    wrong = []
    if supplier is None:
        wrong.append(FieldError(pointer="/supplier", code="unknown", detail=_("There is no supplier with this code.")))
    if warehouse is None:
        detail = _("There is no warehouse with this code.")
        wrong.append(FieldError(pointer="/warehouse", code="unknown", detail=detail))
    for place, line in enumerate(payload.lines):
        if line.sku not in products:
            detail = _("There is no product with this SKU.")
            wrong.append(FieldError(pointer=f"/lines/{place}/sku", code="unknown", detail=detail))
    if wrong or supplier is None or warehouse is None:
        raise Problem.of_fields(wrong)
    order = create_purchase_order(
        supplier=supplier,
        warehouse=warehouse,
        lines=[PurchaseInput(products[line.sku], line.quantity, line.unit_price) for line in payload.lines],
        expected_on=payload.expected_on,
        rate=payload.rate,
        note=payload.note,
        by=user,
    )
    return Answer(201, _whole(order, user))


@purchases_router.post(
    "/{number}/receipts", response={201: PurchaseOut, 200: PurchaseOut, **PROBLEMS}, summary="Receive goods"
)
def receive_purchase(
    request: HttpRequest, number: str, payload: ReceiptIn, idempotency_key: IdempotencyKey = ""
) -> HttpResponse:
    """Take in what arrived: 201 with the order as it is then, or 200 for a repeat of the `Idempotency-Key`."""
    user = need(request, "inventory.receive_goods")
    order = _order(request, number)
    answer = answer_once(request, client=user, make=lambda: _receive(user, order, payload))
    return reply(answer.body, answer.status)


def _receive(user: User, order: PurchaseOrder, payload: ReceiptIn) -> Answer:
    lines = dict(order.lines.values_list("position", "pk"))
    wrong = [
        FieldError(pointer=f"/lines/{at}/position", code="unknown", detail=_("The order has no such line."))
        for at, line in enumerate(payload.lines)
        if line.position not in lines
    ]
    place = Place.objects.filter(code=payload.place).first() if payload.place else receiving_place(order.warehouse)
    if place is None:
        wrong.append(FieldError(pointer="/place", code="unknown", detail=_("There is no place with this code.")))
    if len({line.position for line in payload.lines}) < len(payload.lines):
        wrong.append(FieldError(pointer="/lines", detail=_("A line is named twice.")))
    if wrong or place is None:
        raise Problem.of_fields(wrong)
    arrived = {
        lines[line.position]: Arrival(line.quantity, line.rejected, line.held, line.reason) for line in payload.lines
    }
    receive(order, quantities=arrived, place=place, by=user, delivery_note=payload.delivery_note)
    return Answer(201, _whole(order, user))


@purchases_router.post("/{number}/transitions", response={200: PurchaseOut, **PROBLEMS}, summary="Take a step")
def move_purchase(request: HttpRequest, number: str, payload: StepIn) -> HttpResponse:
    """Move the order and answer with it as it is then. 403 without the right, 409 when its state forbids the step."""
    order, user = _order(request, number), need(request, SEE)
    if payload.transition not in PurchaseOrder.transitions():
        raise Problem.of_fields([FieldError(pointer="/transition", code="unknown", detail=_("There is no such step."))])
    advance(order, payload.transition, by=user, note=payload.note)
    return reply(_whole(order, user))
