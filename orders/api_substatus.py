"""Sub-statuses through the API: which there are, and setting one. `erp.api` mounts them beside the orders."""

from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from erp.models import User
from erp.rest import FieldError, Listing, Problem, ProblemOut, Text, caller, need, reply
from orders.models import SalesOrder, SubStatus
from orders.models.substatus import catalogue
from orders.representation import OrderOut, whole
from orders.services import set_sub_status

order_sub_status_router = Router(tags=["orders"])
sub_statuses_router = Router(tags=["orders"])
PROBLEMS: dict[Any, Any] = dict.fromkeys((401, 403, 404, 409, 422), ProblemOut)


class SubStatusRow(Schema):
    """A sub-status that orders of `state` may have."""

    id: int
    state: str
    label: str
    colour: str
    active: bool
    on_arrival: bool
    shown_to_customers: bool


class SubStatusIn(Schema):
    """The sub-status to give (its id), or null to take the present one away."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    sub_status: Annotated[int, Field(gt=0, lt=2**63)] | None
    note: Annotated[Text, Field(max_length=2000)] = ""


@sub_statuses_router.get("", response={200: Listing[SubStatusRow], **PROBLEMS}, summary="Sub-statuses by state")
def list_sub_statuses(request: HttpRequest) -> dict[str, Any]:
    """The company's own words inside each state, in their order; customers get those that are shown to them."""
    user = caller(request)
    if not user.is_portal:
        need(request, "orders.view_salesorder")
    rows = [
        SubStatusRow(
            id=one.pk,
            state=one.state,
            label=one.label,
            colour=one.colour,
            active=one.is_active,
            on_arrival=one.is_default,
            shown_to_customers=one.is_public,
        )
        for one in catalogue()
        if one.is_public or not user.is_portal
    ]
    return {"items": rows, "next": None}


@order_sub_status_router.post(
    "/{number}/sub-status", response={200: OrderOut, **PROBLEMS}, summary="Set the sub-status"
)
def change_sub_status(request: HttpRequest, number: str, payload: SubStatusIn) -> HttpResponse:
    """Give the order a sub-status of its present state, or none, and answer with it. 403 without the right to."""
    user = need(request, "orders.view_salesorder")
    rows = SalesOrder.objects.visible_to(user).select_related("customer", "channel", "warehouse", "sub_status")
    order = rows.filter(number=number).first()
    if order is None:
        raise Http404(_("There is no order with this number."))
    chosen = SubStatus.objects.filter(pk=payload.sub_status).first() if payload.sub_status else None
    if payload.sub_status and chosen is None:
        raise Problem.of_fields(
            [FieldError(pointer="/sub_status", code="unknown", detail=_("There is no such sub-status."))]
        )
    set_sub_status(order, chosen, by=user, note=payload.note)
    return reply(whole(order, user=user))


def with_sub_status(rows: QuerySet[SalesOrder], value: str, *, user: User) -> QuerySet[SalesOrder]:
    """Orders that have the sub-status with this id. Raises Problem when there is none, or none for this caller."""
    known = {str(one.pk): one for one in catalogue() if one.is_public or not user.is_portal}
    if value not in known:
        raise Problem.of_parameter("sub_status", _("There is no such sub-status."))
    return rows.filter(sub_status_id=known[value].pk)
