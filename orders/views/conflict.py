"""When somebody else saved the order meanwhile: what each changed, side by side, and the form with both merged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from erp.privacy import address_for, address_line
from erp.threeway import WHOLE, Difference, Side
from erp.web.formats import percent, price, qty
from inventory.models import Product, Warehouse
from orders.conflicts import Conflict, find_conflict, merged_head, merged_lines
from orders.forms import LineForm, OrderForm
from orders.models import Channel, Customer, SalesOrder
from orders.revisions import contents_of

PICK = "pick:"


@dataclass(frozen=True, slots=True)
class Shown:
    """One difference in words. `path` names the choice."""

    path: str
    label: str
    base: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Panel:
    """What the form shows above itself."""

    who: str
    since: Any
    version: int
    conflicts: list[Shown]
    taken: list[Shown]


@dataclass(frozen=True, slots=True)
class Answer:
    """How it goes on: `data` is the merged form; None while something is left to choose. `chosen`: save it at once."""

    panel: Panel
    data: QueryDict | None
    chosen: bool


def merge(
    request: HttpRequest,
    form: OrderForm,
    lines: Any,
    order: SalesOrder,
    head: dict[str, Any],
    rows: list[dict[str, Any]],
) -> Answer:
    """Merge a valid form with the order as saved since: `head` and `rows` are the form's initial values of that."""
    choices = _choices(request, order.version)
    found = find_conflict(order, form, [line for _place, line in lines.lines()], choices=choices)
    panel = _panel(found, request)
    if not found.is_settled:
        return Answer(panel, None, chosen=False)
    theirs = contents_of(order)
    typed = [_raw(lines.forms[place]) for place, _line in lines.lines()]
    merged = merged_head(found, form.data, head, theirs["head"])
    merged |= {name: form.data.get(name, "") for name in ("token", "draft_version")}
    return Answer(panel, _as_data(merged, merged_lines(found, typed, rows, theirs["lines"])), chosen=bool(choices))


def _choices(request: HttpRequest, version: int) -> dict[str, Side]:
    """What was picked, if it was picked between this very version and what is typed."""
    if request.POST.get("theirs_version") != str(version):
        return {}
    picked = {name.removeprefix(PICK): value for name, value in request.POST.items() if name.startswith(PICK)}
    return {path: "theirs" if side == "theirs" else "mine" for path, side in picked.items()}


def _raw(form: LineForm) -> dict[str, Any]:
    """A row as it was typed; the product found for it stays found."""
    typed = {name: form[name].value() for name in form.fields if name != "DELETE"}
    return {**typed, "product": form.found.pk if form.found else typed["product"]}


def _as_data(head: Mapping[str, Any], rows: list[dict[str, Any]]) -> QueryDict:
    """The merged values as a form would send them."""
    data = QueryDict(mutable=True)
    for name, value in head.items():
        data[name] = "" if value is None else str(value)
    data["lines-TOTAL_FORMS"], data["lines-INITIAL_FORMS"] = str(len(rows)), "0"
    for place, row in enumerate(rows):
        for name, value in row.items():
            data[f"lines-{place}-{name}"] = "" if value is None else str(value)
    return data


def _panel(found: Conflict, request: HttpRequest) -> Panel:
    differences = [*found.head.conflicts, *found.lines.conflicts, *found.head.taken, *found.lines.taken]
    names = _names(differences)
    shown = {id(one): _shown(one, names, request.user) for one in differences}
    return Panel(
        who=str(found.who or _("Somebody else")),
        since=found.since,
        version=found.version,
        conflicts=[shown[id(one)] for one in (*found.head.conflicts, *found.lines.conflicts)],
        taken=[shown[id(one)] for one in (*found.head.taken, *found.lines.taken)],
    )


def _names(differences: Iterable[Difference]) -> dict[tuple[str, Any], str]:
    """What the keys that the differences speak of are called. One query a kind."""
    models: dict[str, Any] = {"customer": Customer, "channel": Channel, "warehouse": Warehouse, "product": Product}
    wanted: dict[str, set[Any]] = {kind: set() for kind in models}
    for one in differences:
        if one.key:
            wanted["product"].add(int(one.key.partition("#")[0]))
        elif one.name in models:
            wanted[one.name] |= {one.base, one.mine, one.theirs} - {None}
    found = {
        (kind, row.pk): row
        for kind, keys in wanted.items()
        if keys
        for row in models[kind]._default_manager.filter(pk__in=keys)
    }
    return {at: f"{row.code} {row.name}" if at[0] == "customer" else str(row) for at, row in found.items()}


def _shown(one: Difference, names: Mapping[tuple[str, Any], str], user: Any) -> Shown:
    values = [_said(one, value, names, user) for value in (one.base, one.mine, one.theirs)]
    return Shown(one.path, _label(one, names), *values)


def _label(one: Difference, names: Mapping[tuple[str, Any], str]) -> str:
    if not one.key:
        name = {"customer": "customer_text", "ship_to": "address"}.get(one.name, one.name)
        return str(OrderForm.base_fields[name].label)
    product = names.get(("product", int(one.key.partition("#")[0])), "")
    return product if one.name == WHOLE else f"{product}: {LineForm.base_fields[one.name].label}"


def _said(one: Difference, value: Any, names: Mapping[tuple[str, Any], str], user: Any) -> str:
    """A value as people read it."""
    if one.key and one.name == WHOLE:
        if value is None:
            return "—" if one.base is None else _("removed")
        parts = [
            qty(Decimal(value["quantity"][0]), value["quantity"][1]),
            _price(value["price"]),
            _share(value["discount"], "−"),
            value["wish"],
        ]
        return " · ".join(part for part in parts if part)
    if value is None or value == "":
        return "—"
    match one.name:
        case "ship_to":
            shown = address_for(user, value)
            return " ".join(filter(None, [shown["recipient"], shown["phone"], address_line(shown)])) or "—"
        case "priority":
            return str(SalesOrder.Priority(value).label)
        case "quantity":
            return qty(Decimal(value[0]), value[1])
        case "price":
            return _price(value)
        case "discount" | "tax":
            return percent(Decimal(value))
        case "customer" | "channel" | "warehouse":
            return names.get((one.name, value), str(value))
    return str(value)


def _price(value: list[str]) -> str:
    amount, unit = value
    return f"{price(Decimal(amount))}{f' / {unit}' if unit else ''}" if amount else _("list price")


def _share(value: str, sign: str) -> str:
    return f"{sign}{percent(Decimal(value))}" if value and Decimal(value) else ""
