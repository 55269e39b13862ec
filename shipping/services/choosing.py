"""Carriers by rule: what is proposed for shipments, what was chosen instead, and shaping rules and rates."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal

from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import User
from erp.money import ZERO, round_money
from shipping.choosing import Facts, Proposal, freight_of, propose
from shipping.models import CarrierChoice, CarrierRule, CarrierService, FreightRate, Parcel, ParcelLine, Shipment


def proposals(shipments: Collection[Shipment]) -> dict[int, Proposal]:
    """What the rules propose for each of these shipments. Four queries, their orders and warehouses loaded."""
    parcels: dict[int, list[Parcel]] = defaultdict(list)
    for parcel in Parcel.objects.filter(shipment__in=shipments).order_by("position"):
        parcels[parcel.shipment_id].append(parcel)
    values = _values(shipments)
    rules, rates = list(rules_in_use()), list(rates_in_use())
    return {
        shipment.pk: propose(
            facts_of(shipment, parcels[shipment.pk], value=values.get(shipment.pk, ZERO)), rules=rules, rates=rates
        )
        for shipment in shipments
    }


def rules_in_use() -> Sequence[CarrierRule]:
    """Active rules with their services."""
    return CarrierRule.objects.filter(is_active=True).select_related("service__carrier", "warehouse")  # type: ignore[return-value]


def rates_in_use() -> Sequence[FreightRate]:
    """Rates of carriers that are in use."""
    return FreightRate.objects.filter(service__carrier__is_active=True).select_related("service__carrier")  # type: ignore[return-value]


def _values(shipments: Collection[Shipment]) -> dict[int, Decimal]:
    """What the goods of each shipment are worth, without tax."""
    worth = F("quantity") * F("order_line__unit_price")
    rows = ParcelLine.objects.filter(parcel__shipment__in=shipments).values_list("parcel__shipment")
    return {pk: round_money(value or ZERO) for pk, value in rows.annotate(worth=Sum(worth))}


def facts_of(shipment: Shipment, parcels: Sequence[Parcel], *, value: Decimal) -> Facts:
    """What the rules look at; no query when order and warehouse are loaded."""
    order = shipment.order
    return Facts(
        province=order.ship_to.get("province") or "",
        city=order.ship_to.get("city") or "",
        weights=tuple(parcel.weight for parcel in parcels) or (None,),
        value=round_money(value * order.rate),
        priority=order.priority,
        days_left=(order.promised_date - timezone.localdate()).days,
        warehouse_id=order.warehouse_id,
        warehouse=order.warehouse.name if order.warehouse_id else "",
    )


def note_choice(
    shipment: Shipment,
    parcels: Sequence[Parcel],
    *,
    service: CarrierService,
    freight: Decimal | None,
    reason: str,
    by: User | None,
) -> CarrierChoice:
    """Keep what the rules proposed beside what was chosen; a free freight follows the rates.

    Raises BusinessError when a person chooses otherwise than a rule of the company says, and gives no reason.
    """
    facts = facts_of(shipment, parcels, value=_values([shipment]).get(shipment.pk, ZERO))
    rates = list(rates_in_use())
    proposal = propose(facts, rules=rules_in_use(), rates=rates)
    if freight is None:
        freight = freight_of(service, facts, rates)[0] or ZERO
    overridden = proposal.service is not None and proposal.service.pk != service.pk
    if overridden and proposal.rule is not None and by is not None and not reason.strip():
        raise BusinessError(
            _("The rules propose %(service)s. Please say why it goes with another carrier.")
            % {"service": proposal.service},
            field="reason",
            code="reason_needed",
        )
    return CarrierChoice.objects.update_or_create(
        shipment=shipment,
        defaults={
            "proposed": proposal.service,
            "proposed_freight": proposal.freight,
            "rule": proposal.rule.name if proposal.rule else "",
            "why": proposal.why,
            "chosen": service,
            "chosen_freight": round_money(freight),
            "overridden": overridden,
            "reason": reason.strip()[:200],
            "by": by,
            "at": timezone.now(),
        },
    )[0]
