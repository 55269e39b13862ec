"""Customers: the list, one customer's page, its people and addresses, and the picker."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp.documents.xlsx import xlsx_response
from erp.errors import BusinessError
from erp.privacy import address_for, address_line, email_for, may_see_personal_data, name_for, phone_for
from erp.web import add_error, add_trigger, get_or_404, go, keyset_page, may, perm_required, render_page
from erp.web.formats import money
from orders import services
from orders.customer_forms import AddressForm, ContactForm, CustomerForm, FirstContactForm, may_set_credit
from orders.history import history_of
from orders.models import Address, Contact, Customer, SalesOrder, Tag
from orders.search import matching_customers, search_customers
from orders.selectors import ADDRESS_PARTS, credit_of, with_tag
from orders.services.people import remove_address, remove_contact, save_address, save_contact
from orders.waiting import waits_for

RECENT_ORDERS = 10
MOST_EXPORTED = 50_000  # rows of one workbook


def _narrowed(request: HttpRequest) -> QuerySet[Customer]:
    """The customers that the person sees, narrowed by the address, with owner and tags."""
    rows = matching_customers(Customer.objects.visible_to(request.user), request.GET.get("q", ""))
    if request.GET.get("mine"):
        rows = rows.filter(owner=request.user)
    if request.GET.get("level") in Customer.Level.values:
        rows = rows.filter(level=request.GET["level"])
    if (tag := request.GET.get("tag", "")).isdigit():
        rows = with_tag(rows, tag)
    return rows.select_related("owner").prefetch_related("tags")


@require_GET
@perm_required("orders.view_customer")
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as a workbook."""
    rows = _narrowed(request).order_by("code")[:MOST_EXPORTED].iterator(chunk_size=1000)
    headings = [
        _("Customer code"),
        _("Customer"),
        _("Short name"),
        _("Tags"),
        _("Level"),
        _("Salesperson"),
        _("unified social credit code"),
    ]
    headings += [_("Receivable"), _("Credit limit"), _("Payment term (days)"), _("Status")]
    return xlsx_response(
        f"customers-{timezone.localdate():%Y%m%d}.xlsx", headings, map(_cells, rows), title=_("Customers")
    )


def _cells(customer: Customer) -> list[Any]:
    return [
        customer.code,
        customer.name,
        customer.short_name,
        "、".join(tag.name for tag in customer.tags.all()),
        customer.get_level_display(),
        str(customer.owner or ""),
        customer.tax_number,
        customer.receivable,
        customer.credit_limit,
        customer.payment_days,
        _("active") if customer.is_active else _("blocked"),
    ]


@require_GET
@perm_required("orders.view_customer")
def customer_list(request: HttpRequest) -> HttpResponse:
    """Customers by code, with one search box."""
    page = keyset_page(_narrowed(request), "code", request.GET.get("cursor"))
    context = {
        "page": page,
        "tags": Tag.offered(),
        "levels": [("", _("All levels")), *Customer.Level.choices],
        "may_add": may(request.user, "orders.add_customer"),
        "may_see_prices": may(request.user, "orders.view_pricelist"),
        "may_merge": may(request.user, "orders.merge_customer"),
        "searched": bool(
            request.GET.get("q") or request.GET.get("mine") or request.GET.get("level") or request.GET.get("tag")
        ),
    }
    block = "rows" if "cursor" in request.GET else "list"
    return render_page(request, "orders/customers.html", context, block=block)


@require_GET
@perm_required("orders.view_customer")
def search(request: HttpRequest) -> JsonResponse:
    """Customers for pickers: `?q=` is part of a code, name, pinyin or initials, or a phone number."""
    found = search_customers(request.GET.get("q", "")[:100], user=request.user, limit=20)
    items = [
        {
            "id": customer.pk,
            "code": customer.code,
            "name": customer.name,
            "sub": str(customer.owner or _("nobody's customer")),
            "side": money(customer.receivable, "CNY") if customer.receivable else "",
            "side_sub": _("receivable") if customer.receivable else "",
        }
        for customer in found
    ]
    return JsonResponse({"items": items})


def _created(request: HttpRequest, form: CustomerForm, first: FirstContactForm) -> Customer | None:
    """The new customer, or None with the reasons on the forms."""
    good, good_first = form.is_valid(), first.is_valid()
    if not (good and good_first):
        return None
    fields = {**form.cleaned_data, "owner": form.cleaned_data["owner"] or _own_customer(request)}
    try:
        return services.create_customer(by=request.user, contact=first.contact(), address=first.address(), **fields)
    except BusinessError as refusal:
        add_error(form, refusal)
        return None


def _own_customer(request: HttpRequest) -> Any:
    """A salesperson who sees only their own customers owns whom they bring in."""
    return None if may(request.user, "orders.view_all_orders") else request.user


@require_http_methods(["GET", "POST"])
@perm_required("orders.add_customer")
def new(request: HttpRequest) -> HttpResponse:
    """A new customer with contact and address."""
    data = request.POST or None
    form, first = CustomerForm(data, user=request.user), FirstContactForm(data)
    if request.method == "POST" and (customer := _created(request, form, first)):
        messages.success(request, _("Customer %(name)s created.") % {"name": customer.name})
        return go(request, "orders:customer", customer.code)
    context = {"form": form, "first": first, "customer": None}
    return render_page(request, "orders/customer_form.html", context, status=422 if data else 200)


