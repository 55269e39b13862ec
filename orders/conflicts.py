"""Two people corrected one order: what each made of it, merged, in the terms of the order form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from erp.models import Company, User
from erp.money import ZERO
from erp.privacy import may_see_personal_data
from erp.threeway import Merged, Side, merge_record, merge_rows
from orders.forms import OrderForm
from orders.models import OrderRevision, SalesOrder
from orders.revisions import address, contents_of, number, text
from orders.services import LineInput

# What each value is called in the form, where that is another name or more than one.
HEAD_FIELDS = {
    "customer": ("customer", "customer_text"),
    "ship_to": ("address", "recipient", "phone", "province", "city", "district", "street"),
}
LINE_FIELDS = {"product": ("product", "text"), "quantity": ("quantity", "unit")}


@dataclass(frozen=True, slots=True)
class Conflict:
    """The merge of what is typed with what is saved since; `who` saved last. `version` is the one merged with."""

    head: Merged
    lines: Merged
    version: int
    who: User | None
    since: Any

    @property
    def is_settled(self) -> bool:
        """Nothing is left to choose."""
        return not (self.head.conflicts or self.lines.conflicts)

    @property
    def has_taken(self) -> bool:
        """Something of theirs came in."""
        return bool(self.head.taken or self.lines.taken)


def find_conflict(
    order: SalesOrder, form: OrderForm, lines: list[LineInput], *, choices: Mapping[str, Side]
) -> Conflict:
    """Merge a valid form with the order as it is now, on the version that the form began with. Four queries."""
    version = form.cleaned_data["version"] or 0
    began = OrderRevision.objects.filter(order=order, version=version).first()
    last = OrderRevision.objects.filter(order=order, version=order.version - 1).select_related("replaced_by").first()
    base, theirs = began.state if began else None, contents_of(order)
    head = _typed_head(form, unchanged=(base or theirs)["head"], user=form.user)
    default_tax = Company.current().default_tax_rate
    mine = [_typed_line(line, default_tax) for line in lines]
    rows = merge_rows(
        base["lines"] if base else None, mine, theirs["lines"], key=lambda row: row["product"], choices=choices
    )
    _keep_units_together(rows, mine, theirs["lines"])
    return Conflict(
        head=merge_record(base["head"] if base else None, head, theirs["head"], choices=choices),
        lines=rows,
        version=order.version,
        who=last.replaced_by if last else None,
        since=last.replaced_at if last else None,
    )


def _keep_units_together(rows: Merged, mine: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    """A price belongs to a unit: where the quantity came in another one, its price comes along."""
    for row in rows.rows:
        if row.record["quantity"][1] == row.record["price"][1] or row.mine is None or row.theirs is None:
            continue
        side = theirs[row.theirs] if row.record["quantity"] == theirs[row.theirs]["quantity"] else mine[row.mine]
        row.record["price"] = side["price"]


def _typed_head(form: OrderForm, *, unchanged: dict[str, Any], user: User) -> dict[str, Any]:
    data = form.cleaned_data
    # No address means: leave it; so does everybody who may not see it.
    kept = data["ship_to"] is None or not may_see_personal_data(user)
    return {
        "customer": data["found_customer"].pk,
        "promised_date": data["promised_date"].isoformat(),
        "channel": data["channel"].pk,
        "external_number": data["external_number"],
        "priority": data["priority"],
        "warehouse": data["warehouse"].pk if data["warehouse"] else unchanged["warehouse"],
        "customer_note": text(data["customer_note"]),
        "ship_to": unchanged["ship_to"] if kept else address(data["ship_to"]),
    }


def _typed_line(line: LineInput, default_tax: Any) -> dict[str, Any]:
    tax = next(rate for rate in (line.tax_rate, line.product.tax_rate, default_tax) if rate is not None)
    discount = "" if line.unit_price is None and line.discount is None else number(line.discount or ZERO)
    return {
        "product": line.product.pk,
        "quantity": [number(line.quantity), line.unit],
        "price": [number(line.unit_price), line.unit],
        "discount": discount,
        "tax": number(tax),
        "wish": text(line.wish),
    }


def merged_head(
    found: Conflict, typed: Mapping[str, Any], saved: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    """The form's head fields: as saved, and as typed where the merge kept what was typed. `theirs`: the saved values."""
    fields = dict(saved)
    for name, value in found.head.record.items():
        if value != theirs[name]:
            fields |= {field: typed.get(field, "") for field in HEAD_FIELDS.get(name, (name,))}
    return fields


def merged_lines(
    found: Conflict, typed: list[dict[str, Any]], saved: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The form's rows: as saved, and as typed where the merge kept what was typed; all three by their places."""
    rows = []
    for row in found.lines.rows:
        if row.theirs is None:
            rows.append(typed[row.mine])  # type: ignore[index]
            continue
        fields = dict(saved[row.theirs])
        if row.mine is not None:
            for name, value in row.record.items():
                if value != theirs[row.theirs][name]:
                    fields |= {field: typed[row.mine].get(field, "") for field in LINE_FIELDS.get(name, (name,))}
        rows.append(fields)
    return rows
