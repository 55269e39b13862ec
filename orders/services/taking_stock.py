"""Who holds promised stock is changed by people: given up, taken for another order, given back.

Both orders are locked by id before anything else. What is off the shelves stays with its order.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.models import User
from erp.money import ZERO, round_quantity
from erp.splitting import taken_goods
from erp.transactions import verb
from erp.web.formats import qty
from erp.workflow import lock, require_writable
from inventory.selectors import reservations_of
from inventory.services import Need, hand_over_reservations, release, state_needs
from orders.models import OrderLine, SalesOrder, Taking
from orders.services.approval import hold
from orders.services.fulfilment import HOLDER, allocate_free, refresh_status
from orders.services.policies import note_in_timeline

MAY_TAKE, MAY_RELEASE = "orders.take_reservation", "orders.change_salesorder"
Parts = dict[tuple[int, int], Decimal]  # (line id, stock item id): stock units


def on_the_shelf(order: SalesOrder) -> Parts:
    """What lines of an order hold and nobody has picked yet, by line and stock item. A few queries."""
    gone = taken_goods(order)
    rows = reservations_of(HOLDER, list(order.lines.values_list("pk", flat=True)))
    held = {(row.holder_id, row.item_id): row.quantity - gone.get((row.holder_id, row.item_id), ZERO) for row in rows}
    return {key: quantity for key, quantity in held.items() if quantity > 0}


def by_line(parts: Mapping[tuple[int, int], Decimal]) -> dict[int, Decimal]:
    """The same by line only."""
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for (line, _item), quantity in parts.items():
        sums[line] += quantity
    return sums


@verb
def release_rest(order: SalesOrder, *, by: User | None, reason: str, then_hold: bool = False) -> dict[int, Decimal]:
    """Give up all that an order holds and nobody has picked, and offer it to the others at once.

    The order waits in its place of the queue again; with `then_hold` it is put on hold and gets nothing new. Returns
    how much each line gave up. Raises BusinessError, NotPermitted.
    """
    _need(by, MAY_RELEASE)
    lock(order)
    _check(order, by=by, reason=reason)
    given = release(
        holder_type=HOLDER,
        holder_ids=list(order.lines.values_list("pk", flat=True)),
        by=by,
        reason="released",
        keep=taken_goods(order),
    )
    given = {line: quantity for line, quantity in given.items() if quantity}
    if not given:
        raise BusinessError(
            _("%(number)s holds nothing that could be released.") % {"number": order.number},
            hint=_("What is picked is put back from its pick list or parcel."),
        )
    if then_hold:
        hold(order, by=by, reason=reason)
    lines = _count(order, {line: ZERO - quantity for line, quantity in given.items()}, by=by)
    note_in_timeline(order, "release_stock", by=by, note=_words(lines, given, reason))
    # The others are locked after this one, so only those that nobody is at work on are served now.
    allocate_free([line.product_id for line in lines], warehouse_id=order.warehouse_id, by=by, but=order.pk)
    return given


@verb
def take_from(source: OrderLine, target: OrderLine, quantity: Decimal, *, by: User | None, reason: str) -> Taking:
    """Give stock that `source` holds to `target`, a line of another order that waits for the same product there.

    The source's order waits again, and its people are told. Raises BusinessError naming `quantity`, NotPermitted.
    """
    _need(by, MAY_TAKE)
    giver, taker = _lock_both(source, target)
    for order in (giver, taker):
        _check(order, by=by, reason=reason)
    source, target = _fresh(giver, source), _fresh(taker, target)
    _check_pair(giver, taker, source, target)
    parts = {key: held for key, held in on_the_shelf(giver).items() if key[0] == source.pk}
    quantity = round_quantity(quantity)
    most = min(sum(parts.values(), ZERO), target.short)
    if not 0 < quantity <= most:
        raise BusinessError(
            _("Between 0 and %(most)s can be taken from %(number)s now.")
            % {"most": qty(most, source.unit), "number": giver.number},
            hint=_("Load the page again to see what each order holds."),
            field="quantity",
        )
    _hand_over(parts, target.pk, quantity, by=by, reason="taken")
    _count(giver, {source.pk: ZERO - quantity}, by=by)
    _count(taker, {target.pk: quantity}, by=by)
    said = _words([source], {source.pk: quantity}, reason)
    note_in_timeline(giver, "stock_taken", by=by, note=f"→ {taker.number}: {said}")
    note_in_timeline(taker, "stock_got", by=by, note=f"← {giver.number}: {said}")
    return Taking.objects.create(source=source, target=target, quantity=quantity, reason=reason.strip(), by=by)


@verb
def give_back(taking: Taking, *, by: User | None) -> Decimal:
    """Undo a taking as far as things stand: what the taker still has on the shelf and the giver still lacks goes back.

    Returns how much did. Undone already: nothing happens. Raises BusinessError when nothing can go back, NotPermitted.
    """
    _need(by, MAY_TAKE)
    giver, taker = _lock_both(taking.source, taking.target)
    taking = Taking.objects.select_for_update().get(pk=taking.pk)
    if taking.undone_at is not None:
        return taking.returned
    for order in (giver, taker):
        _check(order, by=by, reason=taking.reason)
    source, target = _fresh(giver, taking.source), _fresh(taker, taking.target)
    parts = {key: held for key, held in on_the_shelf(taker).items() if key[0] == target.pk}
    quantity = min(taking.quantity, sum(parts.values(), ZERO), source.short)
    if quantity <= 0:
        raise BusinessError(
            _("Nothing can be given back: %(taker)s has picked it meanwhile, or %(giver)s lacks it no more.")
            % {"taker": taker.number, "giver": giver.number}
        )
    _hand_over(parts, source.pk, quantity, by=by, reason="given back")
    _count(taker, {target.pk: ZERO - quantity}, by=by)
    _count(giver, {source.pk: quantity}, by=by)
    said = _words([source], {source.pk: quantity}, taking.reason)
    note_in_timeline(taker, "stock_taken", by=by, note=f"→ {giver.number}: {said}")
    note_in_timeline(giver, "stock_got", by=by, note=f"← {taker.number}: {said}")
    taking.returned, taking.undone_at, taking.undone_by = quantity, timezone.now(), by
    taking.save(update_fields=["returned", "undone_at", "undone_by"])
    return quantity


def _need(by: User | None, permission: str) -> None:
    if by is not None and not by.has_perm(permission):
        raise NotPermitted(
            _("You do not have the right to do this."), hint=_("Ask an administrator for the role that does this.")
        )


def _check(order: SalesOrder, *, by: User | None, reason: str) -> None:
    require_writable(order, by=by)
    if order.status not in SalesOrder.FULFILLING:
        raise BusinessError(
            _("%(number)s is “%(status)s”; it holds no stock and waits for none.")
            % {"number": order.number, "status": order.get_status_display()}
        )
    if not reason.strip():
        raise BusinessError(_("Please give a reason."), field="reason")


def _check_pair(giver: SalesOrder, taker: SalesOrder, source: OrderLine, target: OrderLine) -> None:
    if giver.pk == taker.pk:
        raise BusinessError(_("Both lines belong to the same order."))
    if source.product_id != target.product_id or giver.warehouse_id != taker.warehouse_id:
        raise BusinessError(_("The orders want different goods, or from different warehouses."))
    if taker.hold_reason:
        raise BusinessError(
            _("%(number)s is on hold and gets nothing new.") % {"number": taker.number},
            hint=_("Release the hold first."),
        )


def _lock_both(source: OrderLine, target: OrderLine) -> tuple[SalesOrder, SalesOrder]:
    rows = SalesOrder.objects.select_for_update().filter(pk__in=[source.order_id, target.order_id])
    orders = {order.pk: order for order in rows.order_by("id")}
    return orders[source.order_id], orders[target.order_id]


def _fresh(order: SalesOrder, line: OrderLine) -> OrderLine:
    found = order.lines.select_related("product").filter(pk=line.pk).first()
    if found is None:
        raise BusinessError(_("The lines have changed meanwhile."), hint=_("Load the page again."))
    return found


def _hand_over(parts: Parts, target: int, quantity: Decimal, *, by: User | None, reason: str) -> None:
    moved, left = {}, quantity
    for (line, item), held in parts.items():
        part = min(held, left)
        if part > 0:
            moved[line, target, item] = part
            left -= part
    hand_over_reservations(moved, holder_type=HOLDER, by=by, reason=reason)


def _count(order: SalesOrder, changes: Mapping[int, Decimal], *, by: User | None) -> list[OrderLine]:
    """Lines of a locked order hold more or less; their needs and the order's status follow."""
    lines = list(order.lines.filter(pk__in=changes).select_related("product").order_by("id"))
    for line in lines:
        line.reserved += changes[line.pk]
    OrderLine.objects.bulk_update(lines, ["reserved"])
    state_needs(
        [Need(holder_id=line.pk, product=line.product, quantity=line.short) for line in lines],
        holder_type=HOLDER,
        document=order,
        warehouse_id=order.warehouse_id,
        needed_by=order.promised_date,
        priority=order.priority,
    )
    refresh_status(order, by=by)
    return lines


def _words(lines: Sequence[OrderLine], quantities: Mapping[int, Decimal], reason: str) -> str:
    what = ", ".join(f"{line.product.sku} × {qty(quantities[line.pk], line.unit)}" for line in lines)
    return f"{what}. {reason.strip()}"
