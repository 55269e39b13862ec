"""Parcels in trouble: noticed once, whatever order scans come in, settled by a person or by the next good scan."""

import datetime as dt
import random
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aftersales.models import ServiceCase
from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.workflow import advance
from shipping import services
from shipping.models import Parcel, ParcelProblem, Shipment, TrackingEvent
from tests.shipping.conftest import on_the_road, proved, scan, service_of, two_parcels


@pytest.fixture
def sent(ready, cast):
    """A shipment of one parcel on the road for two days."""
    shipment = on_the_road(ready, cast.warehouse, cast.logistics)
    Shipment.objects.filter(pk=shipment.pk).update(handed_over_at=timezone.now() - dt.timedelta(days=2))
    shipment.refresh_from_db()
    return shipment


def open_ones() -> set[str]:
    return set(ParcelProblem.objects.filter(status="open").values_list("trouble", flat=True))


def test_trouble_has_an_owner_a_deadline_and_a_case(sent, cast):
    scan(sent.parcels.get(), "exception", hours=-3, text="外箱破损", trouble="damaged")

    problem = ParcelProblem.objects.get()
    sent.refresh_from_db()
    assert (problem.trouble, problem.owner, problem.order_id) == ("damaged", cast.logistics, sent.order_id)
    assert problem.deadline > timezone.now()
    assert sent.status == "exception"
    case = ServiceCase.objects.get()
    assert (case.order_id, case.severity) == (sent.order_id, "high")
    assert problem.number in case.text


def test_same_scan_again_opens_nothing_again(sent, cast):
    parcel = sent.parcels.get()
    scan(parcel, "exception", hours=-3, trouble="refused", key="k")
    problem = ParcelProblem.objects.get()
    services.settle_problem(problem, "resolve", by=cast.logistics, note="改日再送")
    scan(parcel, "exception", hours=-3, trouble="refused", key="k")
    scan(parcel, "collected", hours=-9)

    assert ParcelProblem.objects.count() == 1
    assert open_ones() == set()


def test_good_scan_ends_a_refusal_but_not_damage(sent):
    parcel = sent.parcels.get()
    scan(parcel, "exception", hours=-5, trouble="refused")
    scan(parcel, "exception", hours=-4, trouble="damaged")
    assert open_ones() == {"damaged"}
    scan(parcel, "delivered", hours=-1)

    sent.refresh_from_db()
    assert open_ones() == {"damaged"}
    assert sent.status == "delivered"
    assert proved() == []


def test_person_settles_it_and_the_parcel_goes_on(sent, cast):
    scan(sent.parcels.get(), "exception", hours=-5, trouble="refused")
    problem = ParcelProblem.objects.get()
    services.settle_problem(problem, "resolve", by=cast.logistics, note="客户同意明天再送")

    sent.refresh_from_db()
    problem.refresh_from_db()
    assert (sent.status, sent.parcels.get().state) == ("in_transit", "in_transit")
    assert problem.resolution == "客户同意明天再送"
    assert TrackingEvent.objects.order_by("-at").first().text == "客户同意明天再送"


def test_what_comes_back_is_not_on_its_way_because_somebody_settled_it(sent, cast):
    scan(sent.parcels.get(), "exception", hours=-5, trouble="returned")
    services.settle_problem(ParcelProblem.objects.get(), "resolve", by=cast.logistics, note="已办退货")

    sent.refresh_from_db()
    assert sent.status == "exception"


def test_shipment_put_on_its_way_by_hand_ends_its_problems(ready, cast):
    shipment = two_parcels(ready, cast.warehouse)
    one, two = shipment.parcels.all()
    services.hand_over(shipment, service=service_of(), tracking={one.pk: "1", two.pk: "2"}, by=cast.logistics)
    scan(one, "exception", trouble="refused")
    scan(two, "exception", trouble="other")
    assert open_ones() == {"refused", "other"}

    services.move(shipment, "resume", by=cast.logistics, note="承运商已重新安排")

    shipment.refresh_from_db()
    assert shipment.status == "in_transit"
    assert set(shipment.parcels.values_list("state", flat=True)) == {"in_transit"}
    assert open_ones() == set()


def test_settling_needs_the_right_and_a_reason(sent, cast):
    scan(sent.parcels.get(), "exception", trouble="lost")
    problem = ParcelProblem.objects.get()
    with pytest.raises(NotPermitted):
        services.settle_problem(problem, "resolve", by=cast.sales, note="x")
    with pytest.raises(TransitionRefused):
        services.settle_problem(problem, "resolve", by=cast.logistics, note=" ")
    problem.refresh_from_db()
    assert problem.status == "open"


