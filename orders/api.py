"""The API of orders and customers. `erp.api` mounts `orders_router` at /orders and `customers_router` at /customers."""

import datetime as dt
from functools import partial
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Header, Router, Schema
from pydantic import AwareDatetime, ConfigDict, Field

from erp.errors import BusinessError
from erp.models import User
from erp.rest import (
    Answer,
    FieldError,
    Listing,
    Price,
    Problem,
    ProblemOut,
    Quantity,
    Text,
    answer_once,
    caller,
    need,
    page,
    reply,
)
from erp.workflow import advance
from inventory.models import Product
from inventory.promise import promises
from inventory.services import default_warehouse
from inventory.units import pack_of, units_of
from orders.amendments import amendments_of
from orders.api_substatus import with_sub_status
from orders.approvals import order_moves
from orders.models import Channel, Customer, Project, SalesOrder, Tag
from orders.representation import (
    CustomerOut,
    OrderBrief,
    OrderOut,
    TransitionOut,
    briefs,
    customer_out,
    whole,
)
from orders.representation_amendments import AmendmentOut, amendment_out
from orders.search import matching_customers
from orders.selectors import with_tag
from orders.services import DuplicateExternalNumber, LineInput, create_order, decide
from orders.services.entry import MAX_LINES

orders_router = Router(tags=["orders"])
customers_router = Router(tags=["customers"])

PROBLEMS: dict[Any, Any] = dict.fromkeys((401, 403, 404, 409, 422), ProblemOut)
SHORTEST_PROMISE = 7  # days, when the caller names no date


