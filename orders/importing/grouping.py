"""Rows → order drafts: what an order says, what its lines say, and everything that is wrong with them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from erp.documents.reading import Cells
from erp.money import round_money
from orders.importing.mapping import Binding, Options
from orders.importing.spool import Spool, Spooled
from orders.importing.values import BadValue, moment_of
from orders.services.entry import MAX_LINES

Place = tuple[str, int, Cells]  # part, row number, cells

HALF_A_CENT = Decimal("0.005")
# Cells of the order's own columns that every row of the order must agree on.
SAME_IN_ALL_ROWS = ("customer_code", "customer_name", "ordered_at")


@dataclass(slots=True)
class DraftLine:
    """A line as the file says it; `amount` is what it comes to, rounded, with tax when the file's prices include it."""

    values: dict[str, Any]
    place: Place
    tax_rate: Decimal | None = None
    amount: Decimal | None = None


@dataclass(slots=True)
class Draft:
    """An order as the file says it. `errors` are (place, heading, message); with any, the whole order is refused."""

    external_number: str
    place: Place
    values: dict[str, Any] = field(default_factory=dict)
    ordered_at: dt.datetime | None = None
    promised_date: dt.date | None = None
    lines: list[DraftLine] = field(default_factory=list)
    errors: list[tuple[Place, str, str]] = field(default_factory=list)

    def refuse(self, place: Place, heading: str, message: str) -> None:
        """Note what is wrong in a row."""
        self.errors.append((place, heading, message))


@dataclass(frozen=True)
class Grouper:
    """Turns the spooled rows of each order into a draft."""

    bindings: dict[str, Binding]
    options: Options
    two_files: bool

    def drafts(self, spool: Spool) -> Iterator[Draft]:
        """One draft per order, in the order of the file."""
        for key, rows in spool.groups(most=MAX_LINES + 2):
            yield self.draft(key, rows)

    def draft(self, key: str, rows: list[Spooled]) -> Draft:
        """The draft of one order from its rows."""
        heads = [row for row in rows if row[0] == "order"] if self.two_files else rows[:1]
        lines = [row for row in rows if row[0] == "line"] if self.two_files else rows
        draft = Draft(key, (heads or lines)[0])
        self._read_head(draft, heads, lines)
        if not self.two_files:
            self._refuse_disagreement(draft, rows)
        for row in lines:
            self._read_line(draft, row)
        if len(lines) > MAX_LINES:
            draft.refuse(draft.place, "", _("An order has at most %(most)s lines.") % {"most": MAX_LINES})
        return draft

    def _read_head(self, draft: Draft, heads: list[Spooled], lines: list[Spooled]) -> None:
        heading = self.bindings["order"].heading("external_number")
        if not heads:
            for row in lines:
                draft.refuse(
                    row,
                    heading,
                    _("There is no order %(number)s in the file of orders.") % {"number": draft.external_number},
                )
            return
        for twin in heads[1:]:
            draft.refuse(
                twin,
                heading,
                _("The order stands in the file twice; it is in row %(row)s already.") % {"row": heads[0][1]},
            )
        if not lines:
            draft.refuse(heads[0], heading, _("The order has no lines."))
        binding = self.bindings["order"]
        draft.values, wrong = binding.read(heads[0][2])
        for column, message in wrong:
            draft.refuse(heads[0], column, message)
        if not wrong and not (draft.values.get("customer_code") or draft.values.get("customer_name")):
            draft.refuse(heads[0], binding.heading("customer_name"), _("The order names no customer."))
        self._read_dates(draft, heads[0])

    def _read_dates(self, draft: Draft, row: Spooled) -> None:
        binding = self.bindings["order"]
        found: dict[str, dt.datetime] = {}
        for name in ("ordered_at", "promised_date"):
            if text := draft.values.get(name, ""):
                try:
                    found[name] = moment_of(text, self.options.date_format)
                except BadValue as error:
                    draft.refuse(row, binding.heading(name), str(error))
        draft.ordered_at = found.get("ordered_at") or timezone.now()
        ordered_on = timezone.localdate(draft.ordered_at)
        promised = found.get("promised_date")
        draft.promised_date = timezone.localdate(promised) if promised else self._default_promise(ordered_on)
        if draft.promised_date < ordered_on:
            draft.refuse(row, binding.heading("promised_date"), _("The promised date lies before the order date."))

    def _default_promise(self, ordered_on: dt.date) -> dt.date:
        return ordered_on + dt.timedelta(days=self.options.promise_days)

    def _refuse_disagreement(self, draft: Draft, rows: list[Spooled]) -> None:
        """Rows of one order in one file repeat its customer and date; a row that says otherwise is a slip."""
        binding = self.bindings["order"]
        for name in SAME_IN_ALL_ROWS:
            first = binding.raw(rows[0][2], name)
            for row in rows[1:]:
                other = binding.raw(row[2], name)
                if other and other != first:
                    draft.refuse(
                        row,
                        binding.heading(name),
                        _("“%(this)s” differs from “%(that)s” in row %(row)s of the same order.")
                        % {"this": other, "that": first, "row": rows[0][1]},
                    )

    def _read_line(self, draft: Draft, row: Spooled) -> None:
        binding = self.bindings["line"]
        values, wrong = binding.read(row[2])
        if not (values.get("sku") or values.get("product_name")):
            wrong.append((binding.heading("sku"), _("The line names no product.")))
        line = DraftLine(values, row)
        if not wrong:
            wrong = self._settle_amounts(line, binding)
        for column, message in wrong:
            draft.refuse(row, column, message)
        draft.lines.append(line)

    def _settle_amounts(self, line: DraftLine, binding: Binding) -> list[tuple[str, str]]:
        """What the line comes to; the source's own line amount must agree to the cent."""
        values, one = line.values, Decimal(1)
        line.tax_rate = values.get("tax_rate", self.options.tax_rate)
        stated, price, discount = values.get("line_total"), values.get("unit_price"), values.get("discount", Decimal(0))
        if price is None and stated is not None:  # the source names the amount only
            line.amount = round_money(stated)
            values["unit_price"] = stated / values["quantity"] / ((one - discount) or one)
            return []
        if price is None:
            return []
        line.amount = round_money(values["quantity"] * price * (one - discount))
        if stated is not None and abs(stated - line.amount) > HALF_A_CENT:
            message = _("%(stated)s is not quantity × price less discount, which is %(amount)s.")
            return [(binding.heading("line_total"), message % {"stated": stated, "amount": line.amount})]
        return []
