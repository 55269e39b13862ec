"""Splitting an order (拆单): quantities of its lines go on as an order of their own, with all that is held for them.

What lacks goes first, so that the part that can leave stays; picked, shipped and billed quantities stay in any case.
Amounts are divided by quantity, the remainder stays, so both orders come to what the one came to, to the cent. Money is
matched with receivables, and these bill what has left: it stays too.

Nothing new is decided by splitting: an approved order's part is approved, a held one's is held, and of a pending one
the same people are asked about both, so that nobody avoids a policy by making orders small.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.models import StatusChange, User
from erp.money import ZERO, LineAmounts, round_money, round_quantity
from erp.numbering import next_number
from erp.splitting import billed_lines, divide_work, taken_goods
from erp.transactions import verb
from erp.workflow import lock, require_writable
from inventory.models import Product, SupplyRequest, Warehouse
from inventory.selectors import reservations_of
from inventory.services import (
    Need,
    cancel_supply,
    date_needs,
    divide_need,
    hand_over_reservations,
    open_needs,
    readdress_needs,
    release_items,
    state_needs,
)
from orders.models import ApprovalStep, OrderLine, OrderLink, SalesOrder
from orders.services.checks import run_checks
from orders.services.entry import last_four_digits
from orders.services.fulfilment import (
    HOLDER,
    allocate_free,
    allocate_order,
    record_delivered,
    record_payment,
    refresh_status,
)
from orders.services.policies import note_in_timeline
from orders.services.revisions import keep_revision

SPLITTABLE = (*SalesOrder.EDITABLE, *SalesOrder.FULFILLING)
Status = SalesOrder.Status


@dataclass(slots=True)
class Going:
    """A quantity of a line that goes. `reserved`: promised stock that goes with it, `lacking`: what it still asks for."""

    line: OrderLine
    quantity: Decimal
    amounts: LineAmounts
    target: OrderLine
    reserved: Decimal = ZERO
    lacking: Decimal = ZERO

    @property
    def whole(self) -> bool:
        """The line itself changes the order, with all that was ever held for it."""
        return self.line is self.target


def may_go(line: OrderLine, billed: Decimal = ZERO) -> Decimal:
    """How much of a line can go to another order: what is neither picked nor billed."""
    return line.quantity - max(line.picked, line.invoiced, billed)


def movable(order: SalesOrder) -> dict[int, Decimal]:
    """How much of each line can go, by line. Two queries."""
    billed = billed_lines(order)
    return {
        line.pk: may_go(line, billed[line.pk].quantity if line.pk in billed else ZERO) for line in order.lines.all()
    }


@verb
def split_order(
    order: SalesOrder,
    parts: Mapping[int, Decimal],
    *,
    by: User | None,
    version: int,
    promised_date: dt.date | None = None,
    warehouse: Warehouse | None = None,
    ship_to: dict[str, str] | None = None,
    note: str = "",
) -> SalesOrder:
    """Let quantities of lines go on as a new order: `{line id: stock units}`. `version` is the one that was looked at.

    Raises BusinessError naming the field (`parts.<line id>`, `promised_date`, `warehouse`), NotPermitted; then nothing
    has changed.
    """
    if by is not None and not by.has_perm("orders.split_salesorder"):
        raise NotPermitted(_("You do not have the right to split orders."))
    lock(order)
    require_writable(order, by=by)
    refuse_stale(order, version)
    lines = list(order.lines.select_related("product").order_by("position"))
    going = _going(order, lines, parts)
    _refuse_unpayable(order, going)
    moved = warehouse if warehouse is not None and warehouse.pk != order.warehouse_id else None
    if moved is not None:
        _refuse_made(going, moved)
    keep_revision(order, by=by)
    new = _new_order(order, going, promised_date=promised_date, warehouse=moved, ship_to=ship_to)
    words = f"{_summary(going)}{'; ' + note.strip() if note.strip() else ''}"
    _move_holdings(order, new, going, moved=moved is not None, by=by)
    OrderLink.objects.create(kind=OrderLink.Kind.SPLIT, source=order, target=new, by=by)
    StatusChange.objects.create(
        document_type=new._meta.label,
        document_id=new.pk,
        transition="split_off",
        target=new.status,
        by=by,
        note=f"← {order.number}: {words}",
    )
    note_in_timeline(order, "split", by=by, note=f"→ {new.number}: {words}")
    _settle(order, new, moved=moved is not None, by=by)
    return new


def refuse_stale(order: SalesOrder, version: int) -> None:
    """Refuse when the order can't be divided or joined any more, or is not the one that was looked at."""
    if order.status not in SPLITTABLE:
        raise BusinessError(
            _("%(number)s is “%(status)s”; it cannot be split or merged any more.")
            % {"number": order.number, "status": order.get_status_display()},
            code="wrong_state",
        )
    if order.version != version:
        raise BusinessError(
            _("Somebody else changed %(number)s meanwhile.") % {"number": order.number},
            hint=_("Look at it again, then choose once more."),
            code="version_conflict",
        )


