"""Entering, copying and correcting orders, and what the form asks the server while somebody types."""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from erp.errors import BusinessError
from erp.models import Company, User
from erp.money import round_unit_price
from erp.once import new_token, once
from erp.privacy import may_see_personal_data
from erp.web import get_or_404, go, is_partial, perm_required, render_page
from erp.web.formats import qty
from inventory.selectors import search_products, stock_figures
from inventory.services import default_warehouse
from inventory.units import scanned, units_of
from orders import services
from orders.drafts import recent
from orders.forms import PER_CENT, SHIP_TO, Lines, OrderForm, short, tax_choices, unit_choices
from orders.models import Customer, OrderTemplate, Project, SalesOrder
from orders.selectors import customer_for_entry
from orders.services import DuplicateExternalNumber
from orders.views import conflict, drafts, templates

# The service's names of a line's columns → the form's.
COLUMNS = {"product": "text", "quantity": "quantity", "unit_price": "price", "discount": "discount"}
PROMISE_DAYS = 7


@require_http_methods(["GET", "POST"])
@perm_required("orders.add_salesorder")
def new(request: HttpRequest) -> HttpResponse:
    """A new order, empty, for a customer (`?customer=code`) copied (`?copy=number`), of a template (`?template=id`)."""
    if request.method == "POST":
        return _submit(request, None)
    source = None
    if number := request.GET.get("copy"):
        source = get_or_404(
            SalesOrder.objects.visible_to(request.user).select_related("customer", "channel"), number=number
        )
    form = OrderForm(user=request.user, initial=_initial(request, source))
    if draft := drafts.asked(request):
        return _show(request, *drafts.restored(draft, user=request.user), None)
    lines = _open_lines(source)
    if pk := request.GET.get("template"):
        template = get_or_404(OrderTemplate.objects.visible_to(request.user), pk=pk)
        head, rows = templates.initial_of(template, request.user)
        form.initial |= head
        lines = drafts.lines_from(rows)
    return _show(request, form, lines, None)


@require_http_methods(["GET", "POST"])
@perm_required("orders.change_salesorder")
def edit(request: HttpRequest, number: str) -> HttpResponse:
    """Correct an order that is not approved yet."""
    rows = SalesOrder.objects.visible_to(request.user).select_related("customer", "channel")
    order = get_or_404(rows, number=number)
    if order.status not in SalesOrder.EDITABLE:
        raise BusinessError(
            _("%(number)s is “%(status)s” and cannot be edited any more.")
            % {"number": order.number, "status": order.get_status_display()},
            hint=_("Put it on hold or cancel it, or copy it into a new order."),
        )
    if request.method == "POST":
        return _submit(request, order)
    if draft := drafts.asked(request, order):
        return _show(request, *drafts.restored(draft, user=request.user, order=order), order)
    initial = {**_initial_of(order, request.user), "token": new_token()}
    form = OrderForm(user=request.user, order=order, initial=initial)
    return _show(request, form, _open_lines(order), order)


def _open_lines(order: SalesOrder | None) -> Any:
    """The rows to begin with: an order's own and a blank one, or a few blank ones."""
    if order is None:
        return Lines(prefix="lines")
    lines = Lines(prefix="lines", initial=_initial_lines(order))
    lines.extra = 1
    return lines


def _initial(request: HttpRequest, source: SalesOrder | None) -> dict[str, Any]:
    promised = timezone.localdate() + dt.timedelta(days=PROMISE_DAYS)
    start = {"promised_date": promised, "token": new_token(), "warehouse": default_warehouse().pk, "priority": 0}
    if source is not None:
        kept = _initial_of(source, request.user)
        del kept["version"], kept["external_number"]
        return {**kept, **start}
    if pk := request.GET.get("project", ""):
        project = get_or_404(
            Project.objects.visible_to(request.user).select_related("customer"), pk=int(pk) if pk.isdigit() else 0
        )
        start |= {"project": str(project)}
        if project.customer:
            start |= {
                "customer": project.customer_id,
                "customer_text": f"{project.customer.code} {project.customer.name}",
            }
    if code := request.GET.get("customer"):
        customer = get_or_404(Customer.objects.visible_to(request.user), code=code)
        start |= {"customer": customer.pk, "customer_text": f"{customer.code} {customer.name}"}
    return start


