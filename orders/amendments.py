"""An order written down whole, and two such versions compared: what an amendment (订单变更) keeps and shows."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django.db.models import Field, Prefetch, prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp.effects import LineDelta, Plan
from erp.models import StatusChange
from erp.money import ZERO, round_quantity
from erp.privacy import address_for, address_line, mask_address
from erp.timeline import TimelineEntry
from erp.web.formats import date, money, percent, price
from inventory.units import in_packs
from orders.models import Amendment, ApprovalStep, OrderLine, SalesOrder

HEADER = ("promised_date", "priority", "customer_note", "ship_to")
AMOUNTS = ("untaxed", "tax", "total")
COUNTED = {"reserved", "made", "picked", "shipped", "delivered", "invoiced", "returned"}
TERMS = ("unit_price", "discount", "tax_rate")  # what a line costs

# Why a change goes through approval again.
NEEDS: dict[str, str | Promise] = {
    "price": gettext_lazy("a price changes"),
    "discount": gettext_lazy("a discount changes"),
    "total": gettext_lazy("the total changes"),
    "date": gettext_lazy("the promised date changes"),
}
HEADER_LABELS: dict[str, str | Promise] = {
    "promised_date": gettext_lazy("Promised date"),
    "priority": gettext_lazy("Priority"),
    "customer_note": gettext_lazy("Special wishes"),
    "ship_to": gettext_lazy("Ship to"),
}
Snapshot = dict[str, Any]


def in_round_units(line: OrderLine) -> bool:
    """Whether the line is a quantity that can be typed in the unit in which it was entered."""
    return round_quantity(line.sold_quantity) * line.factor == line.quantity


def line_fields() -> list[Any]:
    """The columns of a line that say what was agreed, whichever there are: not its identity, not what was counted."""
    return [
        field
        for field in OrderLine._meta.concrete_fields
        if field.name not in COUNTED and field.name not in ("id", "order", "position")
    ]


def line_snapshot(line: OrderLine) -> Snapshot:
    """A line as it is kept; needs its product."""
    values = {field.attname: _plain(getattr(line, field.attname)) for field in line_fields()}
    return {**values, "line": line.pk, "sku": line.product.sku, "name": line.product.name}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | dict | list) else str(value)


def restore(line: OrderLine, row: Mapping[str, Any]) -> OrderLine:
    """Put what was kept into a line."""
    for field in line_fields():
        if field.attname in row:
            value = row[field.attname]
            target = field.target_field if field.is_relation else field
            setattr(line, field.attname, None if value is None else target.to_python(value))
    return line


def snapshot(order: SalesOrder, lines: Sequence[OrderLine]) -> Snapshot:
    """The order as it is kept."""
    return {
        "header": {name: _plain(getattr(order, name)) for name in HEADER},
        "totals": {name: str(getattr(order, name)) for name in AMOUNTS},
        "lines": [line_snapshot(line) for line in lines],
    }


def as_amended(order: SalesOrder, lines: Sequence[OrderLine], after: Snapshot) -> tuple[SalesOrder, list[OrderLine]]:
    """The order and its lines as they would be, in memory only; `lines` are the present ones with their products."""
    twin = copy.copy(order)
    set_header(twin, after)
    known = {line.pk: line for line in lines}
    products = {line.product_id: line.product for line in lines}
    made = []
    for row in after["lines"]:
        line = copy.copy(known[row["line"]]) if row["line"] in known else OrderLine(order=twin)
        restore(line, row)
        if line.product_id in products:
            line.product = products[line.product_id]
        made.append(line)
    return twin, made


def set_header(order: SalesOrder, after: Snapshot) -> None:
    """Put the head and the totals that were kept into an order, without saving it."""
    for name in HEADER:
        field = cast("Field[Any, Any]", SalesOrder._meta.get_field(name))
        setattr(order, name, field.to_python(after["header"][name]))
    for name in AMOUNTS:
        setattr(order, name, Decimal(after["totals"][name]))


def plan_of(order: SalesOrder, lines: Sequence[OrderLine], after: Snapshot) -> Plan:
    """The difference as the apps' explainers want it."""
    twin, amended = as_amended(order, lines, after)
    known = {line.pk: line for line in lines}
    deltas = []
    for line in amended:
        now = known.pop(line.pk, None)
        deltas.append(LineDelta(now, line.product, line.unit, now.quantity if now else ZERO, line.quantity))
    deltas += [LineDelta(line, line.product, line.unit, line.quantity, ZERO) for line in known.values()]
    changed = frozenset(name for name in HEADER if getattr(order, name) != getattr(twin, name))
    return Plan(order, twin, deltas, changed)