def _going(order: SalesOrder, lines: Sequence[OrderLine], parts: Mapping[int, Decimal]) -> list[Going]:
    """What goes, checked, with its share of the amounts."""
    wanted = {pk: quantity for pk, quantity in parts.items() if quantity}
    known = {line.pk: line for line in lines}
    if unknown := set(wanted) - set(known):
        raise BusinessError(
            _("The order's lines have changed meanwhile."),
            hint=_("Look at it again, then choose once more."),
            field=f"parts.{min(unknown)}",
        )
    if not wanted:
        raise BusinessError(_("Choose what goes to the new order."), hint=_("Enter a quantity for at least one line."))
    billed = billed_lines(order)
    going = []
    for line in lines:
        quantity = wanted.get(line.pk, ZERO)
        done = billed.get(line.pk)
        most = may_go(line, done.quantity if done else ZERO)
        if quantity and (quantity < 0 or quantity != round_quantity(quantity) or quantity > most):
            raise BusinessError(
                _("%(product)s: between 0 and %(most)s can go to another order.")
                % {"product": line.product.sku, "most": f"{most.normalize():f}"},
                hint=_("What is picked, shipped or billed stays."),
                field=f"parts.{line.pk}",
            )
        if quantity:
            going.append(_part(line, quantity, done))
    if len(going) == len(lines) and all(one.whole for one in going):
        raise BusinessError(
            _("Everything would go; something must stay with %(number)s.") % {"number": order.number},
            hint=_("Leave at least one line or a part of it."),
        )
    return going


def _part(line: OrderLine, quantity: Decimal, billed: object) -> Going:
    amounts = share(line, quantity, billed)
    if quantity == line.quantity:
        return Going(line, quantity, amounts, line, reserved=line.reserved, lacking=line.short)
    twin = copy(line)
    twin.pk, twin._state.adding = None, True
    twin.made = twin.picked = twin.shipped = twin.delivered = twin.invoiced = twin.returned = ZERO
    twin.quantity, twin.untaxed, twin.tax, twin.total = quantity, amounts.untaxed, amounts.tax, amounts.total
    lacking = min(quantity, line.short)
    twin.reserved = quantity - lacking if line.reserved else ZERO
    return Going(line, quantity, amounts, twin, reserved=twin.reserved, lacking=lacking)


def share(line: OrderLine, quantity: Decimal, billed: object) -> LineAmounts:
    """What a quantity of a line comes to: its share of what is not billed yet, all of it when nothing else is left."""
    left = line.quantity - getattr(billed, "quantity", ZERO)
    untaxed, tax = line.untaxed - getattr(billed, "untaxed", ZERO), line.tax - getattr(billed, "tax", ZERO)
    if quantity != left:
        untaxed, tax = round_money(untaxed * quantity / left), round_money(tax * quantity / left)
    return LineAmounts(untaxed=untaxed, tax=tax, total=untaxed + tax)


def _refuse_unpayable(order: SalesOrder, going: Sequence[Going]) -> None:
    left = order.total - sum((one.amounts.total for one in going), ZERO)
    if order.paid > left:
        raise BusinessError(
            _("%(paid)s is paid for %(number)s, more than the %(left)s that would stay with it.")
            % {"paid": f"{order.paid:,.2f}", "number": order.number, "left": f"{left:,.2f}"},
            hint=_("Let less go, or take an allocation back first."),
            code="paid_more",
        )


