"""Templates of orders: saved from an order or from the form, managed, started from."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp.drafts import DraftChanged, save_draft
from erp.errors import BusinessError
from erp.models import Draft
from erp.once import new_token
from erp.web import add_error, get_or_404, go, perm_required, render_page
from orders.drafts import FORM, rows_of
from orders.forms import PER_CENT, Lines, short
from orders.models import Customer, OrderTemplate, SalesOrder
from orders.services import LineInput, input_of
from orders.services import templates as services


class TemplateForm(forms.Form):
    """A name, and who may use it."""

    name = forms.CharField(max_length=services.LONGEST_NAME, label=gettext_lazy("Name of the template"))
    shared = forms.BooleanField(required=False, label=gettext_lazy("Everybody who enters orders may use it"))
    keep_prices = forms.BooleanField(
        required=False, label=gettext_lazy("Keep these prices (otherwise the price list's on the day)")
    )
    replace = forms.BooleanField(required=False, label=gettext_lazy("Replace my template of the same name"))


def initial_of(template: OrderTemplate, user: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The head and the rows that a new order from this template begins with."""
    head: dict[str, Any] = {"customer_note": template.customer_note}
    customer = Customer.objects.visible_to(user).filter(pk=template.customer_id).first()
    if customer is not None:
        head |= {"customer": customer.pk, "customer_text": f"{customer.code} {customer.name}"}
    rows = [
        {
            "product": line.product_id,
            "text": f"{line.product.sku} {line.product.name}",
            "quantity": short(line.quantity),
            "unit": line.unit,
            "price": short(line.unit_price),
            "discount": short(line.discount * PER_CENT) if line.discount else "",
            "tax": short(line.tax_rate),
            "wish": line.wish,
        }
        for line in template.lines.select_related("product")
    ]
    return head, rows


@require_GET
@perm_required("orders.add_salesorder")
def manage(request: HttpRequest) -> HttpResponse:
    """One's own templates and the shared ones."""
    rows = OrderTemplate.objects.visible_to(request.user).select_related("owner", "customer")
    templates = list(rows.annotate(line_count=Count("lines")).order_by("name", "pk"))
    return render_page(request, "orders/templates.html", {"templates": templates})


@require_http_methods(["GET", "POST"])
@perm_required("orders.add_salesorder")
def new(request: HttpRequest) -> HttpResponse:
    """Name a template made of an order (`?order=number`) or of a form that is being filled in (`?draft=key`)."""
    customer, note, lines, back = _source(request)
    form = TemplateForm(
        request.POST or None, initial={"name": (customer.short_name or customer.name) if customer else ""}
    )
    if request.method == "POST" and form.is_valid():
        try:
            template = services.save_template(
                by=request.user, lines=lines, customer=customer, customer_note=note, **form.cleaned_data
            )
        except BusinessError as refusal:
            add_error(form, refusal)
        else:
            messages.success(request, _("Template “%(name)s” saved.") % {"name": template.name})
            return go(request, back)
    context = {"form": form, "lines": lines, "customer": customer, "back": back}
    return render_page(request, "orders/template_form.html", context, status=422 if form.errors else 200)


def _source(request: HttpRequest) -> tuple[Customer | None, str, list[LineInput], str]:
    """Customer, wishes and lines to keep, and where to go afterwards."""
    if number := request.GET.get("order"):
        orders = SalesOrder.objects.visible_to(request.user).select_related("customer")
        order = get_or_404(orders, number=number)
        lines = [input_of(line) for line in order.lines.select_related("product__unit")]
        return order.customer, order.customer_note, lines, order.get_absolute_url()
    draft = get_or_404(Draft.objects.visible_to(request.user).filter(form=FORM), key=request.GET.get("draft", ""))
    return _of_draft(draft, request.user)


def _of_draft(draft: Draft, user: Any) -> tuple[Customer | None, str, list[LineInput], str]:
    base = reverse("orders:edit", args=[draft.subject]) if draft.subject else reverse("orders:new")
    rows = rows_of(draft.payload)
    data = {f"lines-{place}-{name}": value for place, row in enumerate(rows) for name, value in row.items()}
    lines = Lines({**data, "lines-TOTAL_FORMS": str(len(rows)), "lines-INITIAL_FORMS": "0"}, prefix="lines")
    if not rows or not lines.is_valid():
        raise BusinessError(
            _("These lines cannot become a template yet."),
            hint=_("Every line needs a product and a quantity; the form is kept as a draft."),
        )
    pk = draft.payload.get("customer", "")
    customer = Customer.objects.visible_to(user).filter(pk=pk).first() if pk.isdecimal() else None
    note = draft.payload.get("customer_note", "")[:2000]
    return customer, note, [line for _place, line in lines.lines()], f"{base}?{urlencode({'draft': draft.key})}"


@require_POST
@perm_required("orders.add_salesorder")
def from_form(request: HttpRequest) -> HttpResponse:
    """Keep the form as a draft and ask for the template's name; the form is gone on with afterwards."""
    fields = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken" and value}
    subject = request.GET.get("order", "")
    if subject:
        get_or_404(SalesOrder.objects.visible_to(request.user), number=subject)
    typed = request.POST.get("draft_version", "")
    known = {"version": int(typed) if typed.isdecimal() else 0, "tab": new_token(), "subject": subject}
    key = request.POST.get("token", "")
    try:
        draft = save_draft(by=request.user, form=FORM, key=key, fields=fields, **known)
    except DraftChanged:  # another window's newer text stays
        known["version"] = 0
        draft = save_draft(by=request.user, form=FORM, key=new_token(), fields=fields, **known)
    return go(request, f"{reverse('orders:template_new')}?{urlencode({'draft': draft.key})}")


@require_POST
@perm_required("orders.add_salesorder")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, share, take back."""
    template = get_or_404(OrderTemplate.objects.visible_to(request.user).select_related("owner"), pk=pk)
    shared = bool(request.POST.get("shared"))
    services.change_template(template, by=request.user, name=request.POST.get("name", ""), shared=shared)
    messages.success(request, _("Template “%(name)s” saved.") % {"name": template.name})
    return go(request, "orders:templates")


@require_POST
@perm_required("orders.add_salesorder")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a template."""
    template = get_or_404(OrderTemplate.objects.visible_to(request.user).select_related("owner"), pk=pk)
    services.delete_template(template, by=request.user)
    messages.success(request, _("Template “%(name)s” deleted.") % {"name": template.name})
    return go(request, "orders:templates")