def needs_of(before: Snapshot, after: Snapshot) -> list[str]:
    """Why people must agree to it again: keys of `NEEDS`."""
    rows = _pairs(before, after)
    both = [(old, new) for old, new in rows if old and new]
    found = {
        "price": any(_differs(old, new, "unit_price") for old, new in both),
        "discount": any(_differs(old, new, "discount") for old, new in both),
        "total": before["totals"] != after["totals"],
        "date": before["header"]["promised_date"] != after["header"]["promised_date"],
    }
    return [name for name, is_so in found.items() if is_so]


def stops_shipping(before: Snapshot, after: Snapshot) -> bool:
    """Whether goods that leave now could be the wrong ones, or go to the wrong place."""
    if before["header"]["ship_to"] != after["header"]["ship_to"]:
        return True
    return any(old and (new is None or _differs(old, new, "quantity")) for old, new in _pairs(before, after))


def is_same(before: Snapshot, after: Snapshot) -> bool:
    """Whether nothing changes at all."""
    if before["header"] != after["header"]:
        return False
    return all(old and new and not _changed_fields(old, new) for old, new in _pairs(before, after))


def _changed_fields(old: Snapshot, new: Snapshot) -> set[str]:
    return {field.attname for field in line_fields() if _differs(old, new, field.attname)}


def _differs(old: Snapshot, new: Snapshot, name: str) -> bool:
    a, b = old.get(name), new.get(name)
    if a == b:
        return False
    try:
        return Decimal(str(a)) != Decimal(str(b))
    except ArithmeticError:
        return True