def _refuse_made(going: Sequence[Going], warehouse: Warehouse) -> None:
    """Production delivers to one warehouse: what it makes cannot be promised by another one."""
    made = SupplyRequest.objects.filter(
        holder_type=HOLDER,
        holder_id__in=[one.line.pk for one in going if one.lacking],
        status=SupplyRequest.Status.OPEN,
        supply=Product.Supply.MAKE,
    ).select_related("product", "warehouse")
    if need := made.first():
        raise BusinessError(
            _("%(product)s is being made for %(old)s; its part cannot leave from %(new)s.")
            % {"product": need.product.sku, "old": need.warehouse, "new": warehouse},
            hint=_("Keep the warehouse, or leave this line where it is."),
            field="warehouse",
        )


def _summary(going: Sequence[Going]) -> str:
    return "、".join(f"{one.line.product.sku} × {one.quantity.normalize():f}" for one in going)


def _new_order(
    order: SalesOrder,
    going: Sequence[Going],
    *,
    promised_date: dt.date | None,
    warehouse: Warehouse | None,
    ship_to: dict[str, str] | None,
) -> SalesOrder:
    if promised_date is not None and promised_date < timezone.localdate(order.ordered_at):
        raise BusinessError(
            _("The promised date lies before the order date."), hint=_("Choose a later date."), field="promised_date"
        )
    address = ship_to if ship_to is not None else order.ship_to
    untaxed = sum((one.amounts.untaxed for one in going), ZERO)
    tax = sum((one.amounts.tax for one in going), ZERO)
    new = SalesOrder(
        number=next_number("SO"),
        # Where it goes on from there follows its lines: see `_settle`.
        status=order.status if order.status in SalesOrder.EDITABLE else Status.APPROVED,
        customer_id=order.customer_id,
        channel_id=order.channel_id,
        salesperson_id=order.salesperson_id,
        warehouse=warehouse or order.warehouse,
        project_id=order.project_id,
        priority=order.priority,
        ordered_at=order.ordered_at,
        promised_date=promised_date or order.promised_date,
        customer_note=order.customer_note,
        ship_to=address,
        phone_last4=last_four_digits(address.get("phone", "")),
        currency=order.currency,
        rate=order.rate,
        untaxed=untaxed,
        tax=tax,
        total=untaxed + tax,
        approved_at=order.approved_at,
        hold_reason=order.hold_reason,
        hold_by_id=order.hold_by_id,
        created_by_id=order.created_by_id,
    )
    new.arrive()
    new.save(force_insert=True)
    order.untaxed, order.tax = order.untaxed - untaxed, order.tax - tax
    order.total = order.untaxed + order.tax
    order.version += 1
    order.save(update_fields=["untaxed", "tax", "total", "version"])
    return new


def _move_holdings(order: SalesOrder, new: SalesOrder, going: Sequence[Going], *, moved: bool, by: User | None) -> None:
    """Lines, what is made for them, and the stock promised to them: documents first, stock last, as everywhere."""
    taken, held = _taken(order, going), [one for one in going if one.line.product.is_stocked]
    _write_lines(new, going)
    goods = [one for one in held if not one.whole]
    if moved:
        _give_up(order, held, by=by)
        return
    readdress_needs({one.line.pk: one.line.pk for one in held if one.whole}, holder_type=HOLDER, document=new)
    needs = open_needs(holder_type=HOLDER, holder_ids=[one.line.pk for one in goods])
    divided = []
    for one in goods:
        if one.lacking and (need := needs.get(one.line.pk)):
            mine = divide_need(need, one.lacking, rest=one.line.short, holder_id=one.target.pk, document=new)
            divided.append((need, mine, one.lacking))
    date_needs(new, needed_by=new.promised_date, priority=new.priority)
    for need, mine, quantity in divided:
        if need.supply == Product.Supply.MAKE:
            mine.needed_by = new.promised_date
            divide_work(need, mine, quantity, by=by)
    parts = {(line, target, item): part for (line, item), (target, part) in _stock_of(goods, taken).items()}
    hand_over_reservations(parts, holder_type=HOLDER, by=by, reason="split")


def _taken(order: SalesOrder, going: Sequence[Going]) -> Mapping[tuple[int, int], Decimal]:
    return taken_goods(order) if any(one.reserved for one in going) else {}


