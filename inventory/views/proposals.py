"""What should be bought, from whom and why: tick it, and it becomes purchase orders."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from erp.errors import BusinessError
from erp.web import get_or_404, go, perm_required, render_page
from inventory.doclinks import DocLink, document_links
from inventory.models import Supplier, SupplyRequest, Warehouse
from inventory.needs import BuyingNeed, SupplierNeeds, buying_needs
from inventory.services import Choice, Ordered, order_needs, order_proposals

BUY = ("inventory.view_purchaseorder", "inventory.add_purchaseorder")
ROWS = 300  # proposals on the page; the rest follows when these are ordered
REASONS = 4  # waiting documents named beside one product
SUPPLIERS = 300  # offered where nobody is known to sell a product


@dataclass(slots=True)
class Proposal:
    """One row: a need, why it is there, and what the person has typed about it."""

    need: BuyingNeed
    key: str
    quantity: str
    supplier: str
    ticked: bool
    error: str = ""
    reasons: list[tuple[DocLink, SupplyRequest]] = field(default_factory=list)
    more: int = 0


@require_http_methods(["GET", "POST"])
@perm_required(*BUY)
def proposals(request: HttpRequest) -> HttpResponse:
    """Proposals by supplier; ticked ones become drafts, one for each supplier and warehouse."""
    groups = buying_needs()
    rows = _rows(request, groups)
    refusal = None
    if request.method == "POST":
        choices = [choice for row in rows if row.ticked and (choice := _choice(request, row))]
        choices += _vanished(request, rows)
        if not any(row.error for row in rows):
            try:
                return _ordered(request, order_proposals(choices, by=request.user))  # type: ignore[arg-type]
            except BusinessError as error:
                refusal = error
    _explain(rows, request.user)
    context = {
        "groups": _grouped(groups, rows),
        "suppliers": list(Supplier.objects.filter(is_active=True).order_by("code")[:SUPPLIERS]),
        "refusal": refusal,
        "rows": rows,
        "today": timezone.localdate(),
        "hidden": sum(len(group.needs) for group in groups) - len(rows),
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "inventory/proposals.html", context, status=status)


def _rows(request: HttpRequest, groups: list[SupplierNeeds]) -> list[Proposal]:
    posted, found = request.method == "POST", []
    ticked = set(request.POST.getlist("selected"))
    for need in [need for group in groups for need in group.needs][:ROWS]:
        key = f"{need.product.pk}-{need.warehouse.pk}"
        supplier = str(need.offer.supplier.pk) if need.offer else ""
        found.append(
            Proposal(
                need=need,
                key=key,
                quantity=request.POST.get(f"quantity-{key}", f"{need.quantity.normalize():f}"),
                supplier=request.POST.get(f"supplier-{key}", supplier),
                ticked=key in ticked if posted else need.offer is not None,
            )
        )
    return found


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 < value < Decimal(10) ** 12 else None


def _choice(request: HttpRequest, row: Proposal) -> Choice | None:
    """What was ticked, or None with the row's error set."""
    quantity, need = _number(row.quantity), row.need
    if quantity is None:
        row.error = _("Enter a quantity.")
    elif not row.supplier.isdigit():
        row.error = _("Choose a supplier.")
    else:
        return Choice(
            product_id=need.product.pk,
            warehouse_id=need.warehouse.pk,
            supplier_id=int(row.supplier),
            quantity=quantity,
            short=_number(request.POST.get(f"short-{row.key}", "")) or Decimal(0),
        )
    return None


def _vanished(request: HttpRequest, rows: list[Proposal]) -> list[Choice]:
    """Ticked rows that are not short any more: the service names them."""
    there = {row.key for row in rows}
    found = []
    for key in request.POST.getlist("selected"):
        product, _dash, warehouse = key.partition("-")
        if key not in there and product.isdigit() and warehouse.isdigit():
            found.append(Choice(int(product), int(warehouse), 0, Decimal(1), Decimal(0)))
    return found


def _ordered(request: HttpRequest, done: Ordered) -> HttpResponse:
    numbers = ", ".join(order.number for order in done.orders)
    text = ngettext("Purchase order %(numbers)s drafted.", "Purchase orders %(numbers)s drafted.", len(done.orders))
    messages.success(request, text % {"numbers": numbers})
    if done.gone:
        names = ", ".join(product.sku for product in done.gone)
        messages.warning(request, _("Left out, because the need has changed meanwhile: %(names)s.") % {"names": names})
    return go(request, done.orders[0] if len(done.orders) == 1 else "inventory:purchases")


def _explain(rows: list[Proposal], user: Any) -> None:
    """Name the documents that wait for each product, the most urgent first. A few queries."""
    requests = SupplyRequest.objects.filter(
        status=SupplyRequest.Status.OPEN,
        supply="buy",
        product__in={row.need.product.pk for row in rows},
        quantity__gt=F("covered"),
    ).order_by("-priority", F("needed_by").asc(nulls_last=True), "id")
    waiting: dict[tuple[int, int], list[SupplyRequest]] = defaultdict(list)
    for one in requests[: 20 * ROWS]:
        waiting[one.product_id, one.warehouse_id].append(one)
    shown = {key: found[:REASONS] for key, found in waiting.items()}
    links = document_links(((one.document_type, one.document_id) for found in shown.values() for one in found), user)
    for row in rows:
        key = (row.need.product.pk, row.need.warehouse.pk)
        row.reasons = [(links[one.document_type, one.document_id], one) for one in shown.get(key, [])]
        row.more = len(waiting[key]) - len(row.reasons)


def _grouped(groups: list[SupplierNeeds], rows: list[Proposal]) -> list[tuple[SupplierNeeds, list[Proposal]]]:
    left = list(rows)
    found = []
    for group in groups:
        part, left = left[: len(group.needs)], left[len(group.needs) :]
        if part:
            found.append((group, part))
    return found


@require_POST
@perm_required(*BUY)
def order_supplier_needs(request: HttpRequest) -> HttpResponse:
    """One click: everything that is short and sold by this supplier becomes a draft."""
    supplier = get_or_404(Supplier.objects.all(), code=request.POST.get("supplier", ""))
    warehouse = get_or_404(Warehouse.objects.all(), code=request.POST.get("warehouse", ""))
    order = order_needs(supplier=supplier, warehouse=warehouse, by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("Purchase order %(number)s drafted.") % {"number": order.number})
    return go(request, order)
