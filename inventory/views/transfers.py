"""Transfers: planned, sent, received."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from erp.documents.pdf import pdf_response, render_pdf
from erp.errors import BusinessError, TransitionRefused
from erp.web import add_error, changed_query, get_or_404, go, keyset_page, may, perm_required, render_page
from erp.workflow import advance, moves
from inventory.models import Transfer, TransferReceipt
from inventory.services import plan_transfer, receive_transfer
from inventory.transfer_forms import ArrivalForm, TransferForm, TransferLines

SEE = "inventory.view_transfer"


@perm_required(SEE)
def transfer_list(request: HttpRequest) -> HttpResponse:
    """Transfers, the newest first."""
    transfers = Transfer.objects.visible_to(request.user).select_related("source", "target", "created_by")  # type: ignore[arg-type]
    now = request.GET.get("status", "")
    if now in Transfer.Status.values:
        transfers = transfers.filter(status=now)
    context = {
        "page": keyset_page(transfers.prefetch_related("lines__product"), "-id", request.GET.get("cursor")),
        "status": now,
        "tabs": [
            {"label": label, "href": changed_query(request, status=status), "current": status == now}
            for status, label in [("", _("All")), *Transfer.Status.choices]
        ],
        "may_add": may(request.user, "inventory.add_transfer"),
    }
    return render_page(
        request, "inventory/transfers.html", context, block="rows" if "cursor" in request.GET else "list"
    )


@require_http_methods(["GET", "POST"])
@perm_required(SEE, "inventory.add_transfer")
def transfer_new(request: HttpRequest) -> HttpResponse:
    """Plan a transfer."""
    if request.method == "POST":
        form, lines = TransferForm(request.POST), TransferLines(request.POST, prefix="lines")
        if form.is_valid() & lines.is_valid() and (document := _planned(request, form, lines)):
            return go(request, document)
    else:
        form, lines = TransferForm(), TransferLines(prefix="lines")
    wrong = form.errors or any(lines.errors)
    context = {"form": form, "lines": lines}
    return render_page(request, "inventory/transfer_new.html", context, status=422 if wrong else 200)


def _planned(request: HttpRequest, form: TransferForm, lines: Any) -> Transfer | None:
    data = form.cleaned_data
    try:
        pieces = lines.pieces(data["source"], data["target"])
        if any(line.errors for line in lines.forms):
            return None
        document = plan_transfer(pieces=pieces, by=request.user, **data)  # type: ignore[arg-type]
    except BusinessError as error:
        add_error(form, error)
        return None
    messages.success(request, _("Transfer %(number)s planned.") % {"number": document.number})
    return document


def transfer_or_404(request: HttpRequest, number: str) -> Transfer:
    """The transfer that the person may see, or 404."""
    transfers = Transfer.objects.visible_to(request.user)  # type: ignore[arg-type]
    return get_or_404(transfers.select_related("source", "target", "created_by", "sent_by"), number=number)


@perm_required(SEE)
def transfer_page(request: HttpRequest, number: str) -> HttpResponse:
    """One transfer: its lines, what has arrived, what can be done next."""
    document = transfer_or_404(request, number)
    receipts = TransferReceipt.objects.filter(line__document=document)
    context = {
        "document": document,
        "lines": list(document.lines.select_related("product__unit", "lot", "source", "place").order_by("id")),
        "receipts": list(receipts.select_related("line__product__unit", "place", "by").order_by("id")),
        "moves": list(moves(document, request.user)),  # type: ignore[arg-type]
        "may_receive": document.status in Transfer.UNDER_WAY and may(request.user, "inventory.receive_transfer"),
    }
    return render_page(request, "inventory/transfer.html", context)


@require_http_methods(["GET", "POST"])
@perm_required(SEE, "inventory.receive_transfer")
def transfer_receive(request: HttpRequest, number: str) -> HttpResponse:
    """What arrived."""
    document = transfer_or_404(request, number)
    if document.status not in Transfer.UNDER_WAY:
        raise TransitionRefused(
            _("%(transfer)s is “%(status)s”; nothing of it is under way.")
            % {"transfer": document, "status": document.get_status_display()}
        )
    form = ArrivalForm(request.POST or None, document=document)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            receive_transfer(
                document,
                quantities=form.quantities(),
                place=data["place"],
                key=data["key"],
                by=request.user,  # type: ignore[arg-type]
            )
        except BusinessError as error:
            add_error(form, error)
        else:
            messages.success(request, _("The goods are in %(place)s.") % {"place": data["place"].code})
            return go(request, document)
    context = {"document": document, "form": form}
    return render_page(request, "inventory/transfer_receive.html", context, status=422 if form.errors else 200)


@require_POST
@perm_required(SEE)
def transfer_transition(request: HttpRequest, number: str) -> HttpResponse:
    """Move the transfer on: send, move, close, cancel."""
    document = transfer_or_404(request, number)
    name, note = request.POST.get("transition", ""), request.POST.get("note", "")
    advance(document, name, by=request.user, note=note)  # type: ignore[arg-type]
    values = {"transfer": document.number, "status": document.get_status_display()}
    messages.success(request, _("%(transfer)s is “%(status)s” now.") % values)
    return go(request, document)


@perm_required(SEE)
def transfer_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The paper that goes with the goods."""
    document = transfer_or_404(request, number)
    context = {
        "document": document,
        "number": document.number,
        "lines": list(document.lines.select_related("product__unit", "lot", "source", "place").order_by("id")),
    }
    return pdf_response(f"{document.number}.pdf", render_pdf("documents/transfer.html", context))