def _write_lines(new: SalesOrder, going: Sequence[Going]) -> None:
    twins, stay = [], []
    for position, one in enumerate(going, start=1):
        one.target.order, one.target.position = new, position
        if one.whole:
            continue
        line = one.line
        line.quantity -= one.quantity
        line.untaxed, line.tax = line.untaxed - one.amounts.untaxed, line.tax - one.amounts.tax
        line.total = line.untaxed + line.tax
        line.reserved -= one.reserved
        twins.append(one.target)
        stay.append(line)
    OrderLine.objects.bulk_update(stay, ["quantity", "untaxed", "tax", "total", "reserved"])
    OrderLine.objects.bulk_update([one.line for one in going if one.whole], ["order", "position"])
    OrderLine.objects.bulk_create(twins)


def _stock_of(
    going: Sequence[Going], taken: Mapping[tuple[int, int], Decimal]
) -> dict[tuple[int, int], tuple[int, Decimal]]:
    """Which promised stock goes: `{(line, stock item): (target line, quantity)}`; what is off the shelves stays."""
    left = {one.line.pk: one.reserved for one in going if one.reserved}
    targets = {one.line.pk: one.target.pk for one in going}
    found: dict[tuple[int, int], tuple[int, Decimal]] = {}
    for row in reversed(reservations_of(HOLDER, list(left))):
        key = (row.holder_id, row.item_id)
        if (part := min(row.quantity - taken.get(key, ZERO), left[row.holder_id])) > 0:
            found[key] = (targets[row.holder_id], part)
            left[row.holder_id] -= part
    return found


def _give_up(order: SalesOrder, going: Sequence[Going], *, by: User | None) -> None:
    """The part leaves from another warehouse: what was promised and asked for here is free again."""
    freed = {key: part for key, (_target, part) in _stock_of(going, _taken(order, going)).items()}
    if order.status not in SalesOrder.FULFILLING:
        return
    cancel_supply(holder_type=HOLDER, holder_ids=[one.line.pk for one in going if one.whole])
    state_needs(
        [Need(one.line.pk, one.line.product, one.line.short) for one in going if not one.whole],
        holder_type=HOLDER,
        document=order,
        warehouse_id=order.warehouse_id,
        needed_by=order.promised_date,
        priority=order.priority,
    )
    release_items(freed, holder_type=HOLDER, by=by, reason="split")
    for one in going:
        one.target.reserved = ZERO
    OrderLine.objects.bulk_update([one.target for one in going], ["reserved"])


def _settle(order: SalesOrder, new: SalesOrder, *, moved: bool, by: User | None) -> None:
    """Let both orders' states follow what they hold now."""
    _ask_the_same(order, new)
    if order.status in SalesOrder.EDITABLE:
        for one in (order, new):
            run_checks(one)
        return
    refresh_status(order, by=by)
    if order.paid:
        record_payment(order, ZERO, by=by)
    if order.delivered_at is None and not order.lines.filter(delivered__lt=F("quantity")).exists():
        record_delivered(order, {}, at=timezone.now(), by=by)
    if moved:
        allocate_order(new, change=None, by=by)
        products = list(new.lines.values_list("product_id", flat=True))
        allocate_free(products, warehouse_id=order.warehouse_id, by=by)
    else:
        refresh_status(new, by=by)


def _ask_the_same(order: SalesOrder, new: SalesOrder) -> None:
    """Copy what people are asked, and have agreed to, the last time. Up to six queries, whatever the number."""
    last = order.approvals.aggregate(last=Max("round"))["last"]
    decisions = ("", ApprovalStep.Decision.APPROVED)
    rows = order.approvals.filter(round=last, decision__in=decisions)
    steps = list(rows.prefetch_related("roles", "people"))
    copies = []
    for step in steps:
        twin = copy(step)
        twin.pk, twin._state.adding, twin.order = None, True, new
        copies.append(twin)
    ApprovalStep.objects.bulk_create(copies)
    pairs = list(zip(steps, copies, strict=True))
    roles, people = ApprovalStep.roles.through, ApprovalStep.people.through
    roles.objects.bulk_create(
        roles(approvalstep_id=twin.pk, group_id=one.pk) for step, twin in pairs for one in step.roles.all()
    )
    people.objects.bulk_create(
        people(approvalstep_id=twin.pk, user_id=one.pk) for step, twin in pairs for one in step.people.all()
    )
