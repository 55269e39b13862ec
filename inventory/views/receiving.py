"""What arrives for a purchase order, is inspected, and goes back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from erp.errors import BusinessError, TransitionRefused
from erp.web import add_error, get_or_404, go, perm_required, render_page
from erp.workflow import advance
from inventory.buying_forms import InspectForm, ReceiveForm, ReturnForm
from inventory.models import PurchaseOrder, SupplierReturn
from inventory.services import inspect, receive, return_to_supplier
from inventory.views.purchases import order_or_404

SEE = "inventory.view_purchaseorder"


@require_http_methods(["GET", "POST"])
@perm_required(SEE, "inventory.receive_goods")
def purchase_receive(request: HttpRequest, number: str) -> HttpResponse:
    """What arrived: filled in with all that is outstanding."""
    order = order_or_404(request, number)
    if not order.is_open:
        raise TransitionRefused(
            _("%(order)s is “%(status)s”; goods are received for ordered ones only.")
            % {"order": order, "status": order.get_status_display()}
        )

    def act(form: Any) -> str:
        receipt = receive(
            order,
            quantities=form.quantities(),
            place=form.cleaned_data["place"],
            key=form.cleaned_data["key"],
            delivery_note=form.cleaned_data["delivery_note"],
            by=request.user,  # type: ignore[arg-type]
        )
        return _("Received as %(number)s.") % {"number": receipt.number}

    return _page(request, order, ReceiveForm(request.POST or None, order=order), act, "inventory/receive.html")


@require_http_methods(["GET", "POST"])
@perm_required(SEE, "inventory.inspect_goods")
def purchase_inspect(request: HttpRequest, number: str) -> HttpResponse:
    """What waits in quarantine: accepted, rejected, or left for later."""
    order = order_or_404(request, number)

    def act(form: Any) -> str:
        inspect(order, findings=form.findings(), key=form.cleaned_data["key"], by=request.user)  # type: ignore[arg-type]
        return _("The inspection is recorded.")

    return _page(request, order, InspectForm(request.POST or None, order=order), act, "inventory/inspect.html")


@require_http_methods(["GET", "POST"])
@perm_required(SEE, "inventory.return_goods")
def purchase_return(request: HttpRequest, number: str) -> HttpResponse:
    """Goods that go back: filled in with all that was rejected."""
    order = order_or_404(request, number)

    def act(form: Any) -> str:
        data = form.cleaned_data
        made = return_to_supplier(
            order,
            quantities=form.quantities(),
            place=data["place"],
            wants=data["wants"],
            reason=data["reason"],
            key=data["key"],
            by=request.user,  # type: ignore[arg-type]
        )
        return _("Returned as %(number)s.") % {"number": made.number}

    return _page(request, order, ReturnForm(request.POST or None, order=order), act, "inventory/supplier_return.html")


def _page(
    request: HttpRequest, order: PurchaseOrder, form: Any, act: Callable[[Any], str], template: str
) -> HttpResponse:
    """Show the form, or do what was typed and go back to the order."""
    if request.method == "POST" and form.is_valid():
        try:
            done = act(form)
        except BusinessError as error:
            add_error(form, error)
        else:
            messages.success(request, done)
            return go(request, order)
    return render_page(request, template, {"order": order, "form": form}, status=422 if form.errors else 200)


@require_POST
@perm_required(SEE, "inventory.change_purchaseorder")
def settle_return(request: HttpRequest, number: str, paper: str) -> HttpResponse:
    """The supplier has credited or replaced what went back."""
    order = order_or_404(request, number)
    made = get_or_404(SupplierReturn.objects.visible_to(request.user).filter(order=order), number=paper)  # type: ignore[arg-type]
    advance(made, "settle", by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("%(number)s is settled.") % {"number": made.number})
    return go(request, order)
