"""The figures equal what counting by hand gives."""

import datetime as dt
import random
import statistics
import sys
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation

from reports.filters import Period
from reports.report import change, duration, hours, share
from reports.selectors import durations, progress, punctuality, sales
from reports.selectors.durations import bottleneck, lead_time, stays
from tests.cast import make_product

pytestmark = pytest.mark.django_db


def percentile(values: list[int], fraction: float) -> float:
    """The continuous percentile as PostgreSQL defines it, in plain Python."""
    ordered = sorted(values)
    place = fraction * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def by_label(report: Any) -> dict[str, Any]:
    return {row.cells[0]: row for row in report.rows}


def test_percentiles_equal_a_recomputation(past: Any, stay: Any, wanted: Any) -> None:
    order, chance, expected = past("2026-11-01"), random.Random(7), {}
    for state in ("pending", "approved", "in_production", "ready_to_ship", "shipped"):
        expected[state] = [chance.randrange(60, 900_000) for _ in range(chance.randrange(1, 40))]
        for seconds in expected[state]:
            stay(order, state, seconds)
    found = stays(wanted(), wanted().period)
    assert set(found) == set(expected)
    for state, values in expected.items():
        assert found[state]["count"] == len(values)
        assert found[state]["total"] == sum(values)
        assert found[state]["median"] == pytest.approx(statistics.median(values))
        assert found[state]["ninetieth"] == pytest.approx(percentile(values, 0.9))


def test_only_stays_that_ended_in_the_period_count(past: Any, stay: Any, wanted: Any) -> None:
    order = past("2026-11-01")
    stay(order, "pending", 100, day="2026-11-01")
    stay(order, "pending", 900, day="2026-10-01")
    stay(order, "", 5)  # creation leaves no state
    found = stays(wanted("since=2026-11-01&until=2026-11-30"), Period(dt.date(2026, 11, 1), dt.date(2026, 11, 30)))
    assert {state: row["total"] for state, row in found.items()} == {"pending": 100}


def test_the_bottleneck_is_where_most_time_goes(past: Any, stay: Any, wanted: Any) -> None:
    order = past("2026-11-01")
    for _again in range(10):
        stay(order, "pending", 3600)
    stay(order, "in_production", 86_400)
    stay(order, "shipped", 9_000_000)  # the carrier and the term of payment are no bottleneck of ours
    found = stays(wanted(), wanted().period)
    assert bottleneck(found) == "in_production"
    with translation.override("en"):
        sentence = durations(wanted()).sentence
        assert "“In production”" in sentence
        assert "71%" in sentence
        assert "1 day" in sentence


def test_without_measurements_there_is_no_bottleneck(wanted: Any) -> None:
    report = durations(wanted())
    assert report.is_empty
    assert report.sentence == ""
    assert bottleneck({}) is None


def test_durations_follow_the_filter(past: Any, stay: Any, wanted: Any) -> None:
    stay(past("2026-11-01"), "pending", 100)
    stay(past("2026-11-01", channel="web"), "pending", 900)
    assert stays(wanted("channel=web"), wanted().period)["pending"]["total"] == 900


def test_lead_time_runs_from_order_to_shipping(past: Any, wanted: Any) -> None:
    for days in (1, 2, 6):
        past("2026-11-01", shipped=f"2026-11-{1 + days:02d}", status="shipped")
    found = lead_time(wanted(), wanted().period)
    assert found["median"] == pytest.approx(2 * 86_400)


def test_orders_by_status(past: Any, wanted: Any) -> None:
    past("2026-11-05", "100.00")
    past("2026-11-06", "50.50")
    past("2026-11-07", "200.00", status="shipped")
    past("2026-10-10", "999.00", status="shipped")  # the period before
    with translation.override("en"):
        report = progress(wanted("since=2026-11-01&until=2026-11-20"))
        rows = by_label(report)
        assert rows["Pending"].cells == ["Pending", 2, Decimal("0.6667"), Decimal("150.50")]
        assert rows["Shipped"].cells[1:] == [1, Decimal("0.3333"), Decimal("200.00")]
        assert report.totals == ["Total", 3, Decimal("1.0000"), Decimal("350.50")]
    assert "status=pending" in rows["Pending"].href
    assert "since=2026-11-01" in rows["Pending"].href


def test_the_headline_compares_with_the_period_before(past: Any, wanted: Any) -> None:
    for _two in range(3):
        past("2026-11-05")
    for _one in range(2):
        past("2026-10-20")
    report = progress(wanted("since=2026-11-01&until=2026-11-20"))
    assert report.figures[0].value == "3"
    assert report.figures[0].delta == Decimal("0.5000")


