"""Receivables: the list by age, the page with its allocations, and what is still to be billed."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.db.models import Exists, F, OuterRef, Prefetch
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp.documents.pdf import pdf_response, render_pdf
from erp.documents.xlsx import xlsx_response
from erp.errors import BusinessError
from erp.models import Company
from erp.uppercase import amount_in_words
from erp.web import (
    add_error,
    capped_counts,
    changed_query,
    get_or_404,
    go,
    keyset_page,
    live_token,
    may,
    perm_required,
    render_page,
    unchanged,
)
from erp.web.talk import talk_of
from erp.workflow import advance, moves
from finance import selectors, services
from finance.filters import InvoiceFilter, in_tab
from finance.forms import RefundForm
from finance.models import Allocation, Invoice, Payment
from finance.views.common import refused
from orders.models import Customer, OrderLine, SalesOrder

ORDER: dict[str, Any] = {"": ("due_date", "id"), "overdue": ("due_date", "id")}


def _tabs() -> list[tuple[str, str]]:
    return [
        ("", _("To collect")),
        ("overdue", _("Overdue")),
        ("draft", _("To post")),
        ("settled", _("Settled")),
        ("credit", _("Credit notes")),
        ("all", _("All")),
    ]


@require_GET
@perm_required("finance.view_invoice")
def invoice_list(request: HttpRequest) -> HttpResponse:
    """Receivables by tab, the oldest due first, with what is outstanding by age on top."""
    visible = Invoice.objects.visible_to(request.user).select_related("customer", "order")  # type: ignore[arg-type]
    found = InvoiceFilter(request.GET, queryset=visible, user=request.user)
    tab = request.GET.get("tab", "")
    page = keyset_page(in_tab(found.qs, tab), ORDER.get(tab, "-id"), request.GET.get("cursor"))
    token = live_token(*[(row.pk, row.status, row.allocated) for row in page])
    if same := unchanged(request, token):
        return same
    ages = selectors.ageing(visible)
    labels = selectors.age_labels()
    counts = capped_counts({name: in_tab(visible, name) for name in ("", "overdue", "draft")})
    customer = Customer.objects.filter(code=request.GET.get("customer", "")).first()
    context = {
        "page": page,
        "token": token,
        "tabs": [
            {
                "label": label,
                "href": changed_query(request, tab=name, age=None),
                "current": name == tab,
                "count": counts.get(name),
            }
            for name, label in _tabs()
        ],
        "ages": [(name, labels[name], ages[name]) for name in labels],
        "age_labels": labels,
        "total": ages["total"],
        "customer": customer,
        "narrowed": any(request.GET.get(name) for name in ("q", "age", "customer", "due_from", "due_to")),
        "may_pay": may(request.user, "finance.add_payment"),
        "may_see_payments": may(request.user, "finance.view_payment"),
        "may_see_journal": may(request.user, "finance.view_journalentry"),
        "may_bill": may(request.user, "finance.add_invoice") and not Company.current().invoice_on_shipment,
    }
    return render_page(request, "finance/list.html", context, block="rows" if "cursor" in request.GET else "list")


@require_GET
@perm_required("finance.view_invoice")
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows, as a spreadsheet."""
    visible = Invoice.objects.visible_to(request.user).select_related("customer", "order")  # type: ignore[arg-type]
    found = InvoiceFilter(request.GET, queryset=visible, user=request.user)
    rows = in_tab(found.qs, request.GET.get("tab", "")).order_by("due_date", "id")

    def cells() -> Iterator[list[Any]]:
        for row in rows.iterator(chunk_size=1000):
            sign = -1 if row.is_credit else 1
            yield [
                str(row),
                row.get_kind_display(),
                row.customer.code,
                row.customer.name,
                row.order.number,
                row.invoice_date,
                row.due_date,
                row.currency,
                sign * row.untaxed,
                sign * row.tax,
                sign * row.total,
                sign * row.outstanding,
                row.get_status_display(),
            ]

    heads = [
        _("Number"),
        _("Kind"),
        _("Customer code"),
        _("Customer"),
        _("Sales order"),
        _("Date"),
        _("Due"),
        _("Currency"),
        _("Amount without tax"),
        _("Tax"),
        _("Total with tax"),
        _("Outstanding amount"),
        _("Status"),
    ]
    return xlsx_response(f"receivables-{timezone.localdate():%Y%m%d}.xlsx", heads, cells(), title=_("Receivables"))


def _invoice_or_404(request: HttpRequest, pk: int) -> Invoice:
    rows = Invoice.objects.visible_to(request.user)  # type: ignore[arg-type]
    return get_or_404(rows.select_related("customer", "order", "created_by"), pk=pk)


def _context(request: HttpRequest, invoice: Invoice, form: RefundForm | None = None) -> dict[str, Any]:
    lines = invoice.lines.select_related("order_line__product").order_by("order_line__position")
    may_match = may(request.user, "finance.post_payment")
    is_open = invoice.status == Invoice.Status.POSTED
    own = Allocation.objects.filter(credit=invoice) | Allocation.objects.filter(invoice=invoice)
    allocations = own.select_related("payment", "credit", "invoice", "by", "taken_back_by").order_by("id")
    return {
        "invoice": invoice,
        "lines": lines,
        "moves": list(moves(invoice, request.user)),  # type: ignore[arg-type]
        "allocations": allocations,
        "talk": talk_of(invoice, request.user),
        "entries": list(selectors.entries_of(invoice)) if may(request.user, "finance.view_journalentry") else None,
        "may_match": may_match,
        "is_open": is_open,
        "money": selectors.open_payments(invoice.customer) if is_open and may_match and not invoice.is_credit else [],
        "credits": selectors.open_credits(invoice.customer) if is_open and may_match and not invoice.is_credit else [],
        "targets": selectors.open_items(invoice.customer) if is_open and may_match and invoice.is_credit else [],
        "may_pay": may(request.user, "finance.add_payment") and is_open,
        "refund": form or RefundForm(initial={"amount": invoice.outstanding}),
    }