class Strict(Schema):
    """Input in which an unknown field is a mistake, not something to pass over."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class LineIn(Strict):
    """One line: so many of `unit` (empty: the product's stock unit; else one of its further units, such as a box).

    `unit_price` is of one such unit without tax; null takes the price list's. `discount` is a share (0.1 is 10 %).
    """

    sku: Annotated[Text, Field(min_length=1, max_length=60)]
    quantity: Annotated[Quantity, Field(gt=0)]
    unit: Annotated[Text, Field(max_length=20)] = ""
    unit_price: Annotated[Price, Field(ge=0)] | None = None
    discount: Annotated[Price, Field(ge=0, le=1)] | None = None
    wish: Annotated[Text, Field(max_length=300)] = ""


class AddressIn(Strict):
    """Where the goods go."""

    recipient: Annotated[Text, Field(min_length=1, max_length=60)]
    phone: Annotated[Text, Field(min_length=1, max_length=40)]
    province: Annotated[Text, Field(max_length=40)] = ""
    city: Annotated[Text, Field(max_length=40)] = ""
    district: Annotated[Text, Field(max_length=40)] = ""
    street: Annotated[Text, Field(min_length=1, max_length=200)]


class OrderIn(Strict):
    """A new order. `external_number` makes it the same order however often the channel sends it."""

    customer: Annotated[Text, Field(min_length=1, max_length=30, description="code of the customer")]
    channel: Annotated[Text, Field(max_length=30)] = "api"
    external_number: Annotated[Text, Field(max_length=80)] = ""
    promised_date: dt.date | None = None
    ordered_at: AwareDatetime | None = None
    note: Annotated[Text, Field(max_length=2000)] = ""
    project: Annotated[Text, Field(max_length=30, description="number of the project")] = ""
    ship_to: AddressIn | None = None
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=MAX_LINES)]


class TransitionIn(Strict):
    """A step to take; some steps need a reason in `note`."""

    transition: Annotated[Text, Field(min_length=1, max_length=60)]
    note: Annotated[Text, Field(max_length=2000)] = ""


# Creating


@orders_router.post("", response={201: OrderOut, 200: OrderOut, **PROBLEMS}, summary="Enter an order")
def create(
    request: HttpRequest,
    payload: OrderIn,
    idempotency_key: Annotated[str, Header("", alias="Idempotency-Key", max_length=200)] = "",
) -> HttpResponse:
    """Enter an order: 201, or 200 with the same order for a repeat (same `Idempotency-Key`, or same channel and
    `external_number`). The order is priced, checked, and approved by the system where its policy allows.
    """
    user = need(request, "orders.add_salesorder")
    answer = answer_once(request, client=user, make=lambda: _create(user, payload))
    return reply(answer.body, answer.status)


def _create(user: User, payload: OrderIn) -> Answer:
    channel = Channel.objects.filter(code=payload.channel).first()
    if channel is None:
        raise Problem.of_fields([FieldError(pointer="/channel", detail=_("There is no such channel."))])
    if payload.external_number:
        known = SalesOrder.objects.filter(channel=channel, external_number=payload.external_number).first()
        if known is not None:
            return _repeat(user, known)
    customer, lines = _resolve(user, payload)
    try:
        order = create_order(
            customer=customer,
            channel=channel,
            lines=lines,
            by=user,
            promised_date=payload.promised_date or _promise(lines, payload.ordered_at),
            external_number=payload.external_number,
            ship_to=payload.ship_to.model_dump() if payload.ship_to else None,
            customer_note=payload.note,
            ordered_at=payload.ordered_at,
            project=_project(user, payload.project),
        )
    except DuplicateExternalNumber as twin:  # sent at the same moment by somebody else
        return _repeat(user, twin.order)
    except BusinessError as refusal:
        refusal.field = refusal.field.replace(".product", ".sku")
        raise
    return Answer(201, whole(order, user=user))


def _repeat(user: User, order: SalesOrder) -> Answer:
    """The order that is there already; 409 when the caller may not see it."""
    seen = _with_relations(SalesOrder.objects.visible_to(user)).filter(pk=order.pk).first()
    if seen is None:
        raise Problem(409, code="duplicate_external_number", detail=_("This external number is taken."))
    return Answer(200, whole(seen, user=user))


def _project(user: User, number: str) -> Project | None:
    """The project of that number, where one is named."""
    if not number:
        return None
    found = Project.objects.visible_to(user).select_related("customer").filter(number=number).first()
    if found is None:
        raise Problem.of_fields(
            [FieldError(pointer="/project", code="unknown", detail=_("There is no project with this number."))]
        )
    return found


def _resolve(user: User, payload: OrderIn) -> tuple[Customer, list[LineInput]]:
    """Customer, products and units by their codes, three queries; what is not there is named at its place."""
    customer = Customer.objects.visible_to(user).select_related("owner").filter(code=payload.customer).first()
    wrong = []
    if customer is None:
        wrong.append(FieldError(pointer="/customer", code="unknown", detail=_("There is no customer with this code.")))
    faults, lines = resolve_lines(payload.lines)
    wrong += faults
    if wrong or customer is None:
        raise Problem.of_fields(wrong)
    return customer, lines


def resolve_lines(given: list[LineIn], *, at: str = "/lines") -> tuple[list[FieldError], list[LineInput]]:
    """Products and units by their codes, two queries: what is wrong at which place, and the lines as they are entered."""
    wrong: list[FieldError] = []
    skus = {line.sku for line in given}
    products = {row.sku: row for row in Product.objects.select_related("unit").filter(sku__in=skus)}
    factors = units_of([product.pk for product in products.values()])
    found = []
    for place, line in enumerate(given):
        product = products.get(line.sku)
        if product is None:
            words = _("There is no product with this SKU.")
            wrong.append(FieldError(pointer=f"{at}/{place}/sku", code="unknown", detail=words))
            continue
        try:
            pack = pack_of(product, line.unit, factors[product.pk])
        except BusinessError as refusal:
            words = f"{refusal.message} {refusal.hint}"
            wrong.append(FieldError(pointer=f"{at}/{place}/unit", code=refusal.code, detail=words))
            continue
        found.append(
            LineInput(
                product=product,
                quantity=line.quantity,
                unit_price=line.unit_price,
                discount=line.discount,
                wish=line.wish,
                unit=pack.name,
                factor=pack.factor,
            )
        )
    return wrong, found


def _promise(lines: list[LineInput], ordered_at: dt.datetime | None) -> dt.date:
    """The day on which all of it can be there, as the form would promise it; a week after the order at least."""
    wanted = [(line.product, line.stock_quantity) for line in lines]
    found = promises(wanted, warehouse_id=default_warehouse().pk, today=timezone.localdate())
    earliest = timezone.localdate(ordered_at) + dt.timedelta(days=SHORTEST_PROMISE)
    return max(earliest, *(promise.day for promise in found))


# Reading


def _visible(request: HttpRequest) -> QuerySet[SalesOrder]:
    """Orders that the caller may see. Raises PermissionDenied for staff without the right to see any."""
    user = caller(request)
    if not user.is_portal:
        need(request, "orders.view_salesorder")
    return SalesOrder.objects.visible_to(user)


def _with_relations(rows: QuerySet[SalesOrder]) -> QuerySet[SalesOrder]:
    return rows.select_related("customer", "channel", "warehouse", "project", "sub_status")


def _order(request: HttpRequest, number: str) -> SalesOrder:
    order = _with_relations(_visible(request)).filter(number=number).first()
    if order is None:
        raise Http404(_("There is no order with this number."))
    return order


@orders_router.get("", response={200: Listing[OrderBrief], **PROBLEMS}, summary="Orders, newest first")
def list_orders(
    request: HttpRequest,
    status: str = "",
    sub_status: str = "",
    customer: str = "",
    tag: str = "",
    project: str = "",
    archived: Literal["", "no", "only", "all"] = "",
    cursor: str = "",
    limit: int = 40,
) -> dict[str, Any]:
    """Orders of a status (`pending`, `approved`, …), a sub-status (its id), a customer (its code or a tag) or a project
    (its number), newest first.

    Archived orders are left out unless `archived` is `only` or `all`; customers get theirs unless it is `no`.
    """
    rows = _visible(request).select_related("customer", "channel", "project", "sub_status")
    if archived == "only":
        rows = rows.filter(archived_at__isnull=False)
    elif archived == "no" or (not archived and not caller(request).is_portal):
        rows = rows.filter(archived_at=None)
    if status:
        if status not in SalesOrder.Status.values:
            raise Problem.of_parameter(
                "status",
                _("There is no such status; there are: %(names)s.") % {"names": ", ".join(SalesOrder.Status.values)},
            )
        rows = rows.filter(status=status)
    if tag:
        rows = rows.filter(customer__in=with_tag(Customer.objects.order_by(), _tag(tag, caller(request))))
    if sub_status:
        rows = with_sub_status(rows, sub_status, user=caller(request))
    if customer:
        found = Customer.objects.filter(code=customer).values_list("pk", flat=True).first()
        rows = rows.filter(customer_id=found) if found is not None else rows.none()
    if project:
        named = Project.objects.visible_to(caller(request)).filter(number=project).values_list("pk", flat=True).first()
        rows = rows.filter(project_id=named) if named is not None else rows.none()
    answer = page(rows, order="-id", cursor=cursor, limit=limit, show=lambda order: order)
    return {**answer, "items": briefs(answer["items"], user=caller(request))}


@orders_router.get("/{number}", response={200: OrderOut, **PROBLEMS}, summary="An order")
def show_order(request: HttpRequest, number: str) -> HttpResponse:
    """Status, approval, payment, totals, lines with what is reserved, made and shipped, the timeline, and what the order
    and each line wait for (`waiting_for`).
    """
    return reply(whole(_order(request, number), user=caller(request)))


@orders_router.get(
    "/{number}/transitions", response={200: Listing[TransitionOut], **PROBLEMS}, summary="Steps from here"
)
def list_transitions(request: HttpRequest, number: str) -> dict[str, Any]:
    """Every step that leaves the order's present state, each with `allowed` and, where not, the reasons."""
    order = _order(request, number)
    steps = [
        TransitionOut(
            transition=move.name,
            label=move.label,
            target=move.target,
            allowed=move.allowed,
            reasons=move.reasons,
            needs_note=move.needs_note,
        )
        for move in order_moves(order, caller(request))
    ]
    return {"items": steps, "next": None}


@orders_router.get("/{number}/amendments", response={200: Listing[AmendmentOut], **PROBLEMS}, summary="Its changes")
def list_amendments(request: HttpRequest, number: str) -> dict[str, Any]:
    """Changes of a confirmed order, newest first, with both versions. `version` of the order says which is in force."""
    user = need(request, "orders.view_salesorder")
    rows = amendments_of(_order(request, number))
    return {"items": [amendment_out(one, user=user) for one in rows], "next": None}


@orders_router.get(
    "/{number}/amendments/{serial}", response={200: AmendmentOut, **PROBLEMS}, summary="One of its changes"
)
def show_amendment(request: HttpRequest, number: str, serial: int) -> dict[str, Any]:
    """A change with both versions, what it was said to set off, and where it stands."""
    user = need(request, "orders.view_salesorder")
    found = [one for one in amendments_of(_order(request, number)) if one.serial == serial]
    if not found:
        raise Http404(_("The order has no such change."))
    return amendment_out(found[0], user=user)


@orders_router.post("/{number}/transitions", response={200: OrderOut, **PROBLEMS}, summary="Take a step")
def take_transition(request: HttpRequest, number: str, payload: TransitionIn) -> HttpResponse:
    """Move the order and answer with it as it is then. 403 without the right, 409 when its state forbids the step."""
    order, user = _order(request, number), caller(request)
    if payload.transition not in SalesOrder.transitions():
        raise Problem.of_fields([FieldError(pointer="/transition", code="unknown", detail=_("There is no such step."))])
    if payload.transition in ("approve", "reject"):
        decide(order, payload.transition == "approve", by=user, note=payload.note)
    else:
        advance(order, payload.transition, by=user, note=payload.note)
    return reply(whole(order, user=user))


@customers_router.get("", response={200: Listing[CustomerOut], **PROBLEMS}, summary="Customers by code")
def list_customers(
    request: HttpRequest, search: str = "", tag: str = "", cursor: str = "", limit: int = 40
) -> dict[str, Any]:
    """Customers in the order of their codes; `search` finds code, name, pinyin, initials and phone, `tag` is a name."""
    user = caller(request)
    if not user.is_portal:
        need(request, "orders.view_customer")
    rows = matching_customers(Customer.objects.visible_to(user), search)
    if tag:
        rows = with_tag(rows, _tag(tag, user))
    show = partial(customer_out, user=user)
    return page(rows.prefetch_related("tags"), order="code", cursor=cursor, limit=limit, show=show)


def _tag(name: str, user: User) -> int:
    """The tag's id; tags are our own words about customers, which they do not get to know."""
    found = None if user.is_portal else Tag.objects.filter(name=name).values_list("pk", flat=True).first()
    if found is None:
        raise Problem.of_parameter("tag", _("There is no such tag."))
    return found
