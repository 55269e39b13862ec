"""Which carrier by which rule, what parcels cost, and a trial of both."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Count, F, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp.web import get_or_404, go, may, perm_required, render_page
from shipping import choosing, services
from shipping.carriage_forms import RateForm, RuleForm, TrialForm, services_in_use
from shipping.models import CarrierChoice, CarrierRule, FreightRate, Shipment

VIEW, CHANGE = "shipping.view_carrierrule", "shipping.change_carrierrule"
DAYS = 90  # of choices that are compared


@require_GET
@perm_required(VIEW)
def rules_page(request: HttpRequest) -> HttpResponse:
    """Rules in their order, freight by service, a trial, and how often people chose otherwise."""
    rules = list(CarrierRule.objects.select_related("service__carrier", "warehouse"))
    rates = list(
        FreightRate.objects.select_related("service__carrier").order_by("service__carrier__name", "service", "id")
    )
    tries = any(name in request.GET for name in TrialForm.base_fields)
    form = TrialForm(request.GET if tries else None)
    found = _try(form, rules, rates) if tries and form.is_valid() else None
    context = {
        "rules": rules,
        "rates": rates,
        "form": form,
        "found": found,
        "compared": _compared(),
        "overridden": list(
            CarrierChoice.objects.filter(overridden=True)
            .filter(shipment__in=_visible(request))
            .select_related("shipment", "proposed__carrier", "chosen__carrier", "by")
            .order_by("-id")[:10]
        ),
        "may_shape": may(request.user, CHANGE),
        "days": DAYS,
    }
    return render_page(request, "shipping/rules.html", context, status=422 if tries and form.errors else 200)


def _visible(request: HttpRequest) -> Any:
    return Shipment.objects.visible_to(request.user).values("pk")  # type: ignore[arg-type]


def _try(form: TrialForm, rules: list[CarrierRule], rates: list[FreightRate]) -> dict[str, Any]:
    facts = form.facts()
    proposal = choosing.propose(facts, rules=rules, rates=rates)
    offers = []
    for service in services_in_use():
        freight, words = choosing.freight_of(service, facts, rates)
        if freight is not None:
            offers.append((freight, service, choosing.words_of(words)))
    return {
        "proposal": proposal,
        "why": choosing.words_of(proposal.why),
        "offers": sorted(offers, key=lambda offer: (offer[0], offer[1].pk)),
    }


def _compared() -> dict[str, Any]:
    """How many shipments went as proposed, and what choosing otherwise cost. One query."""
    since = timezone.now() - dt.timedelta(days=DAYS)
    rows = CarrierChoice.objects.filter(at__gte=since, proposed__isnull=False).values("overridden")
    found = {
        row["overridden"]: row
        for row in rows.annotate(n=Count("pk"), more=Sum(F("chosen_freight") - F("proposed_freight")))
    }
    other = found.get(True, {"n": 0, "more": None})
    return {"same": found.get(False, {"n": 0})["n"], "other": other["n"], "more": other["more"]}


@perm_required(VIEW, CHANGE)
def rule_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A new rule, or another wording of one."""
    rule = get_or_404(CarrierRule.objects.all(), pk=pk) if pk else CarrierRule(position=0)
    form = RuleForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        services.save_rule(form.save(commit=False), by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Saved."))
        return go(request, "shipping:rules")
    title = rule.name if pk and not form.errors else _("Rule")
    context = {"form": form, "title": title if pk else _("New rule"), "remove": "shipping:rule_remove", "pk": pk}
    return render_page(request, "shipping/rule_form.html", context, status=422 if form.errors else 200)


@perm_required(VIEW, CHANGE)
def rate_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A new freight rate, or another price."""
    rate = get_or_404(FreightRate.objects.all(), pk=pk) if pk else FreightRate()
    form = RateForm(request.POST or None, instance=rate)
    if request.method == "POST" and form.is_valid():
        services.save_rate(form.save(commit=False), by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Saved."))
        return go(request, "shipping:rules")
    title = _("Freight rate") if pk else _("New freight rate")
    context = {"form": form, "title": title, "remove": "shipping:rate_remove", "pk": pk}
    return render_page(request, "shipping/rule_form.html", context, status=422 if form.errors else 200)


@require_POST
@perm_required(VIEW, CHANGE)
def rule_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    rule = get_or_404(CarrierRule.objects.all(), pk=pk)
    services.move_rule(rule, up=request.POST.get("to") == "up", by=request.user)  # type: ignore[arg-type]
    return go(request, "shipping:rules")


@require_POST
@perm_required(VIEW, CHANGE)
def rule_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rule away."""
    services.remove_rule(get_or_404(CarrierRule.objects.all(), pk=pk), by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("Removed."))
    return go(request, "shipping:rules")


@require_POST
@perm_required(VIEW, CHANGE)
def rate_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a freight rate away."""
    services.remove_rate(get_or_404(FreightRate.objects.all(), pk=pk), by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("Removed."))
    return go(request, "shipping:rules")
