"""Adjustments and scrap: what was written, what waits for another person."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from erp.errors import BusinessError
from erp.web import add_error, changed_query, get_or_404, go, keyset_page, may, perm_required, render_page
from erp.workflow import advance, moves
from inventory.forms import AdjustPlaceForm
from inventory.models import Adjustment, AdjustmentReason, Product
from inventory.services import scrap

SEE = "inventory.view_adjustment"


class ScrapForm(AdjustPlaceForm):
    """What is spoilt, where it lies, and why."""

    quantity = forms.DecimalField(label=gettext_lazy("Quantity"), max_digits=18, decimal_places=4, min_value=0)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)


def reasons_of(kind: str) -> list[str]:
    """The reasons to choose from."""
    return list(AdjustmentReason.objects.filter(kind=kind, is_active=True).values_list("name", flat=True))


@perm_required(SEE)
def adjustment_list(request: HttpRequest) -> HttpResponse:
    """Adjustments, the newest first, with the steps that this person may take."""
    user = request.user
    rows = Adjustment.objects.visible_to(user).select_related(
        "product__unit", "place", "lot", "created_by", "decided_by"
    )  # type: ignore[arg-type]
    now = request.GET.get("status", "")
    if now in Adjustment.Status.values:
        rows = rows.filter(status=now)
    page = keyset_page(rows, "-id", request.GET.get("cursor"))
    context = {
        "page": page,
        "rows": [
            (row, list(moves(row, user)) if row.status == Adjustment.Status.WAITING else []) for row in page.items
        ],  # type: ignore[arg-type]
        "status": now,
        "tabs": [
            {"label": label, "href": changed_query(request, status=status), "current": status == now}
            for status, label in [("", _("All")), *Adjustment.Status.choices]
        ],
        "with_value": may(user, "inventory.view_purchaseorder"),
    }
    block = "rows" if "cursor" in request.GET else "list"
    return render_page(request, "inventory/adjustments.html", context, block=block)


@require_POST
@perm_required(SEE)
def adjustment_transition(request: HttpRequest, number: str) -> HttpResponse:
    """Decide: approve or reject."""
    document = get_or_404(Adjustment.objects.visible_to(request.user), number=number)  # type: ignore[arg-type]
    name, note = request.POST.get("transition", ""), request.POST.get("note", "")
    advance(document, name, by=request.user, note=note)  # type: ignore[arg-type]
    values = {"document": document.number, "status": document.get_status_display()}
    messages.success(request, _("%(document)s is “%(status)s” now.") % values)
    return go(request, "inventory:adjustments")


@require_http_methods(["GET", "POST"])
@perm_required("inventory.view_product", "inventory.adjust_stock")
def product_scrap(request: HttpRequest, sku: str) -> HttpResponse:
    """Take spoilt goods of a product out of the books."""
    product = get_or_404(Product.objects.visible_to(request.user).select_related("unit"), sku=sku)  # type: ignore[arg-type]
    form = ScrapForm(request.POST or None, product=product, initial={"key": f"scrap:{uuid.uuid4()}"})
    if request.method == "POST" and form.is_valid() and (done := _scrapped(request, product, form)):
        tell_adjustment(request, done)
        return go(request, product)
    context = {"product": product, "form": form, "reasons": reasons_of(Adjustment.Kind.SCRAP)}
    return render_page(request, "inventory/scrap.html", context, status=422 if form.errors else 200)


def _scrapped(request: HttpRequest, product: Product, form: Any) -> Adjustment | None:
    try:
        return scrap(product, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
    except BusinessError as error:
        add_error(form, error)
        return None


def tell_adjustment(request: HttpRequest, done: Adjustment) -> None:
    """Say what became of an adjustment."""
    values = {"document": done.number}
    if done.status == Adjustment.Status.WAITING:
        messages.info(request, _("%(document)s waits for approval; stock is unchanged until then.") % values)
    else:
        messages.success(request, _("%(document)s is written.") % values)
