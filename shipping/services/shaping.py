"""Rules and rates as people shape them: saved, removed, put into another order."""

from django.db import transaction
from django.utils.translation import gettext as _

from erp.models import User
from shipping.models import CarrierRule, FreightRate
from shipping.services.common import require


@transaction.atomic
def save_rule(rule: CarrierRule, *, by: User) -> CarrierRule:
    """Keep a new or changed rule; a new one goes behind the others."""
    _may(by, "change" if rule.pk else "add")
    if rule.pk is None and not rule.position:
        last = CarrierRule.objects.order_by("-position").values_list("position", flat=True).first() or 0
        rule.position = min(last + 10, 32000)
    rule.save()
    return rule


@transaction.atomic
def remove_rule(rule: CarrierRule, *, by: User) -> None:
    """Take a rule away; what it has proposed stays written."""
    _may(by, "delete")
    rule.delete()


@transaction.atomic
def move_rule(rule: CarrierRule, *, up: bool, by: User) -> None:
    """Let a rule change places with its neighbour; at the end nothing changes."""
    _may(by, "change")
    rules = list(CarrierRule.objects.select_for_update().order_by("position", "id"))
    at = next((index for index, one in enumerate(rules) if one.pk == rule.pk), None)
    to = None if at is None else at - 1 if up else at + 1
    if at is None or to is None or not 0 <= to < len(rules):
        return
    rules[at], rules[to] = rules[to], rules[at]
    for place, one in enumerate(rules, start=1):
        one.position = place * 10
    CarrierRule.objects.bulk_update(rules, ["position"])


@transaction.atomic
def save_rate(rate: FreightRate, *, by: User) -> FreightRate:
    """Keep a new or changed freight rate."""
    _may(by, "change")
    rate.save()
    return rate


@transaction.atomic
def remove_rate(rate: FreightRate, *, by: User) -> None:
    """Take a freight rate away."""
    _may(by, "change")
    rate.delete()


def _may(by: User, act: str) -> None:
    require(by, f"shipping.{act}_carrierrule", _("Your role does not include the rules for carriers."))
