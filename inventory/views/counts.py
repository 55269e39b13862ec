"""Stock counts: planned, counted bin by bin, compared, posted."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from erp.documents.pdf import pdf_response, render_pdf
from erp.errors import BusinessError
from erp.web import add_error, changed_query, get_or_404, go, keyset_page, may, perm_required, render_page
from erp.workflow import advance, moves
from inventory.count_forms import BinForm, PlanForm
from inventory.doclinks import DocLink, document_links
from inventory.models import Barcode, CountBin, CountLine, StockCount
from inventory.services import count_again, enter_bin, plan_count, shortfalls

SEE = "inventory.view_stockcount"
LINES = 500  # shown on the page; the sheet has all


@perm_required(SEE)
def count_list(request: HttpRequest) -> HttpResponse:
    """Counts, the newest first, with how far each is."""
    counts = StockCount.objects.visible_to(request.user).select_related("warehouse", "created_by")  # type: ignore[arg-type]
    now = request.GET.get("status", "")
    if now in StockCount.Status.values:
        counts = counts.filter(status=now)
    counted = counts.annotate(bins_total=Count("bins"), bins_done=Count("bins", filter=Q(bins__done_at__isnull=False)))
    context = {
        "page": keyset_page(counted, "-id", request.GET.get("cursor")),
        "status": now,
        "tabs": [
            {"label": label, "href": changed_query(request, status=status), "current": status == now}
            for status, label in [("", _("All")), *StockCount.Status.choices]
        ],
        "may_add": may(request.user, "inventory.add_stockcount"),
        "with_value": may(request.user, "inventory.view_purchaseorder"),
    }
    return render_page(request, "inventory/counts.html", context, block="rows" if "cursor" in request.GET else "list")


@require_http_methods(["GET", "POST"])
@perm_required(SEE, "inventory.add_stockcount")
def count_new(request: HttpRequest) -> HttpResponse:
    """Plan a count."""
    form = PlanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            document = plan_count(
                warehouse=data["warehouse"],
                places=data["bins"],
                products=data["products"],
                blind=data["blind"],
                freeze=data["freeze"],
                note=data["note"],
                by=request.user,  # type: ignore[arg-type]
            )
        except BusinessError as error:
            add_error(form, error)
        else:
            messages.success(request, _("Stock count %(number)s planned.") % {"number": document.number})
            return go(request, document)
    return render_page(request, "inventory/count_new.html", {"form": form}, status=422 if form.errors else 200)


def count_or_404(request: HttpRequest, number: str) -> StockCount:
    """The count that the person may see, or 404."""
    counts = StockCount.objects.visible_to(request.user)  # type: ignore[arg-type]
    return get_or_404(counts.select_related("warehouse", "created_by", "finished_by", "posted_by"), number=number)


def _lines(document: StockCount) -> QuerySet[CountLine]:
    rows = document.lines.select_related("product__unit", "place", "lot")
    return rows.order_by("place__pick_order", "place__code", "product__sku", "id")


@perm_required(SEE)
def count_page(request: HttpRequest, number: str) -> HttpResponse:
    """One count: its bins, and when people have counted, the differences and whom they hit."""
    document = count_or_404(request, number)
    reviewed = document.status in (StockCount.Status.REVIEW, StockCount.Status.POSTED)
    lines = _lines(document).exclude(counted=F("book")) if reviewed else _lines(document)
    user = request.user
    blind = document.status == StockCount.Status.COUNTING and document.blind
    context = {
        "document": document,
        "bins": document.bins.select_related("place", "done_by").order_by("place__pick_order", "place__code"),
        "lines": [] if blind else list(lines[:LINES]),
        "reviewed": reviewed,
        "blind": blind,
        "moves": list(moves(document, user)),  # type: ignore[arg-type]
        "hit": _hit(document, user) if document.status == StockCount.Status.REVIEW else [],
        "is_own": document.needs_approval and document.is_own(user),
        "may_count": document.status == StockCount.Status.COUNTING and may(user, "inventory.enter_stockcount"),
        "may_repeat": document.status == StockCount.Status.REVIEW and may(user, "inventory.change_stockcount"),
        "with_value": may(user, "inventory.view_purchaseorder"),
    }
    return render_page(request, "inventory/count.html", context)


def _hit(document: StockCount, user: Any) -> list[tuple[Any, Any, list[DocLink]]]:
    """Promised stock that is missing: stock item, how much must be given up, and who holds some of it."""
    found = shortfalls(document)
    refs = {(row.holder_type, row.holder_id) for one in found for row, _free in one.held}
    links = document_links(refs, user)
    return [
        (
            one.item,
            one.quantity,
            list({links[row.holder_type, row.holder_id]: None for row, _free in one.held}),
        )
        for one in found
    ]


@require_http_methods(["GET", "POST"])
@perm_required(SEE, "inventory.enter_stockcount")
def count_bin(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """One bin on a phone: what lies there, then the next bin."""
    document = count_or_404(request, number)
    one = get_or_404(document.bins.select_related("place"), place__code=code)
    lines = list(_lines(document).filter(place=one.place))
    form = BinForm(request.POST or None, document=document, lines=lines)
    if request.method == "POST" and form.is_valid() and _entered(request, document, one, form):
        following = _next_bin(document) if "done" in request.POST else one
        if following is None:
            messages.success(request, _("Every bin is counted."))
            return go(request, document)
        return go(request, "inventory:count_bin", document.number, following.place.code)
    products = {line.product_id for line in lines}
    codes: dict[int, list[str]] = {}
    for barcode in Barcode.objects.filter(product__in=products):
        codes.setdefault(barcode.product_id, []).append(barcode.code)
    bins = list(document.bins.select_related("place").order_by("place__pick_order", "place__code"))
    context = {
        "document": document,
        "bin": one,
        "bins": bins,
        "bins_done": sum(1 for row in bins if row.done_at),
        "form": form,
        "codes": codes,
        "may_count": document.status == StockCount.Status.COUNTING,
    }
    return render_page(request, "inventory/count_bin.html", context, status=422 if form.errors else 200)


def _entered(request: HttpRequest, document: StockCount, one: CountBin, form: BinForm) -> bool:
    try:
        enter_bin(
            document,
            one.place,
            counted=form.counted(),
            found=form.cleaned_data["found"],
            reasons=form.reasons(),
            done="done" in request.POST,
            key=form.cleaned_data["key"],
            by=request.user,  # type: ignore[arg-type]
        )
    except BusinessError as error:
        add_error(form, error)
        return False
    return True


def _next_bin(document: StockCount) -> CountBin | None:
    left = document.bins.filter(done_at=None).select_related("place")
    return left.order_by("place__pick_order", "place__code").first()


@perm_required(SEE, "inventory.enter_stockcount")
def count_next(request: HttpRequest, number: str) -> HttpResponse:
    """Go to the first bin that nobody has finished."""
    document = count_or_404(request, number)
    following = _next_bin(document)
    if following is None:
        return go(request, document)
    return go(request, "inventory:count_bin", document.number, following.place.code)


@require_POST
@perm_required(SEE)
def count_transition(request: HttpRequest, number: str) -> HttpResponse:
    """Move the count on."""
    document = count_or_404(request, number)
    name = request.POST.get("transition", "")
    advance(document, name, by=request.user, note=request.POST.get("note", ""))  # type: ignore[arg-type]
    document.refresh_from_db()
    if name == "finish" and document.status == StockCount.Status.COUNTING:
        lines = document.lines.filter(again=True).count()
        messages.warning(
            request,
            ngettext(
                "%(lines)s line differs much and is counted once more.",
                "%(lines)s lines differ much and are counted once more.",
                lines,
            )
            % {"lines": lines},
        )
    else:
        values = {"count": document.number, "status": document.get_status_display()}
        messages.success(request, _("%(count)s is “%(status)s” now.") % values)
    return go(request, document)


@require_POST
@perm_required(SEE, "inventory.change_stockcount")
def count_repeat(request: HttpRequest, number: str) -> HttpResponse:
    """Let the chosen lines be counted again."""
    document = count_or_404(request, number)
    chosen = [int(pk) for pk in request.POST.getlist("selected") if pk.isdecimal()]
    count_again(document, chosen, by=request.user, note=request.POST.get("note", ""))  # type: ignore[arg-type]
    messages.success(request, _("The chosen lines are counted again."))
    return go(request, document)


@perm_required(SEE)
def count_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The count sheet on paper; a blind one shows no quantities before the count is over."""
    document = count_or_404(request, number)
    over = document.status in (StockCount.Status.REVIEW, StockCount.Status.POSTED)
    context = {
        "document": document,
        "number": document.number,
        "lines": list(_lines(document)),
        "bins": document.bins.select_related("place").order_by("place__pick_order", "place__code"),
        "with_book": over or not document.blind,
        "over": over,
    }
    return pdf_response(f"{document.number}.pdf", render_pdf("documents/count_sheet.html", context))
