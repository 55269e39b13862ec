"""Picking: lists out of what is reserved, what was really on the shelf, and taking lists back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.money import ZERO, round_quantity
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance, record_creation, require_writable
from inventory.selectors import reservations_of
from inventory.services import Issue, issue_reserved, lock_shelves, quarantine_place
from orders.models import SalesOrder
from orders.services import HOLDER, record_picked, unreserve
from shipping.models import PickLine, PickList, Shipment
from shipping.services.common import by_order_line, lock_with_order, require
from shipping.services.waves import note_returns, refuse_other

SHORT = gettext_noop("short pick")
NOTHING_THERE = gettext_noop("Nothing of it was on the shelves.")
Key = tuple[int, int | None]  # order line, stock item


@verb
def open_pick_list(order: SalesOrder, *, by: User | None, change: StatusChange | None = None) -> PickList | None:
    """Open a pick list for everything reserved that is on no other list; an open list is brought up to date instead.

    Follower of “make_ready” (then there may be nothing left to pick, which is no error), and called by a person to
    ship a part of an order: then lines that are not goods wait for the rest. Raises BusinessError.
    """
    order = SalesOrder.objects.select_for_update().get(pk=order.pk)
    if change is None:
        require(by, "shipping.pick_picklist", _("Your role does not include opening pick lists."))
        require_writable(order, by=by)
        _check_may_be_picked(order)
    wanted = to_pick(order)
    pick_list = order.pick_lists.filter(status=PickList.Status.OPEN).first()
    if not wanted:
        if change is None and pick_list is None:
            raise BusinessError(
                _("Nothing is reserved for %(order)s that is not being picked already.") % {"order": order},
                hint=_("Receive or make the missing goods first."),
            )
        return pick_list
    created = pick_list is None
    if pick_list is None:
        pick_list = PickList.objects.create(number=next_number("PK"), order=order, created_by=by)
    _write_lines(pick_list, wanted)
    if created:
        record_creation(pick_list, by=by)
    return pick_list


def _check_may_be_picked(order: SalesOrder) -> None:
    if order.status not in SalesOrder.FULFILLING:
        raise BusinessError(
            _("%(order)s is “%(status)s”; there is nothing to pick.")
            % {"order": order, "status": order.get_status_display()}
        )
    if order.hold_reason:
        raise BusinessError(_("The order is on hold: %(reason)s") % {"reason": order.hold_reason})


def to_pick(order: SalesOrder) -> dict[Key, Decimal]:
    """What is reserved and on no list yet, in picking order; the services of a ready order go with the last list."""
    lines = list(order.lines.select_related("product"))
    taken = _on_other_lists(order)
    wanted: dict[Key, Decimal] = {}
    for row in reservations_of(HOLDER, [line.pk for line in lines]):
        key = (row.holder_id, row.item_id)
        if (left := row.quantity - taken.get(key, ZERO)) > 0:
            wanted[key] = left
    if order.status == SalesOrder.Status.READY_TO_SHIP:
        for line in lines:
            left = line.to_ship - taken.get((line.pk, None), ZERO)
            if not line.product.is_stocked and left > 0:
                wanted[line.pk, None] = left
    return wanted


def _on_other_lists(order: SalesOrder) -> dict[Key, Decimal]:
    """What is picked and has not left yet: its reservations still stand."""
    lines = PickLine.objects.filter(pick_list__order=order)
    waiting = lines.filter(pick_list__status=PickList.Status.PICKED) | lines.filter(
        pick_list__status=PickList.Status.PACKED, pick_list__shipment__status=Shipment.Status.PACKED
    )
    sums = waiting.values_list("order_line_id", "item_id").annotate(sum=Sum("picked"))
    return {(line, item): total or ZERO for line, item, total in sums}


def taken_goods(order: SalesOrder) -> dict[tuple[int, int], Decimal]:
    """Goods that are off the shelves for an order and have not left yet: `{(order line id, stock item id): quantity}`."""
    return {(line, item): quantity for (line, item), quantity in _on_other_lists(order).items() if item is not None}


def off_shelf(item_ids: Collection[int]) -> dict[tuple[str, int, int], Decimal]:
    """What is picked, or scanned into a trolley, and has not left the house: see `erp.shelves`. One query."""
    lines = PickLine.objects.filter(item_id__in=item_ids).filter(
        Q(pick_list__status=PickList.Status.PICKED)
        | Q(pick_list__status=PickList.Status.OPEN, scanned__gt=0)
        | Q(pick_list__status=PickList.Status.PACKED, pick_list__shipment__status=Shipment.Status.PACKED)
    )
    sums = lines.values_list("order_line_id", "item_id").annotate(sum=Sum(Coalesce("picked", "scanned")))
    return {(HOLDER, line, item): total for line, item, total in sums if total}


@transaction.atomic
def renew_pick_list(document: SalesOrder, *, change: StatusChange | None, by: User | None) -> None:
    """What is reserved for an order has changed: its open list follows, or is withdrawn (“split” and “merge”)."""
    pick_list = document.pick_lists.filter(status=PickList.Status.OPEN).first()
    if pick_list is None:
        return
    if wanted := to_pick(document):
        _write_lines(pick_list, wanted)
    else:
        advance(pick_list, "cancel", by=None)


def _write_lines(pick_list: PickList, wanted: Mapping[Key, Decimal]) -> None:
    """Bring a list's lines up to date: what was scanned stays counted, and what is wanted no more goes back.

    A line that changes is made anew, so that whoever counted by the old one is told.
    """
    lines = list(pick_list.lines.all())
    changed = [line for line in lines if wanted.get((line.order_line_id, line.item_id)) != line.wanted]
    scanned = {(line.order_line_id, line.item_id): line.scanned for line in changed}
    too_much = {line: line.scanned - wanted.get((line.order_line_id, line.item_id), ZERO) for line in changed}
    note_returns(pick_list, too_much)
    pick_list.lines.filter(pk__in=[line.pk for line in changed]).delete()
    kept = {(line.order_line_id, line.item_id) for line in lines} - set(scanned)
    PickLine.objects.bulk_create(
        PickLine(
            pick_list=pick_list,
            order_line_id=key[0],
            item_id=key[1],
            wanted=quantity,
            scanned=min(quantity, scanned.get(key, ZERO)),
        )
        for key, quantity in wanted.items()
        if key not in kept
    )


@verb
def confirm_pick(pick_list: PickList, *, picked: Mapping[int, Decimal], by: User | None) -> PickList:
    """Record what was really taken from the shelves: `{pick line id: stock units}`; lines left out are taken whole.

    What was not there goes to quarantine to be counted, is reserved no more, and the order waits for it again. The same
    confirmation a second time changes nothing. Raises BusinessError; then nothing has changed.
    """
    order = lock_with_order(pick_list)
    lines = list(pick_list.lines.select_related("order_line__product", "item__place").order_by("id"))
    counted = _counted(lines, picked)
    if pick_list.status == PickList.Status.OPEN:
        refuse_other(pick_list.picker, by, pick_list)
        lock_shelves([line.item_id for line in lines if line.item_id])
    if pick_list.status == PickList.Status.PICKED and all(line.picked == counted[line.pk] for line in lines):
        return pick_list
    if pick_list.status == PickList.Status.OPEN:
        for line in lines:
            line.picked = counted[line.pk]
        PickLine.objects.bulk_update(lines, ["picked"])
    if pick_list.status == PickList.Status.OPEN and not any(counted.values()):
        require(by, "shipping.pick_picklist", _("Your role does not include picking."))
        advance(pick_list, "cancel", by=None, note=NOTHING_THERE)
    else:
        advance(pick_list, "confirm", by=by)
        record_picked(order, by_order_line((line.order_line_id, counted[line.pk]) for line in lines), by=by)
    _give_up_short(pick_list, order, [line for line in lines if counted[line.pk] < line.wanted], by=by)
    return pick_list


def _counted(lines: Iterable[PickLine], picked: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """The quantity of every line, checked; services cannot be missing on a shelf."""
    by_id = {line.pk: line for line in lines}
    if unknown := set(picked) - set(by_id):
        raise BusinessError(
            _("The pick list has changed meanwhile."), hint=_("Load the page again."), field=f"picked_{unknown.pop()}"
        )
    counted = {}
    for pk, line in by_id.items():
        quantity = round_quantity(picked.get(pk, line.wanted)) if line.item_id else line.wanted
        if not 0 <= quantity <= line.wanted:
            raise BusinessError(
                _("%(product)s: between 0 and %(wanted)s can be picked.")
                % {"product": line.order_line.product.name, "wanted": f"{line.wanted.normalize():f}"},
                field=f"picked_{pk}",
            )
        counted[pk] = quantity
    return counted


def _give_up_short(pick_list: PickList, order: SalesOrder, short: list[PickLine], *, by: User | None) -> None:
    """What should have been in a bin and was not: out of the bin, so that nobody is promised it again."""
    if not short:
        return
    lacking = {line.pk: line.wanted - (line.picked or ZERO) for line in short}
    issue_reserved(
        [
            Issue(line.order_line_id, line.item_id, lacking[line.pk], f"short:{line.pk}", line.order_line_id)
            for line in short
            if line.item_id is not None
        ],
        holder_type=HOLDER,
        target=quarantine_place(order.warehouse),
        document=pick_list,
        by=by,
        reason=SHORT,
    )
    missing = by_order_line((line.order_line_id, lacking[line.pk]) for line in short)
    unreserve(order, missing, by=by, reason=SHORT, released=True)


@transaction.atomic
def withdraw_pick_lists(document: SalesOrder, *, change: StatusChange | None, by: User | None) -> None:
    """The order waits for stock again: what nobody has picked yet is taken back (follower of “wait_again”)."""
    for pick_list in document.pick_lists.filter(status=PickList.Status.OPEN).order_by("id"):
        advance(pick_list, "cancel", by=None)


@transaction.atomic
def cancel_for_order(document: SalesOrder, *, change: StatusChange | None, by: User | None) -> None:
    """A sales order was cancelled: its parcels are unpacked, its pick lists withdrawn (follower of “cancel”)."""
    for shipment in document.shipments.filter(status=Shipment.Status.PACKED).order_by("id"):
        advance(shipment, "cancel", by=None, note=document.number)
    lists = document.pick_lists.filter(status__in=[PickList.Status.OPEN, PickList.Status.PICKED])
    back: dict[int, Decimal] = defaultdict(Decimal)
    for pick_list in lists.order_by("id"):
        if pick_list.status == PickList.Status.PICKED:
            for line_id, quantity in pick_list.lines.values_list("order_line_id", "picked"):
                back[line_id] -= quantity or ZERO
        advance(pick_list, "cancel", by=None, note=document.number)
    if back:
        record_picked(document, back, by=by)
