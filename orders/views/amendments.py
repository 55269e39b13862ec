"""Changing a confirmed order: the form, what the change would set off, and deciding on it."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp.effects import tell
from erp.errors import BusinessError
from erp.models import Company
from erp.web import back_url, get_or_404, go, may, perm_required, render_page
from erp.web.talk import talk_of
from erp.workflow import Move, moves, unmet
from orders import services
from orders.amend_forms import AmendForm, AmendLines, head_of, rows_of
from orders.amendments import NEEDS, chain_of, compare, rebased, snapshot
from orders.approvals import present_level
from orders.forms import short, tax_choices, unit_choices
from orders.models import Amendment, SalesOrder
from orders.models.amendment import order_is_amendable, order_is_as_it_was
from orders.services.amending import effect_of

COLUMNS = {"product": "text", "quantity": "quantity", "unit_price": "price", "discount": "discount"}


@require_http_methods(["GET", "POST"])
@perm_required("orders.change_salesorder")
def amend(request: HttpRequest, number: str) -> HttpResponse:
    """Write a change of a confirmed order, or go on with the one that is open."""
    rows = SalesOrder.objects.visible_to(request.user).select_related("customer", "channel", "warehouse")
    order = get_or_404(rows, number=number)
    if order.status not in SalesOrder.FULFILLING:
        raise BusinessError(why_not(order), code="not_amendable")
    lines = list(order.lines.select_related("product"))
    known = {line.pk: line for line in lines}
    if request.method == "POST":
        return _submit(request, order, known)
    open_one = order.amendments.open().first()
    present = snapshot(order, lines)
    version = rebased(open_one, present) if open_one is not None else present
    initial = {
        **head_of(version["header"]),
        "version": order.version,
        "revision": open_one.revision if open_one is not None else 0,
        "reason": open_one.reason if open_one is not None else "",
    }
    form = AmendForm(user=request.user, order=order, initial=initial)
    formset = AmendLines(prefix="lines", initial=rows_of(version["lines"]), known=known)
    return _show(request, form, formset, order, open_one)


def why_not(order: SalesOrder) -> str:
    """Why an order cannot be changed this way now; empty when it can."""
    if order.status in SalesOrder.FULFILLING:
        return ""
    if order.status in SalesOrder.EDITABLE:
        return _("It is not confirmed yet: edit it.")
    if order.status == SalesOrder.Status.CANCELLED:
        return _("The order is cancelled.")
    return _("Everything has left: what comes back is a return.")


def _submit(request: HttpRequest, order: SalesOrder, known: dict[int, Any]) -> HttpResponse:
    form = AmendForm(request.POST, user=request.user, order=order)
    formset = AmendLines(request.POST, prefix="lines", known=known)
    good_head, good_lines = form.is_valid(), formset.is_valid()
    if good_head and good_lines:
        filled = formset.changes()
        data = form.cleaned_data
        try:
            made = services.propose(
                order,
                by=request.user,
                version=data["version"],
                revision=data["revision"] or 0,
                lines=[one for _place, one in filled],
                reason=data["reason"],
                promised_date=data["promised_date"],
                priority=data["priority"],
                customer_note=data["customer_note"],
                ship_to=data["ship_to"],
            )
        except BusinessError as refusal:
            _point_at(form, formset, [place for place, _one in filled], refusal)
        else:
            return go(request, made)
    return _show(request, form, formset, order, order.amendments.open().first(), status=422)


def _point_at(form: AmendForm, formset: Any, places: list[int], refusal: BusinessError) -> None:
    """Put a service's refusal at the field or cell it is about."""
    words = f"{refusal.message} {refusal.hint}".strip()
    parts = refusal.field.split(".")
    if parts[0] == "lines" and len(parts) == 3 and parts[2] in COLUMNS:
        formset.forms[places[int(parts[1])]].add_error(COLUMNS[parts[2]], words)
    elif parts[0] == "lines":
        formset.non_form_errors().append(words)
    else:
        form.add_error(refusal.field if refusal.field in form.fields else None, words)