def _initial_of(order: SalesOrder, user: User) -> dict[str, Any]:
    # Whoever may not see the address leaves it as it is.
    ship_to = _address_of(order) if may_see_personal_data(user) else {}
    return {
        "customer": order.customer_id,
        "customer_text": f"{order.customer.code} {order.customer.name}",
        "project": str(order.project or ""),
        "channel": order.channel_id,
        "promised_date": order.promised_date,
        "priority": order.priority,
        "external_number": order.external_number,
        "warehouse": order.warehouse_id,
        "customer_note": order.customer_note,
        "version": order.version,
        **ship_to,
    }


def _address_of(order: SalesOrder) -> dict[str, Any]:
    """The customer's address that the order goes to, or the typed one."""
    typed = {part: order.ship_to.get(part, "") for part in SHIP_TO}
    for address in order.customer.addresses.all():
        if all(getattr(address, part) == text for part, text in typed.items()):
            return {"address": address.pk}
    return {"address": "new", **typed}


def _initial_lines(order: SalesOrder) -> list[dict[str, Any]]:
    return [
        {
            "product": line.product_id,
            "text": f"{line.product.sku} {line.product.name}",
            "quantity": short(line.sold_quantity),
            "unit": line.sold_unit,
            "price": short(line.sold_price),
            "discount": short(line.discount * PER_CENT) if line.discount else "",
            "tax": short(line.tax_rate),
            "wish": line.wish,
        }
        for line in order.lines.select_related("product")
    ]


def _submit(request: HttpRequest, order: SalesOrder | None, data: QueryDict | None = None) -> HttpResponse:
    form = OrderForm(data or request.POST, user=request.user, order=order)
    lines = Lines(data or request.POST, prefix="lines")
    good_head, good_lines = form.is_valid(), lines.is_valid()
    filled = lines.lines() if good_lines else []
    if good_lines and not filled:
        lines.non_form_errors().append(_("The order has no lines. Add at least one product."))
        good_lines = False
    if good_head and good_lines:
        try:
            number = _save(request, form, [line for _place, line in filled], order)
        except BusinessError as refusal:
            if order is not None and refusal.code == "version_conflict":
                return _merge(request, form, lines, order)
            _point_at(form, lines, [place for place, _line in filled], refusal)
        else:
            drafts.drop(request)
            return go(request, "orders:detail", number)
    return _show(request, form, lines, order, status=422)


def _merge(request: HttpRequest, form: OrderForm, lines: Any, order: SalesOrder) -> HttpResponse:
    """Somebody else saved meanwhile: show what differs; once nothing is left to choose, save, or show it merged."""
    saved = {**_initial_of(order, request.user), "token": ""}
    answer = conflict.merge(request, form, lines, order, saved, _initial_lines(order))
    if answer.data is None:
        return _show(request, form, lines, order, status=422, panel=answer.panel)
    if answer.chosen:
        return _submit(request, order, answer.data)
    form, lines = OrderForm(answer.data, user=request.user, order=order), Lines(answer.data, prefix="lines")
    return _show(request, form, lines, order, status=422, panel=answer.panel)


def _save(request: HttpRequest, form: OrderForm, lines: list[services.LineInput], order: SalesOrder | None) -> str:
    """Create or correct the order through the services; the number of the order to show."""
    data = form.cleaned_data
    head = {name: data[name] for name in ("channel", "promised_date", "priority", "external_number", "customer_note")}
    head["warehouse"] = data["warehouse"] or default_warehouse()
    if request.user.has_perm("orders.view_project"):  # whoever may not see projects leaves the order's as it is
        head["project"] = data["found_project"]
    customer, user = data["found_customer"], request.user
    if order is not None:
        services.update_order(
            order,
            by=user,
            version=data["version"] or 0,
            lines=lines,
            customer=customer,
            ship_to=data["ship_to"],
            **head,
        )
        messages.success(request, _("%(number)s saved.") % {"number": order.number})
        return order.number

    def make() -> dict[str, str]:
        made = services.create_order(customer=customer, lines=lines, by=user, ship_to=data["ship_to"], **head)
        return {"number": made.number}

    answer, is_new = once(data["token"] or new_token(), by=user, make=make)
    if is_new:
        messages.success(request, _("Order %(number)s created.") % answer)
    else:
        messages.info(request, _("This form was sent before; it made order %(number)s.") % answer)
    return answer["number"]


