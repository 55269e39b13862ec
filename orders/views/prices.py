"""Price lists: all of them, one with its rules, and its spreadsheet."""

import tempfile
from pathlib import Path, PurePath
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp.documents.cells import RowsRefused
from erp.documents.reading import SUFFIXES, FileRefused, read_rows
from erp.documents.xlsx import xlsx_response
from erp.errors import BusinessError
from erp.money import ZERO
from erp.web import add_error, get_or_404, go, keyset_page, may, perm_required, render_page, require_perm
from inventory.models import Category, Product
from orders.models import PriceList, PriceRule
from orders.services.price_lists import (
    PER_CENT,
    RuleInput,
    import_rules,
    remove_rule,
    row_of,
    save_price_list,
    save_rule,
)

BIGGEST = 10 << 20
CHANGE = "orders.change_pricelist"


class PriceListForm(forms.ModelForm):
    """A list's name, and for whom it is."""

    class Meta:
        model = PriceList
        fields = ["name", "level", "is_active"]

    def _post_clean(self) -> None:
        """The service writes, and refuses in its own words."""


class RuleForm(forms.Form):
    """One rule; the product is typed as its SKU."""

    product = forms.CharField(required=False, max_length=60, label=gettext_lazy("SKU"))
    category = forms.ModelChoiceField(Category.objects.order_by("name"), required=False, label=gettext_lazy("Category"))
    minimum = forms.DecimalField(
        required=False, min_value=0, max_digits=18, decimal_places=4, label=gettext_lazy("From quantity")
    )
    price = forms.DecimalField(
        required=False, min_value=0, max_digits=18, decimal_places=6, label=gettext_lazy("Price without tax")
    )
    discount = forms.DecimalField(
        required=False, max_digits=7, decimal_places=4, label=gettext_lazy("Discount (per cent)")
    )
    valid_from = forms.DateField(
        required=False, label=gettext_lazy("Valid from"), widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_to = forms.DateField(
        required=False, label=gettext_lazy("Valid to"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean_product(self) -> Product | None:
        """By SKU."""
        sku = self.cleaned_data["product"].strip()
        if not sku:
            return None
        product = Product.objects.filter(sku__iexact=sku).first()
        if product is None:
            raise forms.ValidationError(_("There is no product %(sku)s.") % {"sku": sku})
        return product

    def rule(self) -> RuleInput:
        """For the service."""
        data = self.cleaned_data
        discount = data["discount"]
        share = None if discount is None else discount / PER_CENT
        return RuleInput(**{**data, "minimum": data["minimum"] or ZERO, "discount": share})


@require_http_methods(["GET", "POST"])
@perm_required("orders.view_pricelist")
def price_lists(request: HttpRequest) -> HttpResponse:
    """Every price list, and a new one."""
    form = PriceListForm(request.POST or None, initial={"is_active": True})
    if request.method == "POST":
        require_perm(request.user, "orders.add_pricelist")
        if form.is_valid() and (made := _saved(request, form, None)):
            return go(request, "orders:price_list", made.pk)
    context = {
        "lists": list(PriceList.objects.order_by("name")[:200]),
        "form": form,
        "may_add": may(request.user, "orders.add_pricelist"),
    }
    return render_page(request, "orders/price_lists.html", context, status=422 if form.errors else 200)


def _saved(request: HttpRequest, form: PriceListForm, price_list: PriceList | None) -> PriceList | None:
    try:
        made = save_price_list(price_list, by=request.user, **form.cleaned_data)
    except BusinessError as refusal:
        add_error(form, refusal)
        return None
    messages.success(request, _("%(name)s saved.") % {"name": made.name})
    return made


@require_http_methods(["GET", "POST"])
@perm_required("orders.view_pricelist")
def price_list(request: HttpRequest, pk: int) -> HttpResponse:
    """One list with its rules; posting changes its name, level and whether it counts."""
    one = get_or_404(PriceList.objects.all(), pk=pk)
    form = PriceListForm(request.POST or None, instance=one)
    if request.method == "POST":
        require_perm(request.user, CHANGE)
        if form.is_valid() and _saved(request, form, get_or_404(PriceList.objects.all(), pk=pk)):
            return go(request, "orders:price_list", pk)
    return _page(request, one, form=form)


def _page(request: HttpRequest, one: PriceList, **forms_: Any) -> HttpResponse:
    rules = PriceRule.objects.filter(price_list=one).select_related("product", "category")
    refused = forms_.get("refused")
    bad = refused is not None or any(form.errors for name, form in forms_.items() if name != "refused")
    context = {
        "list": one,
        "page": keyset_page(rules, "id", request.GET.get("cursor"), limit=50),
        "form": forms_.get("form") or PriceListForm(instance=one),
        "rule_form": forms_.get("rule_form") or RuleForm(prefix="rule"),
        "refused": refused,
        "may_change": may(request.user, CHANGE),
    }
    block = "rows" if "cursor" in request.GET else None
    return render_page(request, "orders/price_list.html", context, block=block, status=422 if bad else 200)


@require_POST
@perm_required(CHANGE)
def add_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a rule, or replace the one for the same thing, quantity and first day."""
    one, form = get_or_404(PriceList.objects.all(), pk=pk), RuleForm(request.POST, prefix="rule")
    if form.is_valid():
        try:
            save_rule(one, form.rule(), by=request.user)
        except BusinessError as refusal:
            add_error(form, refusal)
        else:
            messages.success(request, _("The rule is saved."))
            return go(request, "orders:price_list", pk)
    return _page(request, one, rule_form=form)


@require_POST
@perm_required(CHANGE)
def drop_rule(request: HttpRequest, pk: int, rule: int) -> HttpResponse:
    """Remove a rule."""
    remove_rule(get_or_404(PriceRule.objects.filter(price_list_id=pk), pk=rule), by=request.user)
    messages.success(request, _("The rule is removed."))
    return go(request, "orders:price_list", pk)


@require_GET
@perm_required("orders.view_pricelist")
def export_rules(request: HttpRequest, pk: int) -> Any:
    """The rules as a workbook that can be changed and uploaded again."""
    one = get_or_404(PriceList.objects.all(), pk=pk)
    headings = [
        _("SKU"),
        _("Category"),
        _("From quantity"),
        _("Valid from"),
        _("Valid to"),
        _("Price without tax"),
        _("Discount (per cent)"),
    ]
    rules = PriceRule.objects.filter(price_list=one).select_related("product", "category").order_by("id")
    return xlsx_response(f"{one.name}.xlsx", headings, (row_of(rule) for rule in rules.iterator(chunk_size=1000)))


@require_POST
@perm_required(CHANGE)
def upload_rules(request: HttpRequest, pk: int) -> HttpResponse:
    """Rules from a workbook of the export's shape: all of them, or none with the reason of every bad row."""
    one = get_or_404(PriceList.objects.all(), pk=pk)
    file = request.FILES.get("file")
    try:
        if file is None or file.size > BIGGEST or PurePath(file.name).suffix.lower() not in SUFFIXES:
            raise FileRefused(_("Choose a CSV or XLSX file of at most 10 MB."))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"rules{PurePath(file.name).suffix.lower()}"
            path.write_bytes(file.read())
            count = import_rules(one, list(read_rows(path))[1:], by=request.user)
    except BusinessError as refusal:
        rows = refusal.rows[:100] if isinstance(refusal, RowsRefused) else []
        return _page(request, one, refused={"error": refusal, "rows": rows})
    messages.success(request, _("%(count)s rules saved.") % {"count": count})
    return go(request, "orders:price_list", pk)
