"""Cells of an uploaded table as numbers and days, and the refusal that names every bad row."""

import datetime as dt
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from erp.errors import BusinessError

LARGEST = Decimal(10) ** 12


class RowsRefused(BusinessError):
    """Rows of a file cannot be taken; `rows` has the row number and the reason of each. Nothing was saved."""

    code = "rows_refused"

    def __init__(self, rows: list[tuple[int, str]]) -> None:
        super().__init__(
            _("%(count)s rows cannot be taken; nothing was saved.") % {"count": len(rows)},
            hint=_("Mend them in the file and upload it again."),
            field="file",
        )
        self.rows = rows


def number_of(text: str) -> Decimal | None:
    """A number as people type it, None for an empty cell. Raises BusinessError."""
    if not text:
        return None
    try:
        value = Decimal(text.replace(",", "").removesuffix("%"))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= LARGEST:
        raise BusinessError(_("“%(text)s” is not a number.") % {"text": text})
    return value


def day_of(text: str) -> dt.date | None:
    """A day such as 2026-11-21 or 2026/11/21, None for an empty cell. Raises BusinessError."""
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text.replace("/", "-")[:10])
    except ValueError:
        raise BusinessError(_("“%(text)s” is not a date. Write it as 2026-11-21.") % {"text": text}) from None
