"""What stock an order holds: release the rest, take some from another order, give it back."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp.errors import BusinessError
from erp.models import User
from erp.once import new_token, once
from erp.web import add_error, get_or_404, go, may, perm_required, render_page
from erp.web.formats import qty
from inventory.promise import Promise, promiser
from orders.forms import TypedDecimalField
from orders.models import OrderLine, SalesOrder, Taking
from orders.services import give_back, release_rest, take_from
from orders.services.taking_stock import MAY_RELEASE, MAY_TAKE, by_line, on_the_shelf

MOST = 50  # orders that are offered to take from, and takings that are shown


def _order(request: HttpRequest, number: str) -> SalesOrder:
    rows = SalesOrder.objects.visible_to(request.user)
    return get_or_404(rows.select_related("customer", "warehouse"), number=number)


class ReleaseForm(forms.Form):
    """Why the order gives its stock up."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    then_hold = forms.BooleanField(
        label=gettext_lazy("Put the order on hold, so that it gets nothing new"), required=False, initial=True
    )

    def __init__(self, *args: Any, may_hold: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_hold:
            del self.fields["then_hold"]


class TakeForm(forms.Form):
    """From whom, how much, why."""

    source = forms.TypedChoiceField(label=gettext_lazy("From"), coerce=int, widget=forms.RadioSelect)
    quantity = TypedDecimalField(label=gettext_lazy("Quantity"), min_value=0, max_digits=18)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    token = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, offers: "list[Offer]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [(offer.line.pk, offer.line.order.number) for offer in offers]  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Offer:
    """A line that holds some of the goods on the shelf, and what losing `quantity` of it would mean for its order."""

    line: OrderLine
    held: Decimal
    quantity: Decimal
    promise: Promise

    @property
    def late(self) -> int:
        """Days after its promised date; 0 when it would still be in time."""
        return max((self.promise.day - self.line.order.promised_date).days, 0)


def offers_for(line: OrderLine, user: User) -> list[Offer]:
    """From which lines goods could be taken for a short line, the one that suffers least first. Five queries."""
    order = line.order
    seen = SalesOrder.objects.visible_to(user).filter(
        warehouse_id=order.warehouse_id, status__in=SalesOrder.FULFILLING, archived_at=None
    )
    rows = OrderLine.objects.filter(
        product_id=line.product_id, order__in=seen.exclude(pk=order.pk), reserved__gt=F("picked") - F("shipped")
    ).select_related("order__customer")
    ordered = rows.order_by("order__priority", "-order__promised_date", "-order_id")[:MOST]
    found = []
    answer = promiser(line.product, warehouse_id=order.warehouse_id, today=timezone.localdate(), given_up=line.short)
    for one in ordered:
        held = one.reserved - (one.picked - one.shipped)
        quantity = min(held, line.short)
        found.append(Offer(one, held, quantity, answer(quantity)))
    return sorted(found, key=lambda offer: (offer.late, offer.line.order.priority))


@require_GET
@perm_required("orders.view_salesorder")
def stock(request: HttpRequest, number: str) -> HttpResponse:
    """What an order holds and lacks, line by line, and what was taken from or for it."""
    return _page(request, _order(request, number), None)


def _page(request: HttpRequest, order: SalesOrder, form: ReleaseForm | None) -> HttpResponse:
    user, active = request.user, order.status in SalesOrder.FULFILLING
    lines = list(order.lines.select_related("product").order_by("position"))
    free = by_line(on_the_shelf(order)) if active else {}
    takings = Taking.objects.filter(source__order=order) | Taking.objects.filter(target__order=order)
    visible = SalesOrder.objects.visible_to(user)
    rows = takings.select_related("source__order", "target__order", "source__product", "by", "undone_by")
    shown = list(rows.distinct().order_by("-id")[:MOST])
    seen = set(
        visible.filter(
            pk__in={one for taking in shown for one in (taking.source.order_id, taking.target.order_id)}
        ).values_list("pk", flat=True)
    )
    takes = may(user, MAY_TAKE) and active
    context = {
        "order": order,
        "rows": [
            {
                "line": line,
                "free": free.get(line.pk, Decimal(0)),
                "may_take": takes and line.product.is_stocked and line.short > 0 and not order.hold_reason,
            }
            for line in lines
        ],
        "takings": shown,
        "seen": seen,
        "may_undo": takes,
        "form": form or ReleaseForm(may_hold=may(user, "orders.hold_salesorder")),
        "may_release": may(user, MAY_RELEASE) and any(free.values()),
    }
    return render_page(request, "orders/stock.html", context, status=422 if form and form.errors else 200)


@require_POST
@perm_required("orders.view_salesorder", MAY_RELEASE)
def release(request: HttpRequest, number: str) -> HttpResponse:
    """Give up what nobody has picked yet."""
    order = _order(request, number)
    form = ReleaseForm(request.POST, may_hold=may(request.user, "orders.hold_salesorder"))
    if form.is_valid():
        data = form.cleaned_data
        try:
            release_rest(order, by=request.user, reason=data["reason"], then_hold=bool(data.get("then_hold")))
        except BusinessError as refusal:
            add_error(form, refusal)
        else:
            messages.success(
                request, _("%(number)s has released its stock; others are served first.") % {"number": order.number}
            )
            return go(request, "orders:stock", order.number)
    return _page(request, order, form)


@require_http_methods(["GET", "POST"])
@perm_required("orders.view_salesorder", MAY_TAKE)
def take(request: HttpRequest, number: str, line: int) -> HttpResponse:
    """Choose whose stock goes to a line that waits; beside each order stands how late it would become."""
    order = _order(request, number)
    target = get_or_404(OrderLine.objects.filter(order=order).select_related("product__unit", "order"), pk=line)
    offers = offers_for(target, request.user) if target.short > 0 else []
    first = offers[0] if offers else None
    start = {"token": new_token(), "source": first.line.pk if first else None, "quantity": first and first.quantity}
    form = TakeForm(request.POST or None, offers=offers, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            _take(request, form, target, {offer.line.pk: offer.line for offer in offers})
        except BusinessError as refusal:
            add_error(form, refusal)
        else:
            return go(request, "orders:stock", order.number)
    context = {"order": order, "line": target, "offers": offers, "form": form}
    return render_page(request, "orders/take.html", context, status=422 if form.errors else 200)


def _take(request: HttpRequest, form: TakeForm, target: OrderLine, lines: dict[int, OrderLine]) -> None:
    data = form.cleaned_data
    source, quantity = lines[data["source"]], data["quantity"]

    def make() -> dict[str, Any]:
        taken = take_from(source, target, quantity, by=request.user, reason=data["reason"])
        return {"taking": taken.pk}

    once(data["token"], by=request.user, make=make)  # type: ignore[arg-type]
    messages.success(
        request,
        _("%(quantity)s were taken from %(source)s. It can be undone below.")
        % {"quantity": qty(quantity, target.unit), "source": source.order.number},
    )


@require_POST
@perm_required("orders.view_salesorder", MAY_TAKE)
def undo(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Give back what was taken, as far as things stand."""
    order = _order(request, number)
    rows = Taking.objects.filter(source__order=order) | Taking.objects.filter(target__order=order)
    taking = get_or_404(rows.select_related("source__order", "target__order").distinct(), pk=pk)
    back = give_back(taking, by=request.user)
    words = {"quantity": qty(back, taking.source.unit), "number": taking.source.order.number}
    if back < taking.quantity:
        messages.warning(request, _("Only %(quantity)s could go back to %(number)s.") % words)
    else:
        messages.success(request, _("%(quantity)s went back to %(number)s.") % words)
    return go(request, "orders:stock", order.number)