@require_GET
@perm_required("finance.view_invoice")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A receivable or credit note: its lines, what it is matched with, and what could be matched with it."""
    return render_page(request, "finance/invoice.html", _context(request, _invoice_or_404(request, pk)))


@require_POST
@perm_required("finance.view_invoice")
def transition(request: HttpRequest, pk: int, name: str = "") -> HttpResponse:
    """Post or discard."""
    invoice = _invoice_or_404(request, pk)
    name = name or request.POST.get("transition", "")
    note = request.POST.get("note", "")
    if name == "post":
        services.post_invoice(invoice, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("%(invoice)s is posted.") % {"invoice": invoice})
    else:
        advance(invoice, name, by=request.user, note=note)  # type: ignore[arg-type]
    return go(request, invoice)


def _amount(request: HttpRequest) -> Decimal:
    text = request.POST.get("amount", "").strip().replace(",", "")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise BusinessError(
            _("“%(text)s” is not an amount.") % {"text": text}, hint=_("Enter it in yuan and fen."), field="amount"
        )
    return amount


@require_POST
@perm_required("finance.view_invoice", "finance.post_payment")
def match(request: HttpRequest, pk: int) -> HttpResponse:
    """Use a payment or a credit note for this receivable; or this credit note for another receivable."""
    here = _invoice_or_404(request, pk)
    try:
        amount = _amount(request)
        if number := request.POST.get("payment"):
            payments = Payment.objects.visible_to(request.user)  # type: ignore[arg-type]
            payment = get_or_404(payments, number=number)
            services.allocate(payment, invoice=here, amount=amount, by=request.user)  # type: ignore[arg-type]
        else:
            other = _invoice_or_404(request, int(request.POST.get("invoice") or 0))
            credit, invoice = (here, other) if here.is_credit else (other, here)
            services.apply_credit(credit, invoice=invoice, amount=amount, by=request.user)  # type: ignore[arg-type]
    except BusinessError as error:
        return refused(request, error, here)
    messages.success(request, _("%(amount)s matched.") % {"amount": f"{amount:,.2f}"})
    return go(request, here)


@require_POST
@perm_required("finance.view_invoice", "finance.add_payment")
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Pay a credit note, or part of it, back."""
    credit = _invoice_or_404(request, pk)
    form = RefundForm(request.POST)
    if form.is_valid():
        try:
            payment = services.refund_credit(credit, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except BusinessError as error:
            add_error(form, error)
        else:
            messages.success(request, _("Refund %(payment)s recorded.") % {"payment": payment})
            return go(request, credit)
    return render_page(request, "finance/invoice.html", _context(request, credit, form), status=422)


@require_POST
@perm_required("finance.post_payment")
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo one allocation."""
    visible = Invoice.objects.visible_to(request.user)  # type: ignore[arg-type]
    rows = Allocation.objects.filter(invoice__in=visible).select_related("payment", "credit", "invoice")
    allocation = get_or_404(rows, pk=pk)
    pages = {"payment": allocation.payment, "credit": allocation.credit}
    to = pages.get(request.POST.get("from", "")) or allocation.invoice
    try:
        services.take_back(allocation, by=request.user)  # type: ignore[arg-type]
    except BusinessError as error:
        return refused(request, error, to)
    messages.success(request, _("The allocation was taken back."))
    return go(request, to)


@require_GET
@perm_required("finance.view_invoice")
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The receivable on paper (应收单), with its amount in capitals."""
    invoice = _invoice_or_404(request, pk)
    context = {
        "invoice": invoice,
        "number": invoice.number or "",
        "lines": invoice.lines.select_related("order_line__product").order_by("order_line__position"),
        "words": amount_in_words(invoice.total) if invoice.currency == "CNY" else "",
    }
    return pdf_response(f"{invoice.number or 'draft'}.pdf", render_pdf("documents/invoice.html", context))


def _unbilled(user: Any) -> Any:
    lines = OrderLine.objects.filter(shipped__gt=F("invoiced"))
    drafts = Invoice.objects.filter(order=OuterRef("pk"), status=Invoice.Status.DRAFT, kind=Invoice.Kind.INVOICE)
    return SalesOrder.objects.visible_to(user).filter(~Exists(drafts), pk__in=lines.values("order"))


@perm_required("finance.view_invoice", "finance.add_invoice")
def to_bill(request: HttpRequest) -> HttpResponse:
    """Orders with goods that were shipped and not billed; one click makes the draft."""
    if request.method == "POST":
        order = get_or_404(SalesOrder.objects.visible_to(request.user), number=request.POST.get("order", ""))  # type: ignore[arg-type]
        invoice = services.create_invoice(order, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("A draft for order %(order)s was made; check and post it.") % {"order": order})
        return go(request, invoice)
    shown = Prefetch("lines", OrderLine.objects.filter(shipped__gt=F("invoiced")).select_related("product"))
    page = keyset_page(
        _unbilled(request.user).select_related("customer").prefetch_related(shown), "-id", request.GET.get("cursor")
    )
    return render_page(
        request, "finance/to_bill.html", {"page": page}, block="rows" if "cursor" in request.GET else None
    )
