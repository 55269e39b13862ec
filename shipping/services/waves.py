"""Waves: several orders in one walk, one person at a list, and what is to go back to the shelf."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.money import ZERO
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance, lock, record_creation
from orders.models import SalesOrder
from shipping.models import PickLine, PickList, PickReturn, Wave
from shipping.services.common import lock_with_order, require

MOST_LISTS = 60  # totes on one trolley train; more is a filter that was forgotten
RUNNING = (Wave.Status.OPEN, Wave.Status.PICKING)


def require_picker(by: User | None) -> None:
    """Raise NotPermitted unless the person may pick."""
    require(by, "shipping.pick_picklist", _("Your role does not include picking."))


def lock_wave(wave: Wave) -> list[PickList]:
    """Lock the orders of a wave by id, then the wave, then its lists; returns the lists by tote. Inside a transaction."""
    orders = SalesOrder.objects.select_for_update().filter(pk__in=wave.pick_lists.values("order_id"))
    by_id = {order.pk: order for order in orders.order_by("id")}
    lock(wave)
    lists = list(wave.pick_lists.select_for_update().order_by("id"))
    for pick_list in lists:
        pick_list.order = by_id[pick_list.order_id]
    return sorted(lists, key=lambda one: one.slot or 0)


@verb
def open_wave(pick_lists: Collection[PickList], *, by: User | None, assignee: User | None = None) -> Wave:
    """Put open pick lists of one warehouse together; each gets a tote, in the order given.

    Raises BusinessError naming the list that cannot go along; then nothing has changed.
    """
    require_picker(by)
    _check_assignee(assignee)
    wanted = list(dict.fromkeys(one.pk for one in pick_lists))
    if not wanted:
        raise BusinessError(_("Choose at least one pick list."), field="lists")
    if len(wanted) > MOST_LISTS:
        raise BusinessError(
            _("At most %(most)s pick lists fit into a wave.") % {"most": MOST_LISTS},
            hint=_("Choose fewer, or make two waves."),
            field="lists",
        )
    ids = PickList.objects.filter(pk__in=wanted).values("order_id")
    orders = {one.pk: one for one in SalesOrder.objects.select_for_update().filter(pk__in=ids).order_by("id")}
    found = {one.pk: one for one in PickList.objects.select_for_update().filter(pk__in=wanted).order_by("id")}
    lists = [found[pk] for pk in wanted if pk in found]
    for one in lists:
        one.order = orders[one.order_id]
        _check_may_join(one)
    warehouses = {one.order.warehouse_id for one in lists}
    if len(warehouses) != 1:
        raise BusinessError(_("The pick lists of a wave are all of one warehouse."), field="lists")
    wave = Wave.objects.create(
        number=next_number("WV"), warehouse_id=warehouses.pop(), assignee=assignee, created_by=by
    )
    for slot, one in enumerate(lists, start=1):
        one.wave, one.slot = wave, slot
    PickList.objects.bulk_update(lists, ["wave", "slot"])
    record_creation(wave, by=by)
    return wave


def _check_assignee(assignee: User | None) -> None:
    if assignee is not None and not (assignee.is_active and assignee.has_perm("shipping.pick_picklist")):
        raise BusinessError(
            _("%(person)s does not pick.") % {"person": assignee},
            hint=_("Choose somebody of the warehouse."),
            field="assignee",
        )


def _check_may_join(one: PickList) -> None:
    if one.status != PickList.Status.OPEN:
        words = _("%(list)s is “%(status)s” already.") % {"list": one, "status": one.get_status_display()}
    elif one.wave_id is not None:
        words = _("%(list)s is in another wave already.") % {"list": one}
    elif one.picker_id is not None:
        words = _("%(person)s is picking %(list)s.") % {"person": one.picker, "list": one}
    elif one.order.hold_reason:
        words = _("The order is on hold: %(reason)s") % {"reason": one.order.hold_reason}
    else:
        return
    raise BusinessError(words, hint=_("Take it out of the choice."), field="lists", code="list_not_free")


@verb
def assign_wave(wave: Wave, *, assignee: User | None, by: User | None) -> Wave:
    """Say who is to pick a wave that nobody has begun (None: whoever comes first)."""
    lock_wave(wave)
    require_picker(by)
    _check_assignee(assignee)
    if wave.status != Wave.Status.OPEN:
        raise BusinessError(
            _("%(wave)s is “%(status)s” already.") % {"wave": wave, "status": wave.get_status_display()},
            field="assignee",
        )
    wave.assignee = assignee
    wave.save(update_fields=["assignee"])
    return wave


def refuse_other(picker: User | None, by: User | None, document: Wave | PickList) -> None:
    """Raise BusinessError when somebody else holds the document."""
    if picker is not None and by is not None and picker != by:
        raise BusinessError(
            _("%(person)s is picking %(list)s.") % {"person": picker, "list": document},
            hint=_("Take it over only after you have spoken with each other."),
            code="picked_by_other",
        )


@verb
def claim_wave(wave: Wave, *, by: User, take_over: bool = False) -> Wave:
    """Begin to pick a wave: its lists are this person's now. Repeating it is harmless.

    Raises BusinessError (code `picked_by_other`) when it is somebody else's, unless it is taken over on purpose.
    """
    lists = lock_wave(wave)
    require_picker(by)
    if wave.status not in RUNNING:
        raise BusinessError(
            _("%(wave)s is “%(status)s” already.") % {"wave": wave, "status": wave.get_status_display()}
        )
    if not take_over:
        refuse_other(wave.assignee, by, wave)
    mine = [one for one in lists if one.status == PickList.Status.OPEN]
    for one in mine:
        if not take_over:
            refuse_other(one.picker, by, one)
        one.picker = by
    PickList.objects.bulk_update(mine, ["picker"])
    wave.assignee = by
    wave.save(update_fields=["assignee"])
    if wave.status == Wave.Status.OPEN:
        advance(wave, "start", by=None)
    return wave


@verb
def claim_list(pick_list: PickList, *, by: User, take_over: bool = False) -> PickList:
    """Begin to pick a single list: it is this person's now; see `claim_wave`."""
    lock_with_order(pick_list)
    require_picker(by)
    if pick_list.status != PickList.Status.OPEN:
        raise BusinessError(
            _("%(list)s is “%(status)s” already.") % {"list": pick_list, "status": pick_list.get_status_display()}
        )
    if pick_list.wave_id is not None:
        raise BusinessError(
            _("%(list)s is picked with the wave %(wave)s.") % {"list": pick_list, "wave": pick_list.wave}
        )
    if not take_over:
        refuse_other(pick_list.picker, by, pick_list)
    pick_list.picker = by
    pick_list.save(update_fields=["picker"])
    return pick_list


