"""A block pasted from a spreadsheet becomes rows of the lines editor: which column is what, and what each cell means."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from orders.forms import Lines, number_in, short
from orders.importing.fields import guess

COLUMNS = ("text", "quantity", "unit", "price", "discount", "wish")
# The importer's names of columns → the form's.
HEADINGS = {
    "sku": "text",
    "quantity": "quantity",
    "unit": "unit",
    "unit_price": "price",
    "discount": "discount",
    "wish": "wish",
}
NUMBER = re.compile(r"[+-]?[\d.]+")
COUNTED = re.compile(r"([\d.,\s]*\d)\s*([^\d\s.,%]{1,10})")  # 2箱
LONGEST_UNIT = 8
Table = Sequence[Sequence[str]]


def rows_of(table: Table) -> list[dict[str, Any]]:
    """What the cells of a table mean: one dictionary a row, with the form's values and `errors` by column.

    A first row of headings names the columns; without one they are product, quantity, unit, price, wish, as their
    contents show. What is wrong stays as it was typed.
    """
    named = _named(table[0]) if table else {}
    columns = named or _guessed(table)
    cells = [
        _split({name: row[at].strip() for name, at in columns.items() if at < len(row)}) for row in table[bool(named) :]
    ]
    data = {f"lines-{at}-{name}": value for at, row in enumerate(cells) for name, value in row.items()}
    lines = Lines({**data, "lines-TOTAL_FORMS": str(len(cells)), "lines-INITIAL_FORMS": "0"}, prefix="lines")
    lines.is_valid()
    return [_row(typed, form) for typed, form in zip(cells, lines.forms, strict=True)]


def _named(first: Sequence[str]) -> dict[str, int]:
    """Columns by their headings; empty when the first row is none."""
    headings = [cell.strip() for cell in first]
    found = {ours: places[0] for theirs, ours in HEADINGS.items() if (places := guess(headings, "line").get(theirs))}
    names = guess(headings, "line").get("product_name")
    if "text" not in found and names:
        found["text"] = names[0]
    at = {name: headings.index(heading) for name, heading in found.items()}
    return at if {"text", "quantity"} <= at.keys() else {}


def _guessed(table: Table) -> dict[str, int]:
    """Columns by what is in them: the product first, then a number and what follows it."""
    width = max((len(row) for row in table), default=0)
    kinds = [_kind([row[at] for row in table if at < len(row)]) for at in range(width)]
    columns = {"text": 0}
    for at in range(1, width):
        if kinds[at] == "number":
            name = next((one for one in ("quantity", "price") if one not in columns), "")
        elif kinds[at] == "percent":
            name = "discount"
        elif kinds[at] == "text" and "quantity" in columns:
            name = "unit" if columns["quantity"] == at - 1 and _short(table, at) else "wish"
        else:
            name = ""  # the product's name beside its SKU, or nothing
        if name and name not in columns:
            columns[name] = at
    return columns


def _kind(cells: Sequence[str]) -> str:
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return ""
    numbers = sum(bool(NUMBER.fullmatch(number_in(cell)) or COUNTED.fullmatch(_plain(cell))) for cell in filled)
    if numbers * 2 < len(filled):
        return "text"
    return "percent" if all(_plain(cell).endswith("%") for cell in filled) else "number"


def _short(table: Table, at: int) -> bool:
    return all(len(row[at].strip()) <= LONGEST_UNIT for row in table if at < len(row))


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip()


def _split(row: dict[str, str]) -> dict[str, str]:
    """`2箱` in one cell is a quantity and a unit."""
    if (match := COUNTED.fullmatch(_plain(row.get("quantity", "")))) and not row.get("unit"):
        row["quantity"], row["unit"] = match[1], match[2]
    return row


def _row(typed: dict[str, str], form: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {name: typed.get(name, "") for name in COLUMNS}
    for name in ("quantity", "price", "discount"):
        if name in form.cleaned_data and form.cleaned_data[name] is not None:
            answer[name] = short(form.cleaned_data[name])
    if form.found is not None:
        answer |= {"product": form.found.pk, "text": f"{form.found.sku} {form.found.name}"}
        answer["unit"] = form.cleaned_data.get("unit") or typed.get("unit") or form.found.unit.name
    answer["errors"] = {name: " ".join(map(str, errors)) for name, errors in form.errors.items() if name in COLUMNS}
    return answer