def _pairs(before: Snapshot, after: Snapshot) -> list[tuple[Snapshot | None, Snapshot | None]]:
    """The lines of both versions side by side."""
    new = {row["line"]: row for row in after["lines"] if row["line"]}
    pairs: list[tuple[Snapshot | None, Snapshot | None]] = [(row, new.get(row["line"])) for row in before["lines"]]
    return pairs + [(None, row) for row in after["lines"] if not row["line"]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value in both versions."""

    label: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether the versions differ here."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Row:
    """One line in both versions; `kind`: same, changed, added, removed."""

    sku: str
    name: str
    kind: str
    cells: list[Cell]

    @property
    def differing(self) -> list[Cell]:
        """What changes on it; a line that comes or goes is told without the discount that it does not have."""
        cells = [cell for cell in self.cells if cell.changed]
        if self.kind in ("added", "removed"):
            nothing = {"—", percent(Decimal(0))}
            cells = [cell for cell in cells if not {cell.before, cell.after} <= nothing]
        return cells


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both versions side by side, in the reader's language and only as far as they may read them."""

    header: list[Cell]
    lines: list[Row]
    totals: list[Cell]

    @property
    def words(self) -> list[str]:
        """What changes, one phrase each."""
        found = [_arrow(cell) for cell in self.header if cell.changed]
        for row in self.lines:
            if row.kind == "removed":
                found.append(_("%(sku)s removed (%(quantity)s)") % {"sku": row.sku, "quantity": row.cells[0].before})
            elif row.kind == "added":
                found.append(_("%(sku)s added (%(quantity)s)") % {"sku": row.sku, "quantity": row.cells[0].after})
            else:
                found += [f"{row.sku} {_arrow(cell)}" for cell in row.differing if cell.label != _("Amount")]
        return found + [_arrow(cell) for cell in self.totals[-1:] if cell.changed]


def _arrow(cell: Cell) -> str:
    return f"{cell.label} {cell.before} → {cell.after}"


def compare(amendment: Amendment, reader: Any) -> Comparison:
    """Both versions of an amendment side by side; no query. Needs its order. None reads without personal data."""
    before, after, currency = amendment.before, amendment.after, amendment.order.currency
    header = [
        Cell(str(label), _head(name, before["header"][name], reader), _head(name, after["header"][name], reader))
        for name, label in HEADER_LABELS.items()
    ]
    # A masked address looks the same before and after; that it changes is no secret.
    if before["header"]["ship_to"] != after["header"]["ship_to"] and not header[-1].changed:
        header[-1] = Cell(header[-1].label, header[-1].before, f"{header[-1].after} ({_('changed')})")
    labels = (_("Amount without tax"), _("Tax"), _("Total with tax"))
    totals = [
        Cell(label, money(Decimal(before["totals"][name]), currency), money(Decimal(after["totals"][name]), currency))
        for name, label in zip(AMOUNTS, labels, strict=True)
    ]
    return Comparison(header, [_row(old, new) for old, new in _pairs(before, after)], totals)


def _head(name: str, value: Any, reader: Any) -> str:
    if name == "ship_to":
        shown = address_for(reader, value) if reader is not None else mask_address(value)
        return " ".join(filter(None, [shown.get("recipient", ""), shown.get("phone", ""), address_line(shown)]))
    if name == "priority":
        return str(SalesOrder.Priority(value).label)
    if name == "promised_date":
        return date(cast("Field[Any, Any]", SalesOrder._meta.get_field(name)).to_python(value))
    return value or "—"


def _row(old: Snapshot | None, new: Snapshot | None) -> Row:
    one = old or new or {}
    kind = "added" if old is None else "removed" if new is None else "same"
    cells = [
        Cell(label, show(old) if old else "—", show(new) if new else "—")
        for label, show in (
            (_("Quantity"), _quantity),
            (_("Unit price"), lambda row: price(Decimal(row.get("entered_price") or row["unit_price"]))),
            (_("Discount"), lambda row: percent(Decimal(row["discount"]))),
            (_("Tax rate"), lambda row: percent(Decimal(row["tax_rate"]), 0)),
            (_("Special wish"), lambda row: row["wish"] or "—"),
            (_("Amount"), lambda row: money(Decimal(row["total"]))),
        )
    ]
    if kind == "same" and any(cell.changed for cell in cells):
        kind = "changed"
    return Row(one["sku"], one["description"], kind, cells)


def _quantity(row: Snapshot) -> str:
    unit, factor = row.get("entered_unit") or "", Decimal(row.get("factor") or 1)
    return in_packs(Decimal(row["quantity"]), unit=unit, factor=factor, stock_unit=row["unit"])


def rebased(amendment: Amendment, present: Snapshot) -> Snapshot:
    """What was written on an older version, on the present one: only what it changes is taken from it."""
    before = {row["line"]: row for row in amendment.before["lines"]}
    after = {row["line"]: row for row in amendment.after["lines"] if row["line"]}
    lines = []
    for row in present["lines"]:
        old, new = before.get(row["line"]), after.get(row["line"])
        if old is None or (new is not None and not _changed_fields(old, new)):
            lines.append(row)
        elif new is not None:
            lines.append(new)
    lines += [row for row in amendment.after["lines"] if not row["line"]]
    head = {
        name: amendment.after["header"][name]
        if amendment.after["header"][name] != amendment.before["header"][name]
        else present["header"][name]
        for name in HEADER
    }
    return {**present, "header": head, "lines": lines}


def amendments_of(order: SalesOrder) -> list[Amendment]:
    """The changes of an order, newest first, with who wrote them. One query, none for an order that was asked before."""
    rows = Amendment.objects.select_related("created_by").order_by("-serial")
    prefetch_related_objects([order], Prefetch("amendments", rows))
    return list(order.amendments.all())


def chain_of(amendment: Amendment) -> list[ApprovalStep]:
    """Who was asked about a change, and who has decided. One query, two more where there are any."""
    steps = amendment.approvals.exclude(decision=ApprovalStep.Decision.WITHDRAWN)
    return list(
        steps.select_related("decided_by", "on_behalf_of")
        .prefetch_related("roles", "people")
        .order_by("round", "level", "id")
    )


EVENTS = {
    "submit": gettext_lazy("Change %(serial)s submitted"),
    "apply": gettext_lazy("Change %(serial)s in force: version %(version)s"),
    "reject": gettext_lazy("Change %(serial)s rejected"),
    "withdraw": gettext_lazy("Change %(serial)s withdrawn"),
}


def timeline_of_order(order: SalesOrder) -> list[TimelineEntry]:
    """What became of the order's changes, with both versions. Two queries, one where there are none."""
    rows = {row.pk: row for row in amendments_of(order)}
    return list(_entries(rows)) if rows else []


def _entries(rows: Mapping[int, Amendment]) -> Iterator[TimelineEntry]:
    changes = StatusChange.objects.filter(
        document_type=Amendment._meta.label, document_id__in=rows, transition__in=EVENTS
    )
    for change in changes.select_related("by").order_by("id"):
        one = rows[change.document_id]
        values = {"serial": one.serial, "version": one.new_version or one.base_version}
        words = "；".join(compare(one, None).words)
        at_once = change.transition == "submit" and one.status == Amendment.Status.APPLIED
        told = {"submit": [one.reason, "" if at_once else words], "apply": [words]}.get(change.transition, [])
        note = change.note if change.by_id else (_(change.note) if change.note else "")
        yield TimelineEntry(
            at=change.at,
            who=str(change.by) if change.by_id else None,
            title=str(EVENTS[change.transition]) % values,
            text=" · ".join(filter(None, [*told, note])),
            kind="change",
            icon="versions",
            href=one.get_absolute_url(),
        )
