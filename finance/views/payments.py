"""Money that came in: the list, recording it, and matching it with receivables."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp.documents.xlsx import xlsx_response
from erp.errors import BusinessError
from erp.money import ZERO
from erp.web import add_error, capped_count, changed_query, get_or_404, go, keyset_page, may, perm_required, render_page
from erp.web.talk import talk_of
from erp.workflow import advance, moves
from finance import selectors, services
from finance.filters import PaymentFilter
from finance.forms import Allocations, PaymentForm
from finance.models import Allocation, Invoice, Payment
from orders.models import Customer


def _found(request: HttpRequest) -> tuple[Any, Any]:
    rows = Payment.objects.visible_to(request.user).select_related("customer", "created_by")  # type: ignore[arg-type]
    return rows, PaymentFilter(request.GET, queryset=rows, user=request.user)


@require_GET
@perm_required("finance.view_payment")
def payment_list(request: HttpRequest) -> HttpResponse:
    """Payments, the newest first; a tab for money that is not matched yet."""
    rows, found = _found(request)
    page = keyset_page(found.qs, "-id", request.GET.get("cursor"))
    tab = request.GET.get("tab", "")
    waiting = capped_count(PaymentFilter({"tab": "open"}, queryset=rows, user=request.user).qs)
    tabs = [("", _("All")), ("open", _("To match")), ("refund", _("Refunds")), ("reversed", _("Reversed"))]
    context = {
        "page": page,
        "filter": found,
        "tabs": [
            {
                "label": label,
                "href": changed_query(request, tab=name),
                "current": name == tab,
                "count": waiting if name == "open" else None,
            }
            for name, label in tabs
        ],
        "narrowed": any(request.GET.get(name) for name in ("q", "tab", "method", "customer", "since", "until")),
        "may_pay": may(request.user, "finance.add_payment"),
    }
    return render_page(request, "finance/payments.html", context, block="rows" if "cursor" in request.GET else "list")


@require_GET
@perm_required("finance.view_payment")
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows, as a spreadsheet."""
    _rows, found = _found(request)

    def cells() -> Iterator[list[Any]]:
        for row in found.qs.order_by("-id").iterator(chunk_size=1000):
            sign = -1 if row.is_refund else 1
            yield [
                row.number,
                row.get_kind_display(),
                row.customer.code,
                row.customer.name,
                row.received_on,
                row.get_method_display(),
                row.reference,
                sign * row.amount,
                sign * row.unallocated,
                row.get_status_display(),
                row.note,
            ]

    heads = [
        _("Number"),
        _("Kind"),
        _("Customer code"),
        _("Customer"),
        _("Received on"),
        _("Method"),
        _("Bank reference"),
        _("Amount"),
        _("Not matched"),
        _("Status"),
        _("Note"),
    ]
    return xlsx_response(f"payments-{timezone.localdate():%Y%m%d}.xlsx", heads, cells(), title=_("Payments"))


def _decimal(text: str) -> Decimal:
    """An amount as typed; zero for anything that is none."""
    try:
        amount = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return ZERO
    return amount if amount.is_finite() else ZERO


def _wished(request: HttpRequest) -> dict[str, Any]:
    """What the address asks for: `?invoice=<id>` or `?customer=<code or id>`, `&amount=`."""
    user: Any = request.user
    initial: dict[str, Any] = {"received_on": timezone.localdate(), "method": Payment.Method.BANK}
    asked = request.GET.get("invoice", "")
    invoice = Invoice.objects.visible_to(user).filter(pk=asked).first() if asked.isdigit() else None
    customers = Customer.objects.visible_to(user)
    wish = request.GET.get("customer", "")
    if invoice is not None:
        initial |= {"customer": invoice.customer, "amount": invoice.outstanding, "invoice": invoice}
    elif wish:
        initial["customer"] = customers.filter(code=wish).first() or (
            customers.filter(pk=wish).first() if wish.isdigit() else None
        )
    if request.GET.get("amount"):
        initial["amount"] = request.GET["amount"]
    return initial


