"""Suppliers: all of them, one with its prices and its record, and the spreadsheet of its prices."""

import tempfile
from pathlib import Path, PurePath
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp.documents.cells import RowsRefused
from erp.documents.reading import SUFFIXES, FileRefused, read_rows
from erp.documents.xlsx import xlsx_response
from erp.errors import BusinessError
from erp.web import add_error, get_or_404, go, keyset_page, may, perm_required, render_page
from inventory.models import PurchaseOrder, Supplier, SupplierPrice
from inventory.scores import scores_of
from inventory.services.suppliers import import_prices, remove_price, row_of, save_price, save_supplier
from inventory.supplier_forms import Contacts, PriceForm, SupplierForm

SEE, ADD, CHANGE = "inventory.view_supplier", "inventory.add_supplier", "inventory.change_supplier"
PRICES = "inventory.change_supplierprice"
BIGGEST = 10 << 20
ORDERS = 10  # shown on a supplier's page


def _found(request: HttpRequest) -> QuerySet[Supplier]:
    rows = Supplier.objects.visible_to(request.user)  # type: ignore[arg-type]
    text = request.GET.get("q", "").strip()
    if text:
        goods = Q(prices__product__sku__icontains=text) | Q(prices__supplier_sku__icontains=text)
        found = Supplier.objects.filter(
            Q(code__icontains=text) | Q(name__icontains=text) | Q(contact__icontains=text) | goods
        )
        rows = rows.filter(pk__in=found.values("pk"))
    return rows.filter(is_active=False) if request.GET.get("state") == "inactive" else rows.filter(is_active=True)


@require_GET
@perm_required(SEE)
def supplier_list(request: HttpRequest) -> HttpResponse:
    """Suppliers by code, with what is on order and how reliable they are. Four queries."""
    is_open = Q(purchase_orders__status__in=PurchaseOrder.OPEN)
    rows = _found(request).annotate(open_orders=Count("purchase_orders", filter=is_open))
    page = keyset_page(rows, "code", request.GET.get("cursor"))
    context = {
        "page": page,
        "scores": scores_of([row.pk for row in page.items]),
        "states": [("inactive", _("Not active"))],
        "searched": bool(request.GET.get("q") or request.GET.get("state")),
        "may_add": may(request.user, ADD),
    }
    block = "rows" if "cursor" in request.GET else "list"
    return render_page(request, "inventory/suppliers.html", context, block=block)


def _supplier_or_404(request: HttpRequest, code: str) -> Supplier:
    return get_or_404(Supplier.objects.visible_to(request.user), code=code)  # type: ignore[arg-type]


@require_GET
@perm_required(SEE)
def supplier_page(request: HttpRequest, code: str) -> HttpResponse:
    """One supplier: data, people, prices, record, orders."""
    return _page(request, _supplier_or_404(request, code))


def _page(request: HttpRequest, supplier: Supplier, **more: Any) -> HttpResponse:
    prices = SupplierPrice.objects.filter(supplier=supplier).select_related("product__unit", "supplier")
    if text := request.GET.get("q", "").strip():
        prices = prices.filter(
            Q(product__sku__icontains=text) | Q(product__name__icontains=text) | Q(supplier_sku__icontains=text)
        )
    orders = PurchaseOrder.objects.visible_to(request.user).filter(supplier=supplier)  # type: ignore[arg-type]
    form = more.get("form")
    context = {
        "supplier": supplier,
        "contacts": list(supplier.contacts.all()),
        "page": keyset_page(prices, ("product_id", "id"), request.GET.get("cursor"), limit=50),
        "score": scores_of([supplier.pk])[supplier.pk],
        "orders": list(orders.select_related("warehouse").order_by("-id")[:ORDERS]),
        "today": timezone.localdate(),
        "price_form": form or PriceForm(prefix="price"),
        "refused": more.get("refused"),
        "checked": more.get("checked"),
        "may_change": may(request.user, CHANGE),
        "may_price": may(request.user, PRICES),
        "may_buy": supplier.is_active and may(request.user, "inventory.add_purchaseorder"),
    }
    bad = more.get("refused") is not None or bool(form and form.errors)
    block = "rows" if "cursor" in request.GET else None
    return render_page(request, "inventory/supplier.html", context, block=block, status=422 if bad else 200)


