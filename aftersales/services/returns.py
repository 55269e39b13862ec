"""Returns: what may come back, what came back, and the credit for it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, F, Sum, When
from django.utils.translation import gettext as _

from aftersales.models import ReturnLine, ReturnRequest
from aftersales.services.rights import require
from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.money import ZERO, round_money
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance, lock, record_creation
from finance import services as finance
from inventory.models import Place, StockMove
from inventory.services import Movement, post_moves, quarantine_place, receiving_place, virtual_place
from orders import services as orders
from orders.models import OrderLine, SalesOrder
from orders.services.fulfilment import allocate_free

Status = ReturnRequest.Status


def returnable_of(order: SalesOrder) -> dict[int, Decimal]:
    """How much of each order line may still be asked back: shipped, less what came back or is asked for. Two queries."""
    counted = Case(
        When(request__status__in=[Status.RECEIVED, Status.CLOSED], then=F("received")), default=F("quantity")
    )
    rows = (
        ReturnLine.objects.filter(request__order=order)
        .exclude(request__status=Status.REFUSED)
        .values_list("order_line_id")
        .annotate(total=Sum(counted))
    )
    taken = dict(rows)
    return {
        pk: shipped - taken.get(pk, ZERO)
        for pk, shipped in order.lines.values_list("pk", "shipped").order_by("position")
    }


@verb
def request_return(
    order: SalesOrder,
    *,
    lines: Mapping[int, Decimal],
    reason: str,
    text: str,
    by: User | None,
    by_customer: bool = False,
) -> ReturnRequest:
    """Ask for goods of an order to come back: `{order line id: quantity}`.

    Raises BusinessError when nothing is asked for or more than was shipped and not asked back yet.
    """
    require(by, "aftersales.add_returnrequest")
    wanted = {pk: quantity for pk, quantity in lines.items() if quantity}
    if not wanted:
        raise BusinessError(
            _("No quantity was entered."), hint=_("Enter how many of at least one line are to come back.")
        )
    if reason not in ReturnRequest.Reason.values:
        raise BusinessError(_("Please choose a reason."), field="reason")
    lock(order)
    _check_returnable(order, wanted)
    request = ReturnRequest.objects.create(
        number=next_number("RT"), order=order, reason=reason, text=text, by_customer=by_customer, created_by=by
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(request=request, order_line_id=pk, quantity=quantity) for pk, quantity in wanted.items()
    )
    record_creation(request, by=by)
    return request


def _check_returnable(order: SalesOrder, wanted: Mapping[int, Decimal]) -> None:
    left = returnable_of(order)
    if set(wanted) - set(left):
        raise BusinessError(_("A line does not belong to order %(order)s.") % {"order": order.number})
    bad = [pk for pk, quantity in wanted.items() if not ZERO < quantity <= left[pk]]
    if not bad:
        return
    line: OrderLine = order.lines.select_related("product").get(pk=bad[0])
    raise BusinessError(
        _(
            "%(product)s: %(wanted)s cannot come back; %(shipped)s were shipped and %(left)s of them are not asked back yet."
        )
        % {
            "product": line.product.name,
            "wanted": f"{wanted[line.pk].normalize():f}",
            "shipped": f"{line.shipped.normalize():f}",
            "left": f"{left[line.pk].normalize():f}",
        },
        hint=_("Lower the quantity."),
        field=f"line_{line.pk}",
        code="not_returnable",
    )


@verb
def receive_return(
    request: ReturnRequest, *, received: Mapping[int, Decimal], sellable: Collection[int], by: User | None
) -> ReturnRequest:
    """Take returned goods in: `{return line id: quantity}`; `sellable` lines go to the first bin, others to quarantine.

    Stock gets them back at the cost they left with, the order counts them, and orders that wait for them get them.
    Raises BusinessError when more comes back than was agreed.
    """
    order = request.order
    lock(order)
    lines = list(request.lines.select_related("order_line__product").order_by("pk"))
    for line in lines:
        quantity = received.get(line.pk, ZERO)
        if not ZERO <= quantity <= line.quantity:
            raise BusinessError(
                _("%(product)s: %(received)s came back, but only %(agreed)s were agreed.")
                % {
                    "product": line.order_line.product.name,
                    "received": f"{quantity.normalize():f}",
                    "agreed": f"{line.quantity.normalize():f}",
                },
                hint=_("Lower the quantity; for the rest open another return."),
                field=f"received_{line.pk}",
                code="too_many_returned",
            )
    _take_in(request, lines, received, sellable, by=by)
    return request


def _take_in(
    request: ReturnRequest,
    lines: list[ReturnLine],
    received: Mapping[int, Decimal],
    sellable: Collection[int],
    *,
    by: User | None,
) -> None:
    lock(request)
    if request.status != Status.APPROVED:
        advance(request, "receive", by=by)  # refuses, and says why
    for line in lines:
        line.received = received.get(line.pk, ZERO)
        line.is_sellable = line.pk in sellable and line.received > 0
    ReturnLine.objects.bulk_update(lines, ["received", "is_sellable"])
    back = [line for line in lines if line.received]
    post_moves(_movements(request, back), document=request, by=by, reason=request.number)
    orders.record_returned(request.order, {line.order_line_id: line.received for line in back}, by=by)
    advance(request, "receive", by=by)
    free = {line.order_line.product_id for line in back if line.is_sellable}
    if free:
        allocate_free(free, warehouse_id=request.order.warehouse_id, by=None)


@dataclass(slots=True)
class _Out:
    """What of one lot is still with the customer, and what it was worth when it left (CNY)."""

    quantity: Decimal = ZERO
    value: Decimal = ZERO


def _still_out(lines: list[ReturnLine]) -> dict[int, dict[int | None, _Out]]:
    """By order line and lot: what was issued less what came back before. One query."""
    out: dict[int, dict[int | None, _Out]] = defaultdict(lambda: defaultdict(_Out))
    moves = StockMove.objects.filter(line_id__in=[line.order_line_id for line in lines]).filter(
        document_type__in=["shipping.Shipment", ReturnRequest._meta.label],
        product_id__in=[line.order_line.product_id for line in lines],
    )
    for move in moves.select_related("source", "target").order_by("id"):
        sign = 1 if move.target.kind == Place.Kind.CUSTOMER else -1 if move.source.kind == Place.Kind.CUSTOMER else 0
        row = out[move.line_id or 0][move.lot_id]
        row.quantity += sign * move.quantity
        row.value += sign * move.value
    return out


def _movements(request: ReturnRequest, lines: list[ReturnLine]) -> list[Movement]:
    """From the customer into the house, lot by lot, each at the cost it left with. Services do not move."""
    goods = [line for line in lines if line.order_line.product.is_stocked]
    if not goods:
        return []
    out = _still_out(goods)
    warehouse, customer = request.order.warehouse, virtual_place(Place.Kind.CUSTOMER)
    places = {
        True: receiving_place(warehouse) if any(line.is_sellable for line in goods) else None,
        False: quarantine_place(warehouse) if any(not line.is_sellable for line in goods) else None,
    }
    found = []
    for line in goods:
        missing, place = line.received, places[line.is_sellable]
        assert place is not None
        for lot, row in out[line.order_line_id].items():
            part = min(missing, row.quantity)
            if part <= 0:
                continue
            missing -= part
            value = row.value if part == row.quantity else round_money(row.value * part / row.quantity)
            found.append(
                Movement(
                    product_id=line.order_line.product_id,
                    source_id=customer.pk,
                    target_id=place.pk,
                    lot_id=lot,
                    quantity=part,
                    value=value,
                    key=f"return:{line.pk}:{lot or 0}",
                    line_id=line.order_line_id,
                )
            )
    return found


@verb
def close_return(request: ReturnRequest, *, by: User | None) -> ReturnRequest:
    """Credit the customer for what came back and close. Locks the order before the return. Raises TransitionRefused."""
    lock(request.order)
    advance(request, "close", by=by)
    return request


def credit_return(document: ReturnRequest, *, change: StatusChange, by: User | None) -> None:
    """Give the customer credit for what came back (follower of “close”)."""
    finance.credit_return(document, by=by)
