"""Carriers by rule: pure, deterministic, exactly one rule wins."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipping.choosing import Facts, freight_of, holds, parcel_freight, propose, words_of
from shipping.models import Carrier, CarrierRule, CarrierService, FreightRate

CARRIERS = [Carrier(pk=n, code=f"C{n}", name=f"承运商{n}", is_active=n != 3) for n in (1, 2, 3)]
SERVICES = [
    CarrierService(pk=n, carrier=CARRIERS[n % 3], code="s", name=f"服务{n}", transit_days=n % 4) for n in range(1, 7)
]
PLACES = ["浙江", "浙江省", "杭州", "新疆", "西藏自治区"]
ADDRESSES = [("浙江省", "杭州市"), ("新疆维吾尔自治区", "乌鲁木齐市"), ("西藏自治区", "拉萨市"), ("", "")]

# How long a busy machine takes says nothing about rules.
calm = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
number = st.decimals(min_value=0, max_value=500, places=1)
limits = st.one_of(st.none(), number)


@st.composite
def some_facts(draw):
    province, city = draw(st.sampled_from(ADDRESSES))
    weights = draw(st.lists(st.one_of(st.none(), number), min_size=1, max_size=3))
    return Facts(
        province=province,
        city=city,
        weights=tuple(weights),
        value=draw(number),
        priority=draw(st.integers(0, 9)),
        days_left=draw(st.integers(-3, 20)),
        warehouse_id=draw(st.sampled_from([None, 1, 2])),
    )


@st.composite
def some_rules(draw):
    count = draw(st.integers(0, 4))
    return [
        CarrierRule(
            pk=pk,
            name=f"规则{pk}",
            position=draw(st.integers(0, 3)),
            service=draw(st.sampled_from(SERVICES)),
            places=draw(st.lists(st.sampled_from(PLACES), max_size=2)),
            weight_from=draw(limits),
            weight_to=draw(limits),
            value_from=draw(limits),
            value_to=draw(limits),
            priority_from=draw(st.one_of(st.none(), st.integers(0, 9))),
            days_left=draw(st.one_of(st.none(), st.integers(0, 9))),
            warehouse_id=draw(st.sampled_from([None, None, 1])),
            is_active=draw(st.booleans()),
        )
        for pk in range(1, count + 1)
    ]


@st.composite
def some_rates(draw):
    count = draw(st.integers(0, 4))
    return [
        FreightRate(
            pk=pk,
            service=draw(st.sampled_from(SERVICES)),
            places=draw(st.lists(st.sampled_from(PLACES), max_size=2)),
            first_weight=draw(st.sampled_from([Decimal(1), Decimal(3)])),
            first_price=draw(number),
            step_weight=draw(st.sampled_from([Decimal("0.5"), Decimal(1)])),
            step_price=draw(number),
        )
        for pk in range(1, count + 1)
    ]


@calm
@given(some_facts(), some_rules(), some_rates(), st.randoms(use_true_random=False))
def test_one_rule_wins_whatever_order_they_come_in(facts, rules, rates, rng):
    first = propose(facts, rules=rules, rates=rates)
    rng.shuffle(rules)
    rng.shuffle(rates)
    again = propose(facts, rules=rules, rates=rates)
    assert (first.service, first.freight, first.rule, first.why) == (
        again.service,
        again.freight,
        again.rule,
        again.why,
    )

    fitting = [r for r in rules if r.is_active and r.service.carrier.is_active and holds(r, facts) is not None]
    if fitting:
        best = min(fitting, key=lambda rule: (rule.position, rule.pk))
        assert (first.rule, first.service) == (best, best.service)
    else:
        assert first.rule is None
    assert first.service is None or first.service.carrier.is_active
    assert words_of(first.why)


@calm
@given(some_facts(), some_rates())
def test_without_rules_nothing_cheaper_is_overlooked(facts, rates):
    proposal = propose(facts, rules=[], rates=rates)
    offers = [freight_of(service, facts, rates)[0] for service in SERVICES if service.carrier.is_active]
    assert proposal.freight == min((offer for offer in offers if offer is not None), default=None)


@calm
@given(number, number)
def test_freight_never_falls_with_the_weight(one, two):
    rate = FreightRate(
        first_weight=Decimal(1), first_price=Decimal(12), step_weight=Decimal("0.5"), step_price=Decimal(3)
    )
    light, heavy = sorted((one, two))
    assert parcel_freight(rate, light) <= parcel_freight(rate, heavy)


@pytest.mark.parametrize(
    ("weight", "freight"), [("0.3", "12"), ("1", "12"), ("1.001", "15"), ("1.5", "15"), ("3", "24"), (None, "12")]
)
def test_first_weight_and_each_step_begun(weight, freight):
    rate = FreightRate(
        first_weight=Decimal(1), first_price=Decimal(12), step_weight=Decimal("0.5"), step_price=Decimal(3)
    )
    assert parcel_freight(rate, Decimal(weight) if weight else None) == Decimal(freight)


def test_rate_of_the_city_beats_that_of_the_province_beats_that_of_elsewhere():
    service = SERVICES[0]
    rates = [
        FreightRate(pk=n, service=service, places=places, first_price=Decimal(n), step_price=Decimal(1))
        for n, places in enumerate([[], ["浙江"], ["杭州"]], start=1)
    ]
    for (province, city), price in zip(ADDRESSES, (3, 1, 1, 1), strict=True):
        assert freight_of(service, Facts(province=province, city=city), rates)[0] == price
    assert freight_of(service, Facts(province="浙江省", city="宁波市"), rates)[0] == 2
    assert freight_of(SERVICES[1], Facts(), rates)[0] is None


def test_each_parcel_pays_its_own_first_weight():
    rate = FreightRate(pk=1, service=SERVICES[0], first_price=Decimal(10), step_price=Decimal(2))
    facts = Facts(weights=(Decimal(1), Decimal("2.2")))
    assert freight_of(SERVICES[0], facts, [rate])[0] == Decimal(24)


def test_unknown_weight_fits_no_rule_that_asks_for_one():
    rule = CarrierRule(name="重货", service=SERVICES[0], weight_to=Decimal(20))
    assert holds(rule, Facts(weights=(Decimal(3), None))) is None
    assert holds(rule, Facts(weights=(Decimal(3),))) == [("weight", {"weight": "3"})]
    assert holds(rule, Facts(weights=(Decimal(20),))) is None
