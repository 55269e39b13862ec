"""What phones send: numbered commands, each applied or refused exactly once, in the order of their numbers."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from erp.errors import BusinessError
from erp.models import User
from erp.money import ZERO, round_quantity
from erp.transactions import verb
from inventory.models import Barcode
from shipping.models import PickLine, PickList, ScanCommand, Wave
from shipping.services.common import lock_with_order
from shipping.services.picking import confirm_pick
from shipping.services.waves import lock_wave, refuse_other, require_picker, still_open

Kind = ScanCommand.Kind
MOST_COMMANDS = 200  # in one delivery; the phone sends the rest afterwards
REASONS = {
    "missing": gettext_lazy("not in the bin"),
    "damaged": gettext_lazy("damaged"),
    "other": gettext_lazy("other reason"),
}
# The same sentences as on the phone: see `words` of the scan page.
CHANGED = gettext_noop("This stop is no longer on the list: somebody changed it meanwhile.")
NOT_OPEN = gettext_noop("%(list)s is “%(status)s”: put back what you took for it.")
OTHER_PERSON = gettext_noop("%(person)s has taken this over.")
WRONG_PLACE = gettext_noop("Wrong bin: %(scanned)s instead of %(wanted)s.")
WRONG_ITEM = gettext_noop("Wrong item: %(scanned)s.")
WRONG_LOT = gettext_noop("Wrong lot: %(scanned)s instead of %(wanted)s.")
TOO_MUCH = gettext_noop("Too much: only %(left)s left to take.")
TOO_LITTLE = gettext_noop("Only %(scanned)s can be put back.")
NO_QUANTITY = gettext_noop("The quantity is not a number above zero.")
NO_REASON = gettext_noop("Say why it is missing.")


@dataclass(frozen=True, slots=True)
class Scan:
    """One command as the phone sends it. Codes are as scanned, empty where confirmed by hand; quantity in stock units."""

    number: int
    kind: str
    item: int
    quantity: Decimal = ZERO
    place: str = ""
    code: str = ""
    lot: str = ""
    reason: str = ""


class _Refused(Exception):
    def __init__(self, refusal: str, **values: Any) -> None:
        self.refusal, self.values = refusal, values


@verb
def apply_scans(
    target: Wave | PickList, *, client: uuid.UUID, scans: Sequence[Scan], by: User
) -> tuple[list[ScanCommand], int]:
    """Apply a phone's commands in the order of their numbers; those known already answer as they did the first time.

    Returns the answers, and the number the phone must send next. A gap in the numbers stops before it, so that nothing
    is applied out of order. Raises BusinessError when the person may not pick or the delivery is too long.
    """
    if len(scans) > MOST_COMMANDS:
        raise BusinessError(_("At most %(most)s scans are taken at once.") % {"most": MOST_COMMANDS})
    lists = _locked(target)
    require_picker(by)
    known = {one.number: one for one in ScanCommand.objects.filter(client=client, number__in=[s.number for s in scans])}
    _check_client(client, target, by)
    after = (ScanCommand.objects.filter(client=client).aggregate(last=Max("number"))["last"] or 0) + 1
    book = _Book(target, lists, by)
    answers = []
    for scan in sorted(scans, key=lambda one: one.number):
        if scan.number in known:
            answers.append(known[scan.number])
        elif scan.number == after:
            answers.append(book.take(client, scan))
            after += 1
        elif scan.number > after:
            break
    book.write()
    return answers, after


def _locked(target: Wave | PickList) -> list[PickList]:
    if isinstance(target, Wave):
        return lock_wave(target)
    lock_with_order(target)
    return [target]


def _check_client(client: uuid.UUID, target: Wave | PickList, by: User) -> None:
    first = ScanCommand.objects.filter(client=client).order_by("number").first()
    if first is None:
        return
    column = "wave_id" if isinstance(target, Wave) else "pick_list_id"
    if first.by_id != by.pk or getattr(first, column) != target.pk:
        raise BusinessError(_("These scans belong to another list or person."), code="foreign_client")


class _Book:
    """The open lines of a list or wave while commands are applied; written at the end in one statement each."""

    def __init__(self, target: Wave | PickList, lists: Sequence[PickList], by: User) -> None:
        self.target, self.by = target, by
        self.lists = {one.pk: one for one in lists}
        self.slots = {one.pk: one.slot or 0 for one in lists}
        lines = PickLine.objects.filter(pick_list__in=lists, item__isnull=False)
        stops: dict[int, list[PickLine]] = defaultdict(list)
        for line in lines.select_related("order_line__product", "item__place", "item__lot"):
            stops[line.item_id or 0].append(line)
        self.stops = {
            item: sorted(rows, key=lambda row: (self.slots[row.pick_list_id], row.pk)) for item, rows in stops.items()
        }
        self.codes: dict[int, set[str]] = defaultdict(set)
        products = {row.order_line.product_id for rows in stops.values() for row in rows}
        for product, code in Barcode.objects.filter(product__in=products).values_list("product_id", "code"):
            self.codes[product].add(code.upper())
        self.changed: dict[int, PickLine] = {}
        self.commands: list[ScanCommand] = []

    def take(self, client: uuid.UUID, scan: Scan) -> ScanCommand:
        """Apply one command, or note why not."""
        is_wave = isinstance(self.target, Wave)
        command = ScanCommand(
            client=client,
            number=scan.number,
            wave_id=self.target.pk if is_wave else None,
            pick_list_id=None if is_wave else self.target.pk,
            item_id=scan.item if scan.item in self.stops else None,
            kind=scan.kind,
            place_code=scan.place[:60],
            code=scan.code[:60],
            lot_code=scan.lot[:60],
            quantity=scan.quantity,
            reason=scan.reason,
            by=self.by,
        )
        try:
            self._apply(scan)
        except _Refused as refused:
            command.refusal, command.values = refused.refusal, refused.values
        self.commands.append(command)
        return command

    def _apply(self, scan: Scan) -> None:
        lines = self.stops.get(scan.item)
        if not lines:
            raise _Refused(CHANGED)
        holder = self._holder()
        if holder is not None and holder != self.by:
            raise _Refused(OTHER_PERSON, person=str(holder))
        still = [row for row in lines if self.lists[row.pick_list_id].status == PickList.Status.OPEN]
        if not still:
            one = self.lists[lines[0].pick_list_id]
            raise _Refused(NOT_OPEN, list=one.number, status=one.status)
        act = {Kind.PICK: self._pick, Kind.UNDO: self._undo, Kind.SHORT: self._short}[Kind(scan.kind)]
        act(scan, still)

    def _holder(self) -> User | None:
        return self.target.assignee if isinstance(self.target, Wave) else self.target.picker

    def _pick(self, scan: Scan, lines: list[PickLine]) -> None:
        self._check_codes(scan, lines[0])
        quantity = self._quantity(scan)
        left = sum((row.wanted - row.scanned for row in lines), ZERO)
        if quantity > left:
            raise _Refused(TOO_MUCH, left=f"{left.normalize():f}")
        for row in lines:
            part = min(quantity, row.wanted - row.scanned)
            if part > 0:
                row.scanned += part
                quantity -= part
                row.short_reason = ""
                self.changed[row.pk] = row

    def _check_codes(self, scan: Scan, line: PickLine) -> None:
        item, product = line.item, line.order_line.product
        assert item is not None
        if scan.place and scan.place.upper() != item.place.code.upper():
            raise _Refused(WRONG_PLACE, scanned=scan.place, wanted=item.place.code)
        if scan.code and scan.code.upper() not in {product.sku.upper(), *self.codes[product.pk]}:
            raise _Refused(WRONG_ITEM, scanned=scan.code)
        if scan.lot and (item.lot is None or scan.lot.upper() != item.lot.number.upper()):
            raise _Refused(WRONG_LOT, scanned=scan.lot, wanted=item.lot.number if item.lot else "—")

    def _undo(self, scan: Scan, lines: list[PickLine]) -> None:
        quantity = self._quantity(scan)
        taken = sum((row.scanned for row in lines), ZERO)
        if quantity > taken:
            raise _Refused(TOO_LITTLE, scanned=f"{taken.normalize():f}")
        for row in reversed(lines):
            part = min(quantity, row.scanned)
            if part > 0:
                row.scanned -= part
                quantity -= part
                self.changed[row.pk] = row

    def _short(self, scan: Scan, lines: list[PickLine]) -> None:
        if scan.reason not in REASONS:
            raise _Refused(NO_REASON)
        for row in lines:
            if row.scanned < row.wanted:
                row.short_reason = scan.reason
                self.changed[row.pk] = row

    def _quantity(self, scan: Scan) -> Decimal:
        quantity = round_quantity(scan.quantity)
        if quantity <= 0:
            raise _Refused(NO_QUANTITY)
        return quantity

    def write(self) -> None:
        """Keep what changed, and every command with its answer."""
        PickLine.objects.bulk_update(self.changed.values(), ["scanned", "short_reason"])
        ScanCommand.objects.bulk_create(self.commands)


def refusal_words(command: ScanCommand) -> str:
    """Why a command was refused, in the reader's language; empty if it was applied."""
    if not command.refusal:
        return ""
    values = dict(command.values)
    if "status" in values:
        values["status"] = str(PickList.Status(values["status"]).label)
    return _(command.refusal) % values


@verb
def finish_scanning(target: Wave | PickList, *, by: User) -> list[PickList]:
    """Confirm every open list as it was scanned; what was reported missing makes its order wait again.

    Returns the lists that were confirmed. Raises BusinessError while a stop is neither picked whole nor reported.
    """
    lists = [one for one in _locked(target) if one.status == PickList.Status.OPEN]
    require_picker(by)
    refuse_other(target.assignee if isinstance(target, Wave) else target.picker, by, target)
    if not lists:
        raise BusinessError(
            _("%(list)s is “%(status)s” already.") % {"list": target, "status": target.get_status_display()}
        )
    lines = list(PickLine.objects.filter(pick_list__in=lists, item__isnull=False))
    if undone := {row.item_id for row in lines if row.scanned < row.wanted and not row.short_reason}:
        raise still_open(len(undone))
    counted = _by_list(lines)
    for one in sorted(lists, key=lambda row: row.order_id):
        confirm_pick(one, picked=counted.get(one.pk, {}), by=by)
    return lists


def _by_list(lines: Iterable[PickLine]) -> Mapping[int, Mapping[int, Decimal]]:
    found: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for row in lines:
        found[row.pick_list_id][row.pk] = row.scanned
    return found