def _show(
    request: HttpRequest,
    form: AmendForm,
    formset: Any,
    order: SalesOrder,
    open_one: Amendment | None,
    *,
    status: int = 200,
) -> HttpResponse:
    company = Company.current()
    context = {
        "form": form,
        "lines": formset,
        "order": order,
        "open_one": open_one,
        "tax_choices": tax_choices(company.default_tax_rate, *(line.tax_rate for line in formset.known.values())),
        "units_for": unit_choices(formset),
        "default_tax": short(company.default_tax_rate),
    }
    return render_page(request, "orders/amend_form.html", context, status=status)


def _amendment(request: HttpRequest, number: str, serial: int) -> Amendment:
    rows = Amendment.objects.visible_to(request.user).select_related("order__customer", "created_by")
    return get_or_404(rows, order__number=number, serial=serial)


@require_GET
@perm_required("orders.view_salesorder")
def amendment(request: HttpRequest, number: str, serial: int) -> HttpResponse:
    """One change: both versions side by side, what it sets off, who decides and what became of it."""
    one, user = _amendment(request, number, serial), request.user
    approvals = chain_of(one)
    outdated = one.is_open and one.order.version != one.base_version
    fresh = one.is_open and not outdated and one.order.status in SalesOrder.FULFILLING
    context = {
        "one": one,
        "order": one.order,
        "comparison": compare(one, user),
        "effects": tell(effect_of(one) if fresh else one.effect, user),
        "needs": [str(NEEDS[key]) for key in one.needs if key in NEEDS],
        "moves": amendment_moves(one, user),
        "approvals": approvals,
        "approval_level": present_level(approvals),
        "outdated": outdated,
        "may_edit": one.is_open and may(user, "orders.change_salesorder") and one.order.status in SalesOrder.FULFILLING,
        "talk": talk_of(one, user),
    }
    return render_page(request, "orders/amendment.html", context)


def amendment_moves(one: Amendment, user: Any) -> list[Move]:
    """What the person may do about it; agreeing is open to whoever the present level asks, before the last has agreed."""
    found = [move for move in moves(one, user) if move.name != "revise"]
    asked = one.order.approvals.asked_of(user).filter(amendment=one).exists()
    if one.status == Amendment.Status.SUBMITTED and asked:
        reasons = unmet(one, [order_is_amendable, order_is_as_it_was])
        found = [replace(m, allowed=not reasons, reasons=reasons) if m.name == "apply" else m for m in found]
    return found


@require_POST
@perm_required("orders.view_salesorder")
def step(request: HttpRequest, number: str, serial: int) -> HttpResponse:
    """Submit, agree to, reject or withdraw a change: `transition` says which, `note` why."""
    one = _amendment(request, number, serial)
    name, note = request.POST.get("transition", ""), request.POST.get("note", "")
    if name == "submit":
        services.submit(one, by=request.user)
    elif name in ("apply", "reject"):
        services.decide_amendment(one, name == "apply", by=request.user, note=note)
    elif name == "withdraw":
        services.withdraw_amendment(one, by=request.user, note=note)
    else:
        raise BusinessError(_("“%(name)s” is not a step of this document.") % {"name": name}, code="unknown_transition")
    one.refresh_from_db()
    messages.success(request, _result(one))
    to = one.order if one.status == Amendment.Status.APPLIED else one
    return go(request, back_url(request, to.get_absolute_url()) if request.POST.get("next") else to)


def _result(one: Amendment) -> str:
    words = {"number": one.order.number, "version": one.new_version, "change": one.number}
    if one.status == Amendment.Status.APPLIED:
        return _("%(number)s is changed; it is version %(version)s now.") % words
    if one.status == Amendment.Status.SUBMITTED and one.approvals.open().exists():
        return _("%(change)s waits for agreement; the order stays as it is until then.") % words
    return _("%(change)s: now “%(status)s”.") % {**words, "status": one.get_status_display()}
