"""Splitting an order, and merging it with others of the same customer."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from erp.errors import BusinessError
from erp.models import User
from erp.once import new_token, once
from erp.privacy import address_for, address_line
from erp.web import add_error, get_or_404, go, may, perm_required, render_page
from inventory.models import Warehouse
from orders.forms import TypedDecimalField
from orders.models import Address, OrderLine, SalesOrder
from orders.selectors import customer_for_entry
from orders.services import ship_to_of
from orders.services.joining import (
    MERGEABLE,
    could_leave_together,
    merge_orders,
    open_orders_beside,
    reason_against,
    touched_ids,
)
from orders.services.splitting import SPLITTABLE, movable, split_order

SPLIT, MERGE = "orders.split_salesorder", "orders.merge_salesorder"
MOST_CANDIDATES = 50
HINTS = 3  # orders that the hint names


def splitting_of(order: SalesOrder, user: User) -> dict[str, Any]:
    """For the order's page: whether the person may split or merge it, and what could leave with it. One query."""
    merges = may(user, MERGE) and order.status in MERGEABLE
    beside = could_leave_together(order).visible_to(user)[: HINTS + 1] if merges else ()
    return {
        "may_split": may(user, SPLIT) and order.status in SPLITTABLE,
        "may_merge": merges,
        "beside": [one.number for one in beside],
    }


def _order(request: HttpRequest, number: str) -> SalesOrder:
    rows = SalesOrder.objects.visible_to(request.user)
    return get_or_404(rows.select_related("customer", "warehouse"), number=number)


class SplitForm(forms.Form):
    """How much of each line goes, and what is different with the new order."""

    promised_date = forms.DateField(
        label=gettext_lazy("Promised date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.filter(is_active=True), label=gettext_lazy("Warehouse"), empty_label=None
    )
    address = forms.ChoiceField(required=False, label=gettext_lazy("Address"))
    note = forms.CharField(required=False, max_length=200, label=gettext_lazy("Reason"))
    version = forms.IntegerField(widget=forms.HiddenInput)
    token = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, order: SalesOrder, user: User, lines: list[OrderLine], **kwargs: Any) -> None:
        start = {
            "promised_date": order.promised_date,
            "warehouse": order.warehouse_id,
            "version": order.version,
            "token": new_token(),
        }
        super().__init__(*args, initial=start, **kwargs)
        kept = address_line(address_for(user, order.ship_to))
        self.fields["address"].choices = [  # type: ignore[attr-defined]
            ("", _("As now: %(address)s") % {"address": kept}),
            *((str(pk), text) for pk, text in customer_for_entry(order.customer, user).addresses),
        ]
        for line in lines:
            self.fields[f"part_{line.pk}"] = TypedDecimalField(
                required=False, label=_("Goes: %(product)s") % {"product": line.product.sku}, min_value=0, max_digits=18
            )

    def parts(self) -> dict[int, Decimal]:
        """What goes, by line."""
        data = self.cleaned_data
        return {int(name[5:]): value for name, value in data.items() if name.startswith("part_") and value}


@require_http_methods(["GET", "POST"])
@perm_required("orders.view_salesorder", SPLIT)
def split(request: HttpRequest, number: str) -> HttpResponse:
    """Choose quantities that go on as an order of their own."""
    order = _order(request, number)
    if order.status not in SPLITTABLE:
        raise BusinessError(
            _("%(number)s is “%(status)s”; it cannot be split or merged any more.")
            % {"number": order.number, "status": order.get_status_display()}
        )
    lines = list(order.lines.select_related("product").order_by("position"))
    form = SplitForm(request.POST or None, order=order, user=request.user, lines=lines)
    if request.method == "POST" and form.is_valid():
        try:
            new = _split(request, order, form)
        except BusinessError as refusal:
            refusal.field = refusal.field.replace("parts.", "part_")
            add_error(form, refusal)
        else:
            messages.success(
                request, _("%(new)s is made of a part of %(number)s.") % {"new": new, "number": order.number}
            )
            return go(request, "orders:detail", new)
    most = movable(order)
    rows = [{"line": line, "most": most[line.pk], "field": form[f"part_{line.pk}"]} for line in lines]
    context = {"order": order, "form": form, "rows": rows}
    return render_page(request, "orders/split.html", context, status=422 if form.errors else 200)


