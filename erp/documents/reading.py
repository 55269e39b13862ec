"""A CSV or XLSX file as rows of text, one after the other, in constant memory."""

import codecs
import csv
import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from erp.errors import BusinessError

Cells = list[str]
Row = tuple[int, Cells]  # row number as a spreadsheet shows it, from 1

CHUNK = 1 << 20
LONGEST_CELL = 1 << 17
BIGGEST_UNPACKED = 2 << 30  # an XLSX is a ZIP: refuse one that unpacks into more than 2 GB
ENCODINGS = ("utf-8", "gb18030")
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
BOOK_SUFFIXES = (".xlsx", ".xlsm")
SUFFIXES = (".csv", ".txt", ".tsv", *BOOK_SUFFIXES)


class FileRefused(BusinessError):
    """The file cannot be read; the message says why and what to do."""

    code = "file_refused"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint, field="file")


def read_rows(path: Path) -> Iterator[Row]:
    """Every row that is not empty, the headings first. Raises FileRefused."""
    suffix = path.suffix.lower()
    if suffix == ".xls":
        raise FileRefused(
            _("%(file)s is in the old Excel format.") % {"file": path.name},
            hint=_("Open it in Excel and save it as “.xlsx” or “CSV UTF-8”."),
        )
    if suffix not in SUFFIXES:
        raise FileRefused(
            _("%(file)s is neither a CSV nor an XLSX file.") % {"file": path.name},
            hint=_("Save it as “.xlsx” or “.csv”."),
        )
    is_book = suffix in BOOK_SUFFIXES or zipfile.is_zipfile(path)  # some programs call a workbook “.csv”
    rows = _read_xlsx(path) if is_book else _read_csv(path)
    empty = True
    for number, cells in rows:
        if any(cells):
            empty = False
            yield number, cells
    if empty:
        raise FileRefused(_("%(file)s is empty.") % {"file": path.name})


def read_table(path: Path) -> tuple[Cells, Iterator[Row]]:
    """The headings (the first row that is not empty) and the rows below. Raises FileRefused."""
    rows = read_rows(path)
    _number, headings = next(rows)
    while headings and not headings[-1]:
        headings = headings[:-1]
    return headings, rows


def detect_encoding(path: Path) -> str:
    """UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030, as Chinese Excel writes it. Raises FileRefused."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return encoding
    for encoding in ENCODINGS:
        if _decodes(path, encoding):
            return encoding
    raise FileRefused(
        _("The characters of %(file)s cannot be read.") % {"file": path.name},
        hint=_("Save it as “CSV UTF-8” or as “.xlsx”."),
    )


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                if b"\0" in chunk:  # no text: a picture, a PDF, a program
                    return False
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _read_csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=detect_encoding(path), newline="") as file:
        delimiter = _delimiter(file.readline())
        file.seek(0)
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        number = 0
        while True:
            number += 1
            try:
                cells = next(rows)
            except StopIteration:
                return
            except (csv.Error, UnicodeError) as error:
                raise FileRefused(
                    _("Row %(row)s of %(file)s is malformed: %(reason)s.")
                    % {"row": number, "file": path.name, "reason": error},
                    hint=_("Mostly a quotation mark is not closed there. Mend it, or save the file as “.xlsx”."),
                ) from error
            yield number, [cell.strip() for cell in cells]


def _delimiter(line: str) -> str:
    """The separator that the line of headings uses most, outside quotation marks."""
    outside = "".join(line.split('"')[::2])
    return max(",;\t|", key=outside.count)


def _read_xlsx(path: Path) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > BIGGEST_UNPACKED:
                raise FileRefused(_("%(file)s is too large.") % {"file": path.name}, hint=_("Save it as CSV."))
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise FileRefused(
            _("%(file)s is damaged or not an Excel file.") % {"file": path.name},
            hint=_("Open it in Excel and save it again as “.xlsx”."),
        ) from error
    try:
        sheet = next((s for s in book.worksheets if s.sheet_state == "visible"), None)
        if sheet is None:
            raise FileRefused(_("%(file)s has no sheet.") % {"file": path.name})
        sheet.reset_dimensions()  # some programs write a wrong size, and rows would be cut off
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, [_text(value) for value in values]
    finally:
        book.close()


def _text(value: Any) -> str:
    """A cell's value as it would stand in a CSV file: numbers without binary noise, dates in ISO form."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)
