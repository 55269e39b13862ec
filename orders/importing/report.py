"""The bad rows of an import as a sheet that people mend and upload again."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from orders.models import ImportRun


def headings() -> list[str]:
    """The columns of the report."""
    return [_("File"), _("Row"), _("Column"), _("Reason"), _("Order number"), _("The row as it was")]


def rows(run: ImportRun) -> Iterator[list[Any]]:
    """Every bad row, from the database in pieces."""
    for row in run.bad_rows.order_by("file", "row", "id").iterator(chunk_size=2000):
        yield [row.file, row.row, row.column, row.error, row.external_number, " | ".join(row.data)]