@verb
def dissolve_wave(wave: Wave, *, by: User | None, note: str) -> Wave:
    """Take a wave apart: its open lists go on one by one, with what was scanned of them. Needs a reason."""
    lists = lock_wave(wave)
    advance(wave, "cancel", by=by, note=note)
    free = [one for one in lists if one.status == PickList.Status.OPEN]
    for one in free:
        one.wave = one.slot = one.picker = None
    PickList.objects.bulk_update(free, ["wave", "slot", "picker"])
    return wave


@verb
def take_out(pick_list: PickList, *, by: User | None) -> PickList:
    """Take one open list out of its wave, for instance because its order is on hold; what was scanned stays counted."""
    lock_with_order(pick_list)
    require_picker(by)
    if pick_list.wave is None or pick_list.status != PickList.Status.OPEN:
        raise BusinessError(_("%(list)s is not being picked in a wave.") % {"list": pick_list})
    wave = pick_list.wave
    refuse_other(pick_list.picker, by, wave)
    pick_list.wave = pick_list.slot = pick_list.picker = None
    pick_list.save(update_fields=["wave", "slot", "picker"])
    _follow_lists(wave.pk)
    return pick_list


@transaction.atomic
def settle_wave(document: PickList, *, change: StatusChange, by: User | None) -> None:
    """A list was picked, packed or withdrawn: goods of a withdrawn one go back, and its wave follows its lists.

    Follower of “confirm”, “pack” and “cancel” of pick lists; the order, which every such move holds, is locked already.
    """
    if change.transition == "cancel" and change.source == PickList.Status.OPEN:
        rows = document.lines.filter(scanned__gt=0, item__isnull=False)
        note_returns(document, {line: line.scanned for line in rows})
    if document.wave_id is not None:
        _follow_lists(document.wave_id)


def _follow_lists(wave_id: int) -> None:
    wave = Wave.objects.select_for_update().get(pk=wave_id)
    states = set(wave.pick_lists.values_list("status", flat=True))
    if wave.status in RUNNING and PickList.Status.OPEN not in states:
        advance(wave, "finish", by=None)
    if wave.status == Wave.Status.PICKED and not states & {PickList.Status.OPEN, PickList.Status.PICKED}:
        advance(wave, "close", by=None)


def note_returns(pick_list: PickList, goods: Mapping[PickLine, Decimal]) -> None:
    """Remember what lies in the trolley and is wanted no more, so that it is put back and not lost."""
    PickReturn.objects.bulk_create(
        PickReturn(pick_list=pick_list, item_id=line.item_id, quantity=quantity)
        for line, quantity in goods.items()
        if line.item_id is not None and quantity > ZERO
    )


@verb
def confirm_return(entry: PickReturn, *, by: User | None) -> PickReturn:
    """Somebody put the goods back into their bin. Repeating it is harmless."""
    require_picker(by)
    entry = PickReturn.objects.select_for_update().get(pk=entry.pk)
    if entry.done_at is None:
        entry.done_at, entry.done_by = timezone.now(), by
        entry.save(update_fields=["done_at", "done_by"])
    return entry


def still_open(count: int) -> BusinessError:
    """The refusal to finish while stops are neither picked nor reported missing."""
    return BusinessError(
        ngettext("%(num)s stop is not done yet.", "%(num)s stops are not done yet.", count) % {"num": count},
        hint=_("Scan what is there, and report what is missing."),
        code="stops_open",
    )