def _point_at(form: OrderForm, lines: Any, places: list[int], refusal: BusinessError) -> None:
    """Put a service's refusal at the field or cell it is about."""
    words = f"{refusal.message} {refusal.hint}".strip()
    if isinstance(refusal, DuplicateExternalNumber):
        form.add_error("external_number", words)
        return
    parts = refusal.field.split(".")
    if parts[0] == "lines" and len(parts) == 3 and parts[2] in COLUMNS:
        lines.forms[places[int(parts[1])]].add_error(COLUMNS[parts[2]], words)
    elif parts[0] == "lines":
        lines.non_form_errors().append(words)
    else:
        form.add_error(refusal.field if refusal.field in form.fields else None, words)


def _show(
    request: HttpRequest,
    form: OrderForm,
    lines: Any,
    order: SalesOrder | None,
    *,
    status: int = 200,
    panel: conflict.Panel | None = None,
) -> HttpResponse:
    chosen = form["customer"].value()
    customer = None
    if chosen and str(chosen).isdigit():
        customer = Customer.objects.visible_to(request.user).filter(pk=chosen).first()
    used = [Decimal(text) for row in lines.forms if (text := str(row["tax"].value() or "")) and _is_number(text)]
    company = Company.current()
    context = {
        "form": form,
        "lines": lines,
        "order": order,
        "tax_choices": tax_choices(company.default_tax_rate, *used),
        "default_tax": short(company.default_tax_rate),
        "units_for": unit_choices(lines),
        "sees_margin": request.user.has_perm("orders.view_margin"),
        "entry": customer_for_entry(customer, request.user) if customer else None,
        "chosen_address": str(form["address"].value() or ""),
        "address_errors": any(form[part].errors for part in SHIP_TO) if form.is_bound else False,
        "may_choose_project": request.user.has_perm("orders.view_project"),
        "may_add_customer": request.user.has_perm("orders.add_customer"),
        "may_add_order": request.user.has_perm("orders.add_salesorder"),
        "draft_url": drafts.save_url(order),
        "conflict": panel,
        "drafts": recent(request.user, order, without=str(form["token"].value() or "")),
    }
    return render_page(request, "orders/form.html", context, status=status)


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True


@require_GET
@perm_required("orders.view_customer")
def customer_box(request: HttpRequest) -> HttpResponse:
    """The part of the form that depends on the customer: addresses and what credit is left."""
    pk = request.GET.get("customer", "")
    customer = Customer.objects.visible_to(request.user).filter(pk=pk).first() if pk.isdigit() else None
    if not is_partial(request):  # opened by hand: the whole form
        query = f"?{urlencode({'customer': customer.code})}" if customer else ""
        return go(request, reverse("orders:new") + query)
    context = {
        "form": OrderForm(user=request.user),
        "entry": customer_for_entry(customer, request.user) if customer else None,
        "chosen_address": "",
    }
    return render_page(request, "orders/form.html", context, block="customer_box")


@require_GET
@perm_required("orders.view_salesorder")
def products(request: HttpRequest) -> JsonResponse:
    """Products for the lines editor's picker: SKU, name, list price, and what is available."""
    text = request.GET.get("q", "").strip()[:100]
    found = search_products(text, limit=20)
    stock = stock_figures([product.pk for product in found])
    units = units_of([product.pk for product in found])
    code = scanned([text]).get(text)
    default_tax = Company.current().default_tax_rate
    items = []
    for product in found:
        unit = code[1] if code and code[0] == product.pk else ""
        factor = units[product.pk].get(unit, Decimal(1))
        items.append(
            {
                "id": product.pk,
                "code": product.sku,
                "name": product.name,
                "sub": product.specification,
                "side": f"¥{short(product.list_price)}/{product.unit.name}",
                "side_sub": _("available %(quantity)s") % {"quantity": qty(stock[product.pk].available)}
                if product.is_stocked
                else _("service"),
                "price": short(round_unit_price(product.list_price * factor)),
                "units": [product.unit.name, *units[product.pk]],
                "unit": unit or product.unit.name,
                "tax": short(product.tax_rate if product.tax_rate is not None else default_tax),
            }
        )
    return JsonResponse({"items": items})