def _split(request: HttpRequest, order: SalesOrder, form: SplitForm) -> str:
    """The new order's number; the same form sent twice makes one order."""
    data = form.cleaned_data
    ship_to = None
    if data["address"]:
        ship_to = ship_to_of(Address.objects.get(pk=data["address"], customer=order.customer_id), order.customer)

    def make() -> dict[str, Any]:
        new = split_order(
            order,
            form.parts(),
            by=request.user,
            version=data["version"],
            promised_date=data["promised_date"],
            warehouse=data["warehouse"],
            ship_to=ship_to,
            note=data["note"],
        )
        return {"number": new.number}

    answer, _is_new = once(data["token"], by=request.user, make=make)
    return str(answer["number"])


@require_http_methods(["GET", "POST"])
@perm_required("orders.view_salesorder", MERGE)
def merge(request: HttpRequest, number: str) -> HttpResponse:
    """Choose other open orders of the customer (`?with=number`), see what differs, and make them one."""
    order = _order(request, number)
    asked = request.POST if request.method == "POST" else request.GET
    candidates = _candidates(request, order)
    chosen = [row["order"] for row in candidates if row["order"].number in asked.getlist("with")]
    error = None
    if request.method == "POST":
        try:
            _merge(request, order, chosen)
        except BusinessError as refusal:
            error = refusal
            order.refresh_from_db()
        else:
            messages.success(
                request,
                _("%(orders)s are part of %(number)s now.")
                % {"orders": "、".join(one.number for one in chosen), "number": order.number},
            )
            return go(request, order)
    context = {
        "order": order,
        "candidates": candidates,
        "chosen": chosen,
        "error": error,
        "differences": _differences(order, chosen, asked, request.user),
        "note": asked.get("note", "\n".join(dict.fromkeys(filter(None, (o.customer_note for o in [order, *chosen]))))),
        "combine": request.method == "GET" or "combine" in request.POST,
        "total": sum((one.total for one in chosen), order.total),
    }
    return render_page(request, "orders/merge.html", context, status=422 if error else 200)


def _candidates(request: HttpRequest, order: SalesOrder) -> list[dict[str, Any]]:
    """Other open orders of the customer, each with the reason why it cannot be part of this one. Two queries."""
    rows = open_orders_beside(order).visible_to(request.user).select_related("warehouse")
    found = list(rows[:MOST_CANDIDATES])
    touched = touched_ids([order, *found])
    own = reason_against(order, order, touched=order.pk in touched)
    return [
        {
            "order": one,
            "reason": own or reason_against(order, one, touched=one.pk in touched),
            "same_address": one.ship_to == order.ship_to,
            "address": address_line(address_for(request.user, one.ship_to)),
        }
        for one in found
    ]


def _differences(order: SalesOrder, chosen: list[SalesOrder], asked: QueryDict, user: User) -> list[dict[str, Any]]:
    """What the orders do not agree on and somebody has to choose: each with one option an order."""
    everyone = [order, *chosen]
    facts = {
        "address": (_("Address"), lambda one: _address_words(one, user), order),
        "promised": (
            _("Promised date"),
            lambda one: f"{one.promised_date:%Y-%m-%d}",
            min(everyone, key=lambda one: one.promised_date),
        ),
    }
    found = []
    for name, (label, words, usual) in facts.items():
        options = {one.number: words(one) for one in everyone}
        same = len({_raw(one, name) for one in everyone}) == 1
        if not same:
            picked = asked.get(name, usual.number)
            found.append({"name": name, "label": label, "options": options.items(), "chosen": picked})
    return found


def _raw(order: SalesOrder, name: str) -> str:
    return str(sorted(order.ship_to.items())) if name == "address" else str(order.promised_date)


def _address_words(order: SalesOrder, user: User) -> str:
    shown = address_for(user, order.ship_to)
    return f"{shown.get('recipient', '')} {shown.get('phone', '')} {address_line(shown)}"


def _merge(request: HttpRequest, order: SalesOrder, chosen: list[SalesOrder]) -> None:
    by_number = {one.number: one for one in [order, *chosen]}
    address, promised = by_number.get(request.POST.get("address", "")), by_number.get(request.POST.get("promised", ""))
    version = request.POST.get("version", "")
    merge_orders(
        order,
        chosen,
        by=request.user,
        version=int(version) if version.isdigit() else 0,
        combine="combine" in request.POST,
        promised_date=promised.promised_date if promised else None,
        ship_to=address.ship_to if address else None,
        customer_note=request.POST.get("note", order.customer_note).strip()[:2000],
    )