@require_http_methods(["GET", "POST"])
@perm_required("orders.add_customer")
def quick(request: HttpRequest) -> HttpResponse:
    """The same inside the order form: the answer to a good one is the event `customer-created`."""
    data = request.POST or None
    form, first = CustomerForm(data, user=request.user), FirstContactForm(data)
    if request.method == "POST" and (customer := _created(request, form, first)):
        detail = {"id": customer.pk, "code": customer.code, "name": customer.name}
        return add_trigger(HttpResponse(status=204), "customer-created", detail)
    context = {"form": form, "first": first}
    return render_page(request, "orders/customer_quick.html", context, block="form", status=422 if data else 200)


@require_http_methods(["GET", "POST"])
@perm_required("orders.change_customer")
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a customer's data."""
    customer = get_or_404(Customer.objects.visible_to(request.user), code=code)
    form = CustomerForm(request.POST or None, instance=customer, user=request.user)
    if request.method == "POST" and form.is_valid():
        fields = {name: value for name, value in form.cleaned_data.items() if name != "code"}
        try:
            services.update_customer(customer, by=request.user, **fields)
        except BusinessError as refusal:
            add_error(form, refusal)
        else:
            messages.success(request, _("%(name)s saved.") % {"name": customer.name})
            return go(request, "orders:customer", customer.code)
    context = {"form": form, "first": None, "customer": customer}
    return render_page(request, "orders/customer_form.html", context, status=422 if form.errors else 200)


@require_GET
@perm_required("orders.view_customer")
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """One customer: data, people, addresses, credit, orders."""
    customer = get_or_404(
        Customer.objects.visible_to(request.user).select_related("owner", "price_list", "merged_into"), code=code
    )
    return _page(request, customer)


def _page(
    request: HttpRequest,
    customer: Customer,
    *,
    contact_form: BaseForm | None = None,
    address_form: BaseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = request.user
    orders = list(
        SalesOrder.objects.visible_to(user)
        .filter(customer=customer)
        .select_related("channel")
        .order_by("-id")[:RECENT_ORDERS]
    )
    context = {
        "customer": customer,
        "credit": credit_of(customer),
        "contacts": [_shown_contact(contact, user) for contact in customer.contacts.order_by("id")],
        "addresses": [_shown_address(address, user) for address in customer.addresses.order_by("-is_default", "id")],
        "logins": list(customer.logins.select_related("user")),
        "orders": orders,
        "history": history_of(customer),
        "waits": waits_for(orders, request.user),
        "may_edit": may(user, "orders.change_customer"),
        "may_order": may(user, "orders.add_salesorder") and customer.is_active,
        "may_set_credit": may_set_credit(user),
        "masked": not may_see_personal_data(user),
        "contact_form": contact_form or ContactForm(prefix="contact"),
        "address_form": address_form or AddressForm(prefix="address"),
        "open_dialog": "contact" if contact_form else "address" if address_form else "",
    }
    return render_page(request, "orders/customer.html", context, status=status)


def _shown_contact(contact: Contact, user: Any) -> dict[str, Any]:
    return {
        "row": contact,
        "name": name_for(user, contact.name),
        "phone": phone_for(user, contact.phone),
        "email": email_for(user, contact.email),
    }


def _shown_address(address: Address, user: Any) -> dict[str, Any]:
    shown = address_for(user, {part: getattr(address, part) for part in ADDRESS_PARTS})
    return {"row": address, "recipient": shown["recipient"], "phone": shown["phone"], "line": address_line(shown)}


def _mine(request: HttpRequest, code: str) -> Customer:
    return get_or_404(Customer.objects.visible_to(request.user), code=code)


@require_POST
@perm_required("orders.change_customer")
def add_contact(request: HttpRequest, code: str) -> HttpResponse:
    """Add a person at the customer."""
    customer, form = _mine(request, code), ContactForm(request.POST, prefix="contact")
    if not form.is_valid():
        return _page(request, customer, contact_form=form, status=422)
    save_contact(customer, by=request.user, **form.cleaned_data)
    messages.success(request, _("%(name)s added.") % {"name": form.cleaned_data["name"]})
    return go(request, "orders:customer", customer.code)


@require_POST
@perm_required("orders.change_customer")
def add_address(request: HttpRequest, code: str) -> HttpResponse:
    """Add an address of the customer."""
    customer, form = _mine(request, code), AddressForm(request.POST, prefix="address")
    if not form.is_valid():
        return _page(request, customer, address_form=form, status=422)
    save_address(customer, by=request.user, **form.cleaned_data)
    messages.success(request, _("Address added."))
    return go(request, "orders:customer", customer.code)


@require_POST
@perm_required("orders.change_customer")
def change_contact(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Remove a person, or (`act=default`) make them the usual one."""
    customer = _mine(request, code)
    contact = get_or_404(Contact.objects.filter(customer=customer), pk=pk)
    if request.POST.get("act") == "default":
        save_contact(customer, by=request.user, contact=contact, is_default=True)
    else:
        remove_contact(contact, by=request.user)
        messages.success(request, _("%(name)s removed.") % {"name": contact.name})
    return go(request, "orders:customer", customer.code)


@require_POST
@perm_required("orders.change_customer")
def change_address(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Remove an address, or (`act=default`) make it the usual one."""
    customer = _mine(request, code)
    address = get_or_404(Address.objects.filter(customer=customer), pk=pk)
    if request.POST.get("act") == "default":
        save_address(customer, by=request.user, address=address, is_default=True)
    else:
        remove_address(address, by=request.user)
        messages.success(request, _("Address removed."))
    return go(request, "orders:customer", customer.code)
