"""Carriers of the demo: rules, freight, and one that really calls back while somebody looks on."""

import secrets
from decimal import Decimal

from shipping.models import Carrier, CarrierRule, CarrierService, FreightRate

# carrier, service: (regions, first price, price of each further kg)
RATES: dict[tuple[str, str], list[tuple[list[str], str, str]]] = {
    ("SF", "express"): [(["浙江", "上海", "江苏"], "18", "3"), (["新疆", "西藏"], "30", "18"), ([], "24", "8")],
    ("SF", "standard"): [(["浙江", "上海", "江苏"], "13", "2"), ([], "18", "5")],
    ("ZTO", "standard"): [(["浙江", "上海", "江苏"], "6", "1.2"), (["新疆", "西藏"], "15", "12"), ([], "9", "3")],
    ("DB", "ltl"): [([], "45", "1.1")],
    ("DB", "standard"): [([], "35", "0.8")],
}
LIVE = "YUNSU"


def make_rules() -> None:
    """Rates and rules as a company of this kind has them."""
    services = {(one.carrier.code, one.code): one for one in CarrierService.objects.select_related("carrier")}
    FreightRate.objects.bulk_create(
        FreightRate(
            service=services[key], places=places, first_price=Decimal(first), step_weight=1, step_price=Decimal(step)
        )
        for key, rows in RATES.items()
        for places, first, step in rows
    )
    CarrierRule.objects.bulk_create(
        [
            CarrierRule(name="加急走顺丰特快", position=10, service=services["SF", "express"], priority_from=5),
            CarrierRule(name="大货走德邦卡航", position=20, service=services["DB", "ltl"], weight_from=Decimal(60)),
            CarrierRule(
                name="高值货走顺丰标快",
                position=30,
                service=services["SF", "standard"],
                value_from=Decimal(20000),
                weight_to=Decimal(60),
            ),
            CarrierRule(name="其余走中通", position=90, service=services["ZTO", "standard"]),
        ]
    )


def start_live_carrier() -> None:
    """From now on a carrier that calls back takes what goes nearby; its parcels arrive within minutes."""
    carrier, is_new = Carrier.objects.get_or_create(
        code=LIVE,
        defaults={"name": "云速快递（演示）", "adapter": "simulated", "secret": secrets.token_urlsafe(24)},
    )
    if not is_new:
        return
    service = CarrierService.objects.create(carrier=carrier, code="city", name="同城速递", transit_days=1)
    FreightRate.objects.create(service=service, first_price=Decimal(8), step_price=Decimal(1))
    CarrierRule.objects.create(
        name="华东小件走云速", position=15, service=service, places=["浙江", "上海", "江苏"], weight_to=Decimal(60)
    )