def test_on_time_is_judged_by_the_company_s_day(past: Any, wanted: Any) -> None:
    promised = dt.date(2026, 11, 10)
    # 23:00 in Shanghai is still the promised day; 00:00 of the next is not, though UTC says so.
    past("2026-11-01", shipped=("2026-11-10", 23), promised_date=promised, status="shipped")
    past("2026-11-01", shipped=("2026-11-11", 0), promised_date=promised, status="shipped")
    past("2026-11-01", shipped="2026-11-17", promised_date=promised, status="shipped")
    report = punctuality(wanted())
    assert [list(row.cells) for row in report.rows] == [
        [dt.date(2026, 11, 9), 2, 1, 1, Decimal("0.5000")],
        [dt.date(2026, 11, 16), 1, 0, 1, Decimal("0.0000")],
    ]
    assert "shipped_since=2026-11-09" in report.rows[0].href
    assert report.totals[1:] == [3, 1, 2, Decimal("0.3333")]


def test_sales_leave_out_what_was_not_sold(past: Any, wanted: Any) -> None:
    past("2026-11-05", "100.00")
    past("2026-11-05", "70.00", status="cancelled")
    past("2026-11-05", "60.00", status="rejected")
    past("2026-11-05", "10.00", currency="USD", rate=Decimal("7.1"))
    report = sales(wanted())
    assert report.totals[1:3] == [2, Decimal("171.00")]


@pytest.mark.parametrize("by", ["day", "customer", "product", "salesperson", "channel", "nonsense"])
def test_every_grouping_adds_up_to_the_same(past: Any, wanted: Any, cast: SimpleNamespace, by: str) -> None:
    product = make_product("ABC")
    past("2026-11-05", "100.00", product=product, quantity=3)
    past("2026-11-06", "40.00", product=product, quantity=2, customer=cast.beta, salesperson=None)
    past("2026-11-06", "5.00", channel="web")
    report = sales(wanted(f"by={by}"))
    place = [column.kind for column in report.columns].index("money")
    assert sum(row.cells[place] for row in report.rows) == Decimal("145.00")
    if by == "product":
        [row] = [row for row in report.rows if row.cells[0].startswith("ABC")]
        assert row.cells[1:4] == [2, Decimal("5.0000"), Decimal("140.00")]
        assert "q=ABC" in row.href


@pytest.mark.parametrize(
    ("query", "slots"), [("period=7", 7), ("period=90", 14), ("since=2024-11-21&until=2026-11-20", 25)]
)
def test_days_have_no_gaps(past: Any, wanted: Any, query: str, slots: int) -> None:
    past("2026-11-18", "100.00")
    rows = sales(wanted(query)).rows
    assert len(rows) == slots
    assert sum(row.cells[2] for row in rows) == Decimal("100.00")


def test_the_tail_of_a_long_list_stands_together(past: Any, wanted: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(sys.modules["reports.selectors.sales"], "TOP", 2)
    for number in range(4):
        past("2026-11-05", f"{10 + number}.00")
    rows = sales(wanted("by=product")).rows
    assert len(rows) == 3
    assert sum(row.cells[3] for row in rows) == Decimal("46.00")


def test_reports_show_what_the_person_may_see(past: Any, wanted: Any, cast: SimpleNamespace) -> None:
    past("2026-11-05", "100.00")
    past("2026-11-05", "900.00", salesperson=None, customer=cast.beta)
    assert sales(wanted(user=cast.sales)).totals[2] == Decimal("100.00")


@pytest.mark.parametrize(
    ("query", "first", "last", "problems"),
    [
        ("", "2026-10-22", "2026-11-20", 0),
        ("period=7", "2026-11-14", "2026-11-20", 0),
        ("period=month", "2026-11-01", "2026-11-20", 0),
        ("period=last_month", "2026-10-01", "2026-10-31", 0),
        ("period=nonsense", "2026-10-22", "2026-11-20", 0),
        ("since=2026-11-01", "2026-11-01", "2026-11-20", 0),
        ("until=2026-11-05", "2026-10-07", "2026-11-05", 0),
        ("since=2026-11-10&until=2026-11-01", "2026-11-01", "2026-11-10", 1),
        ("since=yesterday", "2026-10-22", "2026-11-20", 1),
        ("since=2026-02-30", "2026-10-22", "2026-11-20", 1),
        ("since=1980-01-01&until=2026-11-20", "2021-11-21", "2026-11-20", 1),
    ],
)
def test_periods(wanted: Any, query: str, first: str, last: str, problems: int) -> None:
    found = wanted(query)
    assert (str(found.period.first), str(found.period.last)) == (first, last)
    assert len(found.problems) == problems


def test_the_period_before_is_as_long_and_touches() -> None:
    period = Period(dt.date(2026, 11, 1), dt.date(2026, 11, 20))
    assert period.before.days == period.days == 20
    assert period.before.last == dt.date(2026, 10, 31)


def test_small_sums() -> None:
    assert change(3, 2) == Decimal("0.5000")
    assert change(3, 0) is None
    assert share(1, 0) == 0
    assert hours(5400) == Decimal("1.5")
    assert hours(None) is None
    with translation.override("en"):
        assert duration(3 * 86_400 + 4 * 3600) == "3 days 4 hours"
        assert duration(59) == "less than a minute"
        assert duration(60) == "1 minute"
        assert duration(None) == "—"
