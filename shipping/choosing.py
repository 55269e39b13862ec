"""Which carrier and service a shipment should go with, and what that costs: pure functions of facts, rules and rates.

The first active rule by position whose every condition holds wins; exactly one does. Without one the cheapest service
that has a rate for the place is proposed. Every proposal comes with its reasons as keys and values, so that each
reader gets them in their own language.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from erp.money import ZERO, round_money
from shipping.models import CarrierRule, CarrierService, FreightRate

Reason = tuple[str, dict[str, str]]
REASONS: dict[str, Any] = {
    "rule": _("Rule “%(rule)s”"),
    "place": _("goes to %(place)s"),
    "weight": _("weighs %(weight)s kg"),
    "value": _("goods worth %(value)s"),
    "priority": _("priority %(priority)s"),
    "days_left": _("due in %(days)s days"),
    "warehouse": _("leaves from %(warehouse)s"),
    "always": _("applies always"),
    "cheapest": _("no rule fits; the cheapest by the freight table"),
    "freight": _("freight %(freight)s: first %(first)s kg, then %(steps)s × %(step)s kg"),
    "freight_parcels": _("freight %(freight)s for %(parcels)s parcels"),
    "no_rate": _("no freight rate for this region"),
    "no_weight": _("weight not known, the first weight counts"),
    "no_proposal": _("no rule fits, and no service has a freight rate"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a shipment. Weights of its parcels in kg (None: not known), value in CNY without tax."""

    province: str = ""
    city: str = ""
    weights: tuple[Decimal | None, ...] = (None,)
    value: Decimal = ZERO
    priority: int = 0
    days_left: int = 0
    warehouse_id: int | None = None
    warehouse: str = ""

    @property
    def weight(self) -> Decimal | None:
        """All parcels together; None when one was not weighed."""
        known = [weight for weight in self.weights if weight is not None]
        return sum(known, ZERO) if len(known) == len(self.weights) else None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A service (None: nothing fits), its freight in CNY (None: no rate), the rule that won, and why."""

    service: CarrierService | None
    freight: Decimal | None
    rule: CarrierRule | None = None
    why: list[Reason] = field(default_factory=list)


def propose(facts: Facts, *, rules: Iterable[CarrierRule], rates: Sequence[FreightRate]) -> Proposal:
    """The proposal for a shipment. `rules` and `rates` come with their services; inactive carriers do not count."""
    for rule in sorted(rules, key=lambda one: (one.position, one.pk or 0)):
        if not rule.is_active or not rule.service.carrier.is_active:
            continue
        reasons = holds(rule, facts)
        if reasons is not None:
            freight, words = freight_of(rule.service, facts, rates)
            return Proposal(rule.service, freight, rule, [("rule", {"rule": rule.name}), *reasons, *words])
    return _cheapest(facts, rates)


def _cheapest(facts: Facts, rates: Sequence[FreightRate]) -> Proposal:
    services = {rate.service_id: rate.service for rate in rates if rate.service.carrier.is_active}
    found = []
    for pk, service in services.items():
        freight, words = freight_of(service, facts, rates)
        if freight is not None:
            found.append((freight, service.transit_days, pk, service, words))
    if not found:
        return Proposal(None, None, None, [("no_proposal", {})])
    freight, _days, _pk, service, words = min(found, key=lambda one: one[:3])
    return Proposal(service, freight, None, [("cheapest", {}), *words])


def holds(rule: CarrierRule, facts: Facts) -> list[Reason] | None:
    """Why a rule fits, None when it does not. An unknown weight fits no rule that asks for one."""
    why: list[Reason] = []
    if rule.places:
        place = next((name for name in rule.places if _is_place(name, facts)), None)
        if place is None:
            return None
        why.append(("place", {"place": place}))
    if rule.weight_from is not None or rule.weight_to is not None:
        if facts.weight is None or not _between(facts.weight, rule.weight_from, rule.weight_to):
            return None
        why.append(("weight", {"weight": plain(facts.weight)}))
    if rule.value_from is not None or rule.value_to is not None:
        if not _between(facts.value, rule.value_from, rule.value_to):
            return None
        why.append(("value", {"value": plain(facts.value)}))
    if rule.priority_from is not None:
        if facts.priority < rule.priority_from:
            return None
        why.append(("priority", {"priority": str(facts.priority)}))
    if rule.days_left is not None:
        if facts.days_left > rule.days_left:
            return None
        why.append(("days_left", {"days": str(facts.days_left)}))
    if rule.warehouse_id is not None:
        if facts.warehouse_id != rule.warehouse_id:
            return None
        why.append(("warehouse", {"warehouse": facts.warehouse}))
    return why or [("always", {})]


def _between(value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or value >= low) and (high is None or value < high)


def _is_place(name: str, facts: Facts) -> bool:
    """新疆 means 新疆维吾尔自治区, 杭州 means 杭州市."""
    name = name.strip()
    return bool(name) and (facts.province.startswith(name) or facts.city.startswith(name))


def rate_of(service: CarrierService, facts: Facts, rates: Iterable[FreightRate]) -> FreightRate | None:
    """The rate for the place: one that names the city, then the province, then the one for everywhere else."""
    best: tuple[int, int] | None = None
    found = None
    for rate in rates:
        if rate.service_id != service.pk:
            continue
        rank = _rank(rate, facts)
        if rank is not None and (best is None or (rank, rate.pk or 0) < best):
            best, found = (rank, rate.pk or 0), rate
    return found


def _rank(rate: FreightRate, facts: Facts) -> int | None:
    if not rate.places:
        return 2
    names = [name.strip() for name in rate.places if name.strip()]
    if any(facts.city.startswith(name) for name in names):
        return 0
    return 1 if any(facts.province.startswith(name) for name in names) else None


def freight_of(
    service: CarrierService, facts: Facts, rates: Iterable[FreightRate]
) -> tuple[Decimal | None, list[Reason]]:
    """What all parcels cost with a service, in CNY, and how it is made; None without a rate."""
    rate = rate_of(service, facts, rates)
    if rate is None:
        return None, [("no_rate", {})]
    freight = round_money(sum((parcel_freight(rate, weight) for weight in facts.weights), ZERO))
    if len(facts.weights) == 1:
        values = {
            "freight": plain(freight),
            "first": plain(rate.first_weight),
            "steps": str(_steps(rate, facts.weights[0])),
            "step": plain(rate.step_weight),
        }
        words: list[Reason] = [("freight", values)]
    else:
        words = [("freight_parcels", {"freight": plain(freight), "parcels": str(len(facts.weights))})]
    return freight, [*words, ("no_weight", {})] if None in facts.weights else words


def parcel_freight(rate: FreightRate, weight: Decimal | None) -> Decimal:
    """First weight, then each step begun (首重 + 续重)."""
    return rate.first_price + _steps(rate, weight) * rate.step_price


def _steps(rate: FreightRate, weight: Decimal | None) -> int:
    if weight is None or weight <= rate.first_weight:
        return 0
    return int(((weight - rate.first_weight) / rate.step_weight).to_integral_value(ROUND_CEILING))


def plain(value: Decimal) -> str:
    """A number as people write it: no exponent, no needless zeros."""
    return f"{value.normalize():f}"


def words_of(why: Iterable[Any]) -> list[str]:
    """Reasons as kept, in the reader's language."""
    return [str(REASONS[key]) % values for key, values in why if key in REASONS]
