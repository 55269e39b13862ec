"""A saved mapping: which column means what, and how to read it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from erp.documents.reading import Cells, FileRefused, read_table
from erp.errors import BusinessError
from orders.importing.fields import EITHER, FIELDS, ORDER_FIELDS, Field, guess, normal
from orders.importing.values import BadValue, tax_rate_of
from orders.models import Channel, ImportMapping

PARTS = ("order", "line", "customer", "product")
DEFAULT_APPROVE_DAYS = 30
DEFAULT_PROMISE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file, beyond its columns; saved as JSON in `ImportMapping.options`.

    files               names (with `*`) of the files that belong together: {"line": "order_details*"}
    date_format         as of strptime; empty reads year, month, day however they are separated
    prices_include_tax  unit prices are 含税; the source's line totals are kept to the cent
    tax_rate            for lines without a rate of their own; None takes the product's or the company's
    sku_prefix, customer_prefix   put before codes of the file, so that two sources never mean the same
    freight_sku         a service line of this SKU carries the order's freight; empty leaves freight out
    promise_days        promised date of orders that name none: so many days after the order date
    approve_days        orders older than this are never approved by the system itself; 0 switches it off
    constants           values for fields that the file has no column for
    """

    files: dict[str, str] = field(default_factory=dict)
    date_format: str = ""
    prices_include_tax: bool = False
    tax_rate: Decimal | None = None
    sku_prefix: str = ""
    customer_prefix: str = ""
    freight_sku: str = ""
    promise_days: int = DEFAULT_PROMISE_DAYS
    approve_days: int = DEFAULT_APPROVE_DAYS
    constants: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "Options":
        """Options from what the mapping saved. Raises BusinessError naming the option that cannot be."""
        known = {name: value for name, value in saved.items() if name in cls.__slots__ and value not in (None, "")}
        if (rate := known.get("tax_rate")) is not None:
            try:
                known["tax_rate"] = tax_rate_of(str(rate))
            except BadValue as error:
                raise BusinessError(str(error), field="tax_rate") from error
        for name in ("promise_days", "approve_days"):
            if name in known and not (isinstance(known[name], int) and 0 <= known[name] <= 3650):
                raise BusinessError(_("A number of days between 0 and 3650."), field=name)
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping ready for use. `columns[part][field]` lists the headings that mean the field; the first found wins."""

    name: str
    channel: Channel
    columns: dict[str, dict[str, list[str]]]
    options: Options

    @classmethod
    def of(cls, saved: ImportMapping) -> "Mapping":
        """The saved mapping. Raises BusinessError when an option cannot be."""
        columns = {
            part: {name: _several(headings) for name, headings in (saved.columns.get(part) or {}).items()}
            for part in PARTS
        }
        return cls(saved.name, saved.channel, columns, Options.from_json(saved.options))

    @property
    def has_line_file(self) -> bool:
        """Whether orders and their lines come in two files."""
        return bool(self.options.files.get("line"))

    def sort_files(self, paths: Sequence[Path], *, beside: Path | None = None) -> dict[str, Path]:
        """Which file is which part, by the names that the mapping expects; what fits no name holds the orders.

        Missing parts are looked for in the folder `beside`. Raises FileRefused when a needed one is nowhere.
        """
        found: dict[str, Path] = {}
        rest: list[Path] = []
        for path in paths:
            part = self._part_of(path)
            if part and part not in found:
                found[part] = path
            else:
                rest.append(path)
        for path in sorted(beside.iterdir()) if beside else ():
            if path.is_file() and (part := self._part_of(path)):
                found.setdefault(part, path)
        for part in ("order", "line") if self.has_line_file else ("order",):
            if part not in found and rest:
                found[part] = rest.pop(0)
            if part not in found:
                raise FileRefused(
                    _("The mapping “%(mapping)s” also needs the file %(file)s.")
                    % {"mapping": self.name, "file": self.options.files.get(part, part)},
                    hint=_("Choose all files of the export together."),
                )
        if rest:
            raise FileRefused(
                _("The mapping “%(mapping)s” does not know what %(file)s is.")
                % {"mapping": self.name, "file": rest[0].name},
                hint=_("Leave the file out, or choose another mapping."),
            )
        return found

    def _part_of(self, path: Path) -> str:
        names = self.options.files.items()
        return next((part for part, name in names if fnmatch(path.name.lower(), name.lower())), "")

    def places(self, part: str, headings: Cells) -> dict[str, int]:
        """The column of each field of a part that the headings have; for a field with several names the first wins."""
        wanted = dict(self.columns[part] or guess(headings, part))
        if part == "line" and self.has_line_file:  # a file of lines says which order they belong to
            wanted.setdefault("external_number", self.columns["order"].get("external_number") or [])
        known = {normal(heading): place for place, heading in reversed(list(enumerate(headings))) if heading}
        found = {
            name: next((known[normal(h)] for h in names if normal(h) in known), None) for name, names in wanted.items()
        }
        return {name: place for name, place in found.items() if place is not None}

    def binding(self, part: str, headings: Cells, *, file: str) -> "Binding":
        """The columns of a file for the fields of a part. Raises FileRefused when a needed one is not there."""
        binding = Binding(part, self.places(part, headings), headings, self.options.constants)
        binding.refuse_missing(file=file, joined=self.has_line_file)
        return binding

    def check_headings(self, files: dict[str, Path]) -> None:
        """Raise FileRefused unless every file has the columns that its part needs."""
        for part, path in files.items():
            headings, _rows = read_table(path)
            self.binding(part, headings, file=path.name)
            if part == "order" and not self.has_line_file:
                self.binding("line", headings, file=path.name)


def _several(headings: Any) -> list[str]:
    return [str(h) for h in headings] if isinstance(headings, list | tuple) else [str(headings)]


@dataclass(frozen=True)
class Binding:
    """Where the fields of one part stand in the rows of one file."""

    part: str
    places: dict[str, int]
    headings: Cells
    constants: dict[str, str]

    @cached_property
    def fields(self) -> list[tuple[Field, int | None]]:
        """The fields of the part with their column; None takes the constant. Fields with neither are left out."""
        return [
            (one, self.places.get(one.name))
            for one in FIELDS[self.part]
            if one.name in self.places or one.name in self.constants
        ]

    def raw(self, cells: Cells, name: str) -> str:
        """The text of a field in a row; empty when the column or the cell is missing."""
        place = self.places.get(name)
        text = cells[place] if place is not None and place < len(cells) else ""
        return text or self.constants.get(name, "")

    def heading(self, name: str) -> str:
        """The heading above a field, as the file writes it."""
        place = self.places.get(name)
        return self.headings[place] if place is not None else name

    def read(self, cells: Cells) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The values of a row by field, and what is wrong as (heading, message)."""
        found: dict[str, Any] = {}
        wrong: list[tuple[str, str]] = []
        for one, _place in self.fields:
            text = self.raw(cells, one.name)
            if not text:
                if one.required:
                    wrong.append((self.heading(one.name), _("This cell must not be empty.")))
                continue
            try:
                found[one.name] = one.read(text)
            except BadValue as error:
                wrong.append((self.heading(one.name), str(error)))
        return found, wrong

    def refuse_missing(self, *, file: str, joined: bool) -> None:
        """Raise FileRefused unless every field that a part needs has a column or a constant."""
        given = set(self.places) | set(self.constants)
        needed = [one for one in FIELDS[self.part] if one.required and one.name not in given]
        if joined and self.part == "line" and "external_number" not in self.places:
            needed.append(ORDER_FIELDS[0])
        either = EITHER.get(self.part, ())
        if either and not given & set(either):
            needed += [one for one in FIELDS[self.part] if one.name == either[-1]]
        if not needed:
            return
        raise FileRefused(
            _("%(file)s has no column for %(fields)s.")
            % {"file": file, "fields": "、".join(f"“{one.label}”" for one in needed)},
            hint=_("Its headings are: %(headings)s. Choose another mapping, or tell the mapping what they are called.")
            % {"headings": "、".join(h for h in self.headings if h)[:400]},
        )