@require_http_methods(["GET", "POST"])
@perm_required(SEE, ADD)
def supplier_new(request: HttpRequest) -> HttpResponse:
    """A new supplier."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@perm_required(SEE, CHANGE)
def supplier_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a supplier."""
    return _edit(request, _supplier_or_404(request, code))


def _edit(request: HttpRequest, supplier: Supplier | None) -> HttpResponse:
    form = SupplierForm(request.POST or None, instance=supplier)
    people = supplier.contacts.values("name", "duty", "phone", "email") if supplier else []
    contacts = Contacts(request.POST or None, prefix="contacts", initial=None if request.POST else list(people))
    if request.method == "POST" and form.is_valid() & contacts.is_valid():
        fresh = _supplier_or_404(request, supplier.code) if supplier else None
        try:
            saved = save_supplier(
                fresh,
                by=request.user,  # type: ignore[arg-type]
                contacts=contacts.inputs(),
                **form.cleaned_data,
            )
        except BusinessError as refusal:
            add_error(form, refusal)
        else:
            messages.success(request, _("%(name)s saved.") % {"name": saved.name})
            return go(request, saved)
    context = {"form": form, "contacts": contacts, "supplier": supplier}
    wrong = request.method == "POST"
    return render_page(request, "inventory/supplier_form.html", context, status=422 if wrong else 200)


@require_POST
@perm_required(SEE, PRICES)
def price_add(request: HttpRequest, code: str) -> HttpResponse:
    """Add a price, or replace the one for the same product, quantity and first day."""
    supplier, form = _supplier_or_404(request, code), PriceForm(request.POST, prefix="price")
    if form.is_valid():
        try:
            save_price(supplier, form.as_input(), by=request.user)  # type: ignore[arg-type]
        except BusinessError as refusal:
            add_error(form, refusal)
        else:
            messages.success(request, _("The price is saved."))
            return go(request, supplier)
    return _page(request, supplier, form=form)


@require_POST
@perm_required(SEE, PRICES)
def price_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Remove a price."""
    supplier = _supplier_or_404(request, code)
    remove_price(get_or_404(SupplierPrice.objects.filter(supplier=supplier), pk=pk), by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The price is removed."))
    return go(request, supplier)


@require_GET
@perm_required(SEE)
def prices_export(request: HttpRequest, code: str) -> Any:
    """The prices as a workbook that can be changed and uploaded again."""
    supplier = _supplier_or_404(request, code)
    headings = [
        _("SKU"),
        _("Supplier's SKU"),
        _("Price without tax"),
        _("From quantity"),
        _("Multiple of"),
        _("Valid from"),
        _("Valid to"),
        _("Lead time (days)"),
        _("Preferred"),
    ]
    rows = SupplierPrice.objects.filter(supplier=supplier).select_related("product").order_by("product__sku", "minimum")
    return xlsx_response(f"{supplier.code}.xlsx", headings, (row_of(row) for row in rows.iterator(chunk_size=1000)))


@require_POST
@perm_required(SEE, PRICES)
def prices_upload(request: HttpRequest, code: str) -> HttpResponse:
    """Prices from a workbook of the export's shape: all of them, or none with the reason of every bad row.

    With `check` nothing is written: the page says what would happen.
    """
    supplier, only_check = _supplier_or_404(request, code), "check" in request.POST
    try:
        taken = import_prices(supplier, _rows_of(request), by=request.user, only_check=only_check)  # type: ignore[arg-type]
    except BusinessError as refusal:
        rows = refusal.rows[:100] if isinstance(refusal, RowsRefused) else []
        return _page(request, supplier, refused={"error": refusal, "rows": rows})
    if only_check:
        return _page(request, supplier, checked=taken)
    messages.success(
        request,
        _("%(added)s prices added, %(changed)s changed, %(same)s as before.")
        % {"added": taken.added, "changed": taken.changed, "same": taken.same},
    )
    return go(request, supplier)


def _rows_of(request: HttpRequest) -> list[tuple[int, list[str]]]:
    """The rows below the headings of the uploaded file. Raises FileRefused."""
    file = request.FILES.get("file")
    if file is None or (file.size or 0) > BIGGEST or PurePath(file.name or "").suffix.lower() not in SUFFIXES:
        raise FileRefused(_("Choose a CSV or XLSX file of at most 10 MB."))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"prices{PurePath(file.name or '').suffix.lower()}"
        path.write_bytes(file.read())
        return list(read_rows(path))[1:]
