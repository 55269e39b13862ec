"""The columns that the order list offers: one entry each, for the page, the spreadsheet, and the sorting.

A column shows its `value` as text unless `templates/orders/_cells.html` has a macro with its code.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from erp.models import User
from erp.web import formats, may
from orders.models import SalesOrder
from orders.waiting import Wait

Value = Callable[[SalesOrder, Wait | None], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `sort` is a not-null field that an index serves; `joins` and `fetches` are
    relations that `value` or the macro reads."""

    code: str
    label: str | Promise
    value: Value
    num: bool = False
    sort: str = ""
    css: str = ""
    joins: tuple[str, ...] = ()
    fetches: tuple[str, ...] = ()
    permission: str = ""

    def text(self, order: SalesOrder, wait: Wait | None) -> str:
        """The value as a cell without a macro of its own shows it."""
        value = self.value(order, wait)
        if isinstance(value, Decimal):
            return formats.money(value)
        if isinstance(value, dt.datetime):
            return formats.dt(value)
        return formats.date(value) if isinstance(value, dt.date) else str(value or "")

    @property
    def head(self) -> dict[str, Any]:
        """The column as `ui.table` wants it."""
        return {"label": self.label, "num": self.num, "sort": self.code if self.sort else "", "cls": self.css}


def _of(path: str) -> Value:
    """The value of an attribute: `customer.code`."""

    def value(order: SalesOrder, wait: Wait | None) -> Any:
        found: Any = order
        for part in path.split("."):
            found = getattr(found, part, None)
        return found() if callable(found) else found

    return value


def _source(order: SalesOrder, wait: Wait | None) -> str:
    return " · ".join(str(part) for part in (order.channel, order.salesperson) if part)


def _tags(order: SalesOrder, wait: Wait | None) -> str:
    return "、".join(tag.name for tag in order.customer.tags.all())


def _waits(order: SalesOrder, wait: Wait | None) -> str:
    return wait.text if wait else ""


def _hold(order: SalesOrder, wait: Wait | None) -> str:
    return f"{order.hold_reason} · {order.hold_by}" if order.hold_by else order.hold_reason


# Another column is one more line here.
COLUMNS: dict[str, Column] = {
    column.code: column
    for column in (
        Column("number", _("Number"), _of("number"), sort="id", css="card-main"),
        Column("customer", _("Customer"), _of("customer.name"), fetches=("customer__tags",)),
        Column("source", _("Source"), _source, css="source"),
        Column("amount", _("Amount"), _of("total"), num=True, sort="total"),
        Column("due", _("Promised"), _of("promised_date"), sort="promised_date"),
        Column("status", _("Status"), _of("get_status_display"), css="card-side"),
        Column("payment", _("Payment"), _of("get_payment_state_display")),
        Column("waits", _("Waits for"), _waits),
        Column("external", _("External number"), _of("external_number"), css="extra"),
        Column("customer_code", _("Customer code"), _of("customer.code"), css="extra"),
        Column("channel", _("Channel"), _of("channel"), css="extra"),
        Column("salesperson", _("Salesperson"), _of("salesperson"), css="extra"),
        Column("ordered", _("Ordered at"), _of("ordered_at"), sort="ordered_at", css="extra"),
        Column("currency", _("Currency"), _of("currency"), css="extra"),
        Column("untaxed", _("Amount without tax"), _of("untaxed"), num=True, css="extra"),
        Column("tax", _("Tax"), _of("tax"), num=True, css="extra"),
        Column("paid", _("Paid"), _of("paid"), num=True, css="extra"),
        Column("outstanding", _("Still to be paid"), _of("outstanding"), num=True, css="extra"),
        Column("warehouse", _("Warehouse"), _of("warehouse"), css="extra", joins=("warehouse",)),
        Column("priority", _("Priority"), _of("get_priority_display"), css="extra"),
        Column("hold", _("On hold"), _hold, css="extra long", joins=("hold_by",)),
        Column("approved", _("Approved at"), _of("approved_at"), css="extra"),
        Column("shipped", _("Shipped at"), _of("shipped_at"), css="extra"),
        Column("delivered", _("Delivered at"), _of("delivered_at"), css="extra"),
        Column("sub_status", _("Sub-status"), _of("sub_status"), css="extra"),
        Column("tags", _("Customer tags"), _tags, css="extra", fetches=("customer__tags",)),
        Column("project", _("Project"), _of("project"), css="extra", joins=("project",)),
        Column("note", _("Special wishes"), _of("customer_note"), css="extra long"),
    )
}
USUAL = ("number", "customer", "source", "amount", "due", "status", "payment", "waits")
SORTS = {code: column.sort for code, column in COLUMNS.items() if column.sort}


def offered(user: User) -> dict[str, Column]:
    """The columns that a person may choose from, by code."""
    return {code: one for code, one in COLUMNS.items() if not one.permission or may(user, one.permission)}


def chosen(codes: Iterable[str], user: User) -> list[Column]:
    """The columns with these codes, the number always first; unknown ones are left out, and none means the usual ones."""
    known = offered(user)
    found = [known[code] for code in dict.fromkeys(codes) if code in known]
    found = found or [known[code] for code in USUAL]
    number = known["number"]
    return [number, *(one for one in found if one is not number)]


def bring(rows: QuerySet[SalesOrder], columns: Sequence[Column]) -> QuerySet[SalesOrder]:
    """The orders with all that these columns read of other tables."""
    joins = {join for column in columns for join in column.joins}
    fetches = {fetch for column in columns for fetch in column.fetches}
    return rows.select_related("customer", "channel", "salesperson", "sub_status", *joins).prefetch_related(*fetches)
