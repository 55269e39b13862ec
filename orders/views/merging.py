"""Likely duplicates of customers, and two of them side by side to be merged."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from erp.errors import BusinessError
from erp.web import get_or_404, go, perm_required, render_page
from orders.duplicates import likely_duplicates
from orders.models import Customer
from orders.services.merging import MERGED_FIELDS, merge_customers


@require_GET
@perm_required("orders.merge_customer")
def duplicates(request: HttpRequest) -> HttpResponse:
    """Pairs of customers that are probably one."""
    older = request.GET.get("older", "")
    found = likely_duplicates(request.user, older=int(older) if older.isdecimal() and len(older) < 19 else None)  # type: ignore[arg-type]
    return render_page(request, "orders/duplicates.html", {"pairs": found.pairs, "older": found.older})


@require_http_methods(["GET", "POST"])
@perm_required("orders.merge_customer")
def merge(request: HttpRequest, code: str, other: str) -> HttpResponse:
    """`other` becomes part of `code`: both side by side, a choice for each field."""
    rows = Customer.objects.visible_to(request.user).select_related("owner", "price_list")
    survivor, loser = get_or_404(rows, code=code), get_or_404(rows, code=other)
    if survivor.pk == loser.pk:
        raise Http404(_("Choose two different customers."))
    error = None
    if request.method == "POST":
        chosen = {
            name: getattr(loser if request.POST.get(name) == "other" else survivor, name) for name in MERGED_FIELDS
        }
        try:
            merge_customers(survivor, loser, by=request.user, fields=chosen)
        except BusinessError as refusal:
            error = refusal
        else:
            values = {"loser": loser.code, "survivor": survivor.name}
            messages.success(request, _("%(loser)s is now part of %(survivor)s.") % values)
            return go(request, "orders:customer", survivor.code)
    context = {
        "survivor": survivor,
        "loser": loser,
        "rows": [_row(survivor, loser, name, request.POST.get(name, "")) for name in MERGED_FIELDS],
        "counts": [_counts(survivor), _counts(loser)],
        "error": error,
    }
    return render_page(request, "orders/customer_merge.html", context, status=422 if error else 200)


def _row(survivor: Customer, loser: Customer, name: str, chosen: str) -> dict[str, Any]:
    mine, theirs = _shown(survivor, name), _shown(loser, name)
    return {
        "name": name,
        "label": Customer._meta.get_field(name).verbose_name,
        "mine": mine,
        "theirs": theirs,
        "differs": mine != theirs,
        "other": chosen == "other" or (not chosen and not mine and bool(theirs)),
    }


def _shown(customer: Customer, name: str) -> str:
    if name == "level":
        return str(customer.get_level_display())
    if name == "credit_limit" and customer.credit_limit is None:
        return str(_("no limit"))
    value = getattr(customer, name)
    return "" if value is None else str(value)


def _counts(customer: Customer) -> dict[str, Any]:
    """What a person weighs: how old, how many people, whether anything is owed. Two queries."""
    return {
        "since": customer.created_at,
        "contacts": customer.contacts.count(),
        "addresses": customer.addresses.count(),
        "receivable": customer.receivable,
    }
