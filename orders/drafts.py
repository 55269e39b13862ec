"""What lists show of order forms that were begun and not sent."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from erp.models import Draft, User
from orders.forms import LineForm
from orders.models import SalesOrder

FORM = "orders.order"
SHOWN = 4
ROW = re.compile(r"lines-(\d{1,4})-(\w+)")
# A row counts as a line when one of these was typed; the tax rate has a value from the beginning.
TYPED = ("product", "text", "quantity", "wish")


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft as lists show it."""

    key: str
    title: str
    subject: str
    lines: int
    at: datetime
    url: str


def rows_of(payload: dict[str, str]) -> list[dict[str, str]]:
    """The filled rows of the lines editor, in their order."""
    rows: dict[int, dict[str, str]] = {}
    for name, value in payload.items():
        if (match := ROW.fullmatch(name)) and match[2] in (*LineForm.base_fields, "DELETE"):
            rows.setdefault(int(match[1]), {})[match[2]] = value
    filled = (row for _place, row in sorted(rows.items()) if not row.get("DELETE"))
    return [row for row in filled if any(row.get(name, "").strip() for name in TYPED)]


def recent(user: User, order: SalesOrder | None = None, *, without: str = "") -> list[DraftRow]:
    """The person's newest drafts of new orders, or of corrections of one order. One query."""
    rows = Draft.objects.visible_to(user).filter(form=FORM, subject=order.number if order else "")
    return [row_of(draft) for draft in rows.exclude(key=without)[:SHOWN]]


def row_of(draft: Draft) -> DraftRow:
    """How a draft reads, and where it goes on."""
    base = reverse("orders:edit", args=[draft.subject]) if draft.subject else reverse("orders:new")
    return DraftRow(
        key=draft.key,
        title=draft.payload.get("customer_text", "").strip() or _("Without a customer"),
        subject=draft.subject,
        lines=len(rows_of(draft.payload)),
        at=draft.at,
        url=f"{base}?{urlencode({'draft': draft.key})}",
    )
