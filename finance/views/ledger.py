"""The general ledger: vouchers and their lines; and a customer's account."""

import datetime as dt
from typing import Any

from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from erp.documents.pdf import pdf_response, render_pdf
from erp.documents.xlsx import xlsx_response
from erp.uppercase import amount_in_words
from erp.web import get_or_404, keyset_page, may, perm_required, render_page
from finance import selectors
from finance.filters import EntryFilter
from finance.forms import PeriodForm
from finance.models import Invoice, JournalEntry
from orders.models import Customer

LONGEST = dt.timedelta(days=732)


@require_GET
@perm_required("finance.view_journalentry")
def journal(request: HttpRequest) -> HttpResponse:
    """Vouchers, the newest first."""
    rows = JournalEntry.objects.visible_to(request.user).select_related("by")  # type: ignore[arg-type]
    found = EntryFilter(request.GET, queryset=rows)
    page = keyset_page(found.qs, "-id", request.GET.get("cursor"))
    debits = dict(
        JournalEntry.objects.filter(pk__in=[entry.pk for entry in page])
        .annotate(debit=Sum("lines__amount", filter=Q(lines__amount__gt=0)))
        .values_list("pk", "debit")
    )
    context = {
        "page": page,
        "filter": found,
        "debits": debits,
        "links": selectors.links_of(page.items, request.user),
        "narrowed": any(request.GET.get(name) for name in ("number", "account", "since", "until")),
    }
    return render_page(request, "finance/journal.html", context, block="rows" if "cursor" in request.GET else "list")


@require_GET
@perm_required("finance.view_journalentry")
def entry(request: HttpRequest, number: str) -> HttpResponse:
    """One voucher."""
    row = get_or_404(JournalEntry.objects.visible_to(request.user).select_related("by"), number=number)  # type: ignore[arg-type]
    lines = sorted(row.lines.select_related("account", "customer").order_by("id"), key=lambda line: line.amount < 0)
    context = {
        "entry": row,
        "lines": lines,
        "total": sum(line.amount for line in lines if line.amount > 0),
        "document": next(iter(selectors.links_of([row], request.user).values()), None),
    }
    return render_page(request, "finance/entry.html", context)


def _period(request: HttpRequest) -> tuple[PeriodForm, dt.date, dt.date]:
    """The days asked for; three months until today when nothing (or nothing readable) is asked."""
    today = timezone.localdate()
    month = today.month - 2
    start = dt.date(today.year if month > 0 else today.year - 1, month if month > 0 else month + 12, 1)
    asked = "first" in request.GET or "last" in request.GET
    form = PeriodForm(request.GET if asked else {"first": start.isoformat(), "last": today.isoformat()})
    if not form.is_valid():
        return form, start, today
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    return form, max(first, last - LONGEST), last


def _customer_or_404(request: HttpRequest, code: str) -> Customer:
    return get_or_404(Customer.objects.visible_to(request.user), code=code)  # type: ignore[arg-type]


@require_GET
@perm_required("finance.view_invoice")
def statement(request: HttpRequest, code: str) -> HttpResponse:
    """A customer's account (对账单): what was owed, what happened, what is owed."""
    customer = _customer_or_404(request, code)
    form, first, last = _period(request)
    found = selectors.statement(customer, first=first, last=last, user=request.user)
    if request.GET.get("format") == "xlsx":
        return _spreadsheet(found)
    context: dict[str, Any] = {
        "customer": customer,
        "form": form,
        "statement": found,
        "ages": selectors.ageing(Invoice.objects.filter(customer=customer)),
        "age_labels": selectors.age_labels(),
        "prepaid": sum((row.unallocated for row in selectors.open_payments(customer)), 0),
        "may_pay": may(request.user, "finance.add_payment"),
    }
    return render_page(request, "finance/statement.html", context, block="account")


def _spreadsheet(found: selectors.Statement) -> HttpResponse:
    rows: list[list[Any]] = [[found.first, _("Opening balance"), "", "", None, None, found.opening]]
    rows += [
        [line.date, line.text, line.document.text, line.order, line.debit, line.credit, line.balance]
        for line in found.lines
    ]
    rows.append([found.last, _("Closing balance"), "", "", found.debit, found.credit, found.closing])
    heads = [_("Date"), _("Summary"), _("Document"), _("Sales order"), _("Owed"), _("Paid or credited"), _("Balance")]
    name = f"statement-{found.customer.code}-{found.first:%Y%m%d}-{found.last:%Y%m%d}.xlsx"
    return xlsx_response(name, heads, rows, title=_("Statement"))


@require_GET
@perm_required("finance.view_invoice")
def statement_paper(request: HttpRequest, code: str) -> HttpResponse:
    """The statement on paper, to be confirmed by both sides."""
    customer = _customer_or_404(request, code)
    _form, first, last = _period(request)
    found = selectors.statement(customer, first=first, last=last, user=request.user)
    context = {"statement": found, "customer": customer, "number": "", "words": amount_in_words(found.closing)}
    name = f"statement-{customer.code}-{first:%Y%m%d}-{last:%Y%m%d}.pdf"
    return pdf_response(name, render_pdf("documents/statement.html", context))
