"""Spreadsheets: XLSX and CSV of any rows, in constant memory, safe to open."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO, Any
from urllib.parse import quote

from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
SPOOL_BYTES = 4 * 1024 * 1024
MAX_WIDTH = 48


def plain(value: Any) -> Any:
    """A value as a spreadsheet holds it: numbers stay numbers, moments become local, the rest text."""
    if value is None or isinstance(value, bool | int | float | Decimal | dt.time):
        return value
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
    return value if isinstance(value, dt.date) else str(value)


def safe_text(value: Any) -> Any:
    """Text that a spreadsheet program would run as a formula gets an apostrophe in front."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def number_format(value: Any) -> str | None:
    """Excel's format for a value: as many decimals as the Decimal has, ISO dates."""
    if isinstance(value, dt.datetime):
        return "yyyy-mm-dd hh:mm"
    if isinstance(value, dt.date):
        return "yyyy-mm-dd"
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        digits = max(0, -exponent) if isinstance(exponent, int) else 0
        return "#,##0" + ("." + "0" * digits if digits else "")
    return "#,##0" if isinstance(value, int) and not isinstance(value, bool) else None


def write_xlsx(file: IO[bytes], headers: Sequence[Any], rows: Iterable[Sequence[Any]], *, title: str = "") -> int:
    """Write one sheet (bold headers, frozen, filterable) to `file`; returns the number of rows."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet((title or "Sheet1").translate(str.maketrans("[]:*?/\\", "       "))[:31])
    sheet.freeze_panes = "A2"
    for index, header in enumerate(headers, start=1):
        # CJK characters are twice as wide as Latin ones.
        width = sum(2 if ord(c) > 255 else 1 for c in str(header)) + 4
        sheet.column_dimensions[get_column_letter(index)].width = min(max(width, 12), MAX_WIDTH)

    def cell(value: Any, **style: Any) -> Any:
        made = WriteOnlyCell(sheet, value=value)
        if isinstance(value, str):
            made.data_type = "s"  # never a formula, whatever it begins with
        for name, look in style.items():
            setattr(made, name, look)
        return made

    bold, fill = Font(bold=True), PatternFill("solid", fgColor="EEF2F8")
    sheet.append([cell(str(h), font=bold, fill=fill, alignment=Alignment(vertical="center")) for h in headers])
    count = 0
    for row in rows:
        cells = []
        for value in map(plain, row):
            shape = number_format(value)
            cells.append(cell(value, number_format=shape) if shape else cell(value))
        sheet.append(cells)
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(1, len(headers)))}{count + 1}"
    book.save(file)
    return count


def xlsx_response(
    filename: str, headers: Sequence[Any], rows: Iterable[Sequence[Any]], *, title: str = ""
) -> FileResponse:
    """A spreadsheet to download; rows may be a generator, Decimals are numbers, moments local time."""
    file = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 -- the response closes it
    write_xlsx(file, headers, rows, title=title)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=filename, content_type=XLSX_TYPE)


class _Echo:
    def write(self, value: str) -> str:
        return value


def csv_lines(headers: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV file, the first with a byte order mark so that Excel reads UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow([safe_text(str(h)) for h in headers]))
    for row in rows:
        yield str(writer.writerow([_csv_value(value) for value in row]))


def _csv_value(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return "" if value is None else safe_text(value)


def csv_response(filename: str, headers: Sequence[Any], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A CSV file to download, streamed row by row."""
    return StreamingHttpResponse(
        csv_lines(headers, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename)}"},
    )
