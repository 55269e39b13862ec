"""What the files look like through a mapping, before anything is entered."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from erp.documents.reading import Cells, read_table
from erp.errors import BusinessError
from orders.importing.fields import FIELDS
from orders.importing.mapping import Mapping

ROWS = 6
LONGEST = 60
PART_NAMES: dict[str, Promise] = {
    "order": _("Orders"),
    "line": _("Order lines"),
    "customer": _("Customers"),
    "product": _("Products"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file, and the field that it is read as (empty: not read)."""

    heading: str
    field: str


@dataclass(frozen=True, slots=True)
class FilePreview:
    """The first rows of a file."""

    name: str
    part: Promise
    columns: list[Column]
    rows: list[Cells]


@dataclass(frozen=True, slots=True)
class Preview:
    """The files as the mapping reads them; `problem` says why it cannot."""

    files: list[FilePreview]
    problem: BusinessError | None = None


def preview(mapping: Mapping, paths: Sequence[Path]) -> Preview:
    """The first rows of each file with what each column is read as."""
    try:
        files = mapping.sort_files(paths)
        problem = None
    except BusinessError as error:
        files, problem = {"order": paths[0]}, error
    if problem is None:
        try:
            mapping.check_headings(files)
        except BusinessError as error:
            problem = error
    return Preview(
        [_file(mapping, part, path, whole=not mapping.has_line_file) for part, path in files.items()], problem
    )


def _file(mapping: Mapping, part: str, path: Path, *, whole: bool) -> FilePreview:
    headings, rows = read_table(path)
    meanings: dict[int, str] = {}
    for one in ("order", "line") if whole and part == "order" else (part,):
        labels = {field.name: str(field.label) for field in (*FIELDS[one], *FIELDS["order"][:1])}
        for name, place in mapping.places(one, headings).items():
            meanings.setdefault(place, labels.get(name, name))
    shown = [[_short(cell) for cell in cells[: len(headings)]] for _number, cells in islice(rows, ROWS)]
    columns = [Column(heading, meanings.get(place, "")) for place, heading in enumerate(headings)]
    return FilePreview(path.name, PART_NAMES[part], columns, shown)


def _short(cell: str) -> str:
    return cell if len(cell) <= LONGEST else f"{cell[:LONGEST]}…"