def test_problem_is_given_to_somebody_who_may_settle_it(sent, cast):
    scan(sent.parcels.get(), "exception", trouble="lost")
    problem = ParcelProblem.objects.get()
    with pytest.raises(BusinessError):
        services.take_problem(problem, owner=cast.planner, by=cast.logistics)
    with pytest.raises(NotPermitted):
        services.take_problem(problem, owner=cast.service, by=cast.sales)
    services.take_problem(problem, owner=cast.service, by=cast.logistics)
    services.take_problem(problem, owner=cast.service, by=cast.logistics)
    problem.refresh_from_db()
    assert problem.owner == cast.service
    services.settle_problem(problem, "resolve", by=cast.service, note="已赔付")
    with pytest.raises(BusinessError):
        services.take_problem(problem, owner=cast.logistics, by=cast.logistics)


@pytest.mark.parametrize(("state", "name"), [(s, n) for s in ("open", "resolved") for n in ("resolve", "reopen")])
def test_every_move_of_a_problem(sent, state, name):
    scan(sent.parcels.get(), "exception", trouble="lost")
    problem = ParcelProblem.objects.get()
    ParcelProblem.objects.filter(pk=problem.pk).update(status=state)
    problem.refresh_from_db()
    if (state, name) in {("open", "resolve"), ("resolved", "reopen")}:
        advance(problem, name, by=None)
        assert problem.status != state
    else:
        with pytest.raises(TransitionRefused):
            advance(problem, name, by=None)


def test_silence_of_a_day_is_asked_about_once(sent):
    assert services.sweep_silent() == 1
    assert services.sweep_silent() == 0
    assert open_ones() == {"silent"}
    assert not ServiceCase.objects.exists()
    scan(sent.parcels.get(), "in_transit", hours=-1)
    assert open_ones() == set()
    assert services.sweep_silent() == 0


def test_old_scan_that_comes_late_does_not_end_the_silence(sent):
    services.sweep_silent()
    scan(sent.parcels.get(), "in_transit", hours=-40)
    assert open_ones() == {"silent"}


def test_silence_that_was_settled_is_not_asked_about_the_same_day(sent, cast):
    services.sweep_silent()
    services.settle_problem(ParcelProblem.objects.get(), "resolve", by=cast.logistics, note="明天派送")
    assert services.sweep_silent() == 0
    ParcelProblem.objects.update(status_since=timezone.now() - dt.timedelta(days=2))
    Parcel.objects.update()
    TrackingEvent.objects.exists()
    assert services.sweep_silent() == 1


def test_what_the_customer_fetches_is_never_silent(ready, cast):
    from tests.shipping.conftest import packed

    shipment = packed(ready, cast.warehouse)
    services.hand_over(shipment, service=service_of("PICKUP"), tracking={}, by=cast.logistics)
    Shipment.objects.update(handed_over_at=timezone.now() - dt.timedelta(days=5))
    assert services.sweep_silent() == 0


STATES = ["collected", "in_transit", "out_for_delivery", "exception", "exception", "delivered"]
one_scan = st.tuples(
    st.sampled_from(STATES),
    st.sampled_from(["refused", "returned", "damaged", "lost", ""]),
    st.integers(-30, -1),
    st.integers(0, 1),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scans=st.lists(one_scan, min_size=1, max_size=6), seed=st.integers(0, 1000))
def test_any_order_and_any_repeats_end_in_the_same_state(ready, cast, scans: list[Any], seed: int):
    from django.db import transaction

    def play(order: list[int]) -> Any:
        """Play the scans into a fresh shipment, look, and forget it all."""
        point = transaction.savepoint()
        try:
            order_of = type(ready).objects.get(pk=ready.pk)
            shipment = two_parcels(order_of, cast.warehouse)
            parcels = list(shipment.parcels.all())
            tracking = {parcel.pk: str(parcel.pk) for parcel in parcels}
            services.hand_over(shipment, service=service_of(), tracking=tracking, by=cast.logistics)
            base = timezone.now().replace(microsecond=0)
            for index in order:
                state, trouble, hours, which = scans[index]
                services.record_event(
                    parcels[which],
                    state=state,
                    trouble=trouble,
                    text=f"{state} {index}",
                    at=base + dt.timedelta(hours=hours),
                    key=f"k{index}",
                )
            shipment.refresh_from_db()
            assert proved() == []
            opened = ParcelProblem.objects.filter(status="open").order_by("parcel__position", "trouble")
            return (
                shipment.status,
                shipment.delivered_at and round((base - shipment.delivered_at).total_seconds()),
                list(shipment.parcels.order_by("position").values_list("state", flat=True)),
                list(opened.values_list("parcel__position", "trouble")),
            )
        finally:
            transaction.savepoint_rollback(point)

    straight = list(range(len(scans)))
    mixed = straight + straight[: len(straight) // 2]
    random.Random(seed).shuffle(mixed)
    assert play(mixed) == play(straight)