@perm_required("finance.add_payment")
def new(request: HttpRequest) -> HttpResponse:
    """Record money; choosing customer and amount proposes what it settles, the oldest first."""
    customers = Customer.objects.visible_to(request.user)  # type: ignore[arg-type]
    if request.method == "POST":
        return _record(request, customers)
    initial = _wished(request)
    form = PaymentForm(initial=initial, customers=customers)
    customer, first = initial.get("customer"), initial.get("invoice")
    allocations = Allocations(selectors.open_items(customer) if customer else [], {})
    amount = _decimal(str(initial.get("amount", "")))
    ordered = sorted(allocations.invoices, key=lambda row: first is None or row.pk != first.pk)
    allocations.fill(selectors.oldest_first(ordered, amount))
    context = {"form": form, "allocations": allocations, "customer": customer}
    return render_page(request, "finance/payment_new.html", context, block="items")


def _record(request: HttpRequest, customers: Any) -> HttpResponse:
    form = PaymentForm(request.POST, customers=customers)
    chosen = request.POST.get("customer", "")
    customer = customers.filter(pk=chosen).first() if chosen.isdigit() else None
    allocations = Allocations(selectors.open_items(customer) if customer else [], request.POST)
    if form.is_valid() & allocations.is_valid():
        try:
            payment = services.record_payment(
                by=request.user,  # type: ignore[arg-type]
                allocations=allocations.pairs,
                **form.cleaned_data,
            )
        except BusinessError as error:
            add_error(form, error)
        else:
            messages.success(request, _("Payment %(payment)s recorded.") % {"payment": payment.number})
            return go(request, payment)
    context = {"form": form, "allocations": allocations, "customer": customer}
    return render_page(request, "finance/payment_new.html", context, status=422)


def _payment_or_404(request: HttpRequest, number: str) -> Payment:
    rows = Payment.objects.visible_to(request.user)  # type: ignore[arg-type]
    return get_or_404(rows.select_related("customer", "created_by"), number=number)


def _context(request: HttpRequest, payment: Payment, allocations: Allocations | None = None) -> dict[str, Any]:
    may_match = may(request.user, "finance.post_payment")
    can = payment.status == Payment.Status.POSTED and payment.unallocated > 0 and may_match and not payment.is_refund
    if can and allocations is None:
        allocations = Allocations(selectors.open_items(payment.customer), {})
        allocations.fill(selectors.oldest_first(allocations.invoices, payment.unallocated))
    rows = Allocation.objects.filter(payment=payment).select_related("invoice__order", "by", "taken_back_by")
    return {
        "payment": payment,
        "moves": list(moves(payment, request.user)),  # type: ignore[arg-type]
        "rows": rows.order_by("id"),
        "allocations": allocations if can else None,
        "error": None,
        "entries": list(selectors.entries_of(payment)) if may(request.user, "finance.view_journalentry") else None,
        "talk": talk_of(payment, request.user),
        "may_match": may_match,
    }


@require_GET
@perm_required("finance.view_payment")
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """A payment: what it settled, what is left of it, and what that could settle."""
    return render_page(request, "finance/payment.html", _context(request, _payment_or_404(request, number)))


@require_POST
@perm_required("finance.view_payment", "finance.post_payment")
def match(request: HttpRequest, number: str) -> HttpResponse:
    """Use the rest of a payment for receivables: one amount each."""
    payment = _payment_or_404(request, number)
    allocations = Allocations(selectors.open_items(payment.customer), request.POST)
    error: BusinessError | None = None
    if allocations.is_valid():
        if not allocations.pairs:
            error = BusinessError(_("No amount was entered."), hint=_("Enter one beside at least one receivable."))
        else:
            try:
                services.allocate_many(payment, allocations.pairs, by=request.user)  # type: ignore[arg-type]
            except BusinessError as refusal:
                error = refusal
            else:
                messages.success(request, _("%(payment)s was matched.") % {"payment": payment})
                return go(request, payment)
    payment.refresh_from_db()
    context = {**_context(request, payment, allocations), "error": error}
    return render_page(request, "finance/payment.html", context, status=422)


@require_POST
@perm_required("finance.view_payment")
def transition(request: HttpRequest, number: str, name: str = "") -> HttpResponse:
    """Reverse a payment that was a mistake or bounced."""
    payment = _payment_or_404(request, number)
    name, note = name or request.POST.get("transition", ""), request.POST.get("note", "")
    advance(payment, name, by=request.user, note=note)  # type: ignore[arg-type]
    return go(request, payment)
