import datetime as dt
from decimal import Decimal

import pytest

from erp.web import formats


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        (Decimal("1234.5"), "", "1,234.50"),
        (Decimal("-0.01"), "CNY", "-¥0.01"),
        (Decimal("10"), "AUD", "AUD 10.00"),
        (None, "CNY", "—"),
        ("", "", "—"),
        (0, "", "0.00"),
    ],
)
def test_money(value, currency, shown):
    assert formats.money(value, currency) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (Decimal("3.5000"), "kg", "3.5 kg"),
        (Decimal("1200.0000"), "", "1,200"),
        (Decimal("0.0000"), "", "0"),
        (None, "件", "—"),
    ],
)
def test_quantity_drops_trailing_zeros(value, unit, shown):
    assert formats.qty(value, unit) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [("0.85", "0.85"), ("12", "12.00"), ("0.123400", "0.1234"), ("-1.5", "-1.50")]
)
def test_price_keeps_two_to_six_decimals(value, shown):
    assert formats.price(Decimal(value)) == shown


def test_moments_are_shown_in_shanghai_time():
    moment = dt.datetime(2026, 11, 21, 16, 5, tzinfo=dt.UTC)
    assert formats.dt(moment) == "2026-11-22 00:05"
    assert formats.date(moment) == "2026-11-22"
    assert formats.time_of_day(moment) == "00:05"
    assert formats.dt(dt.date(2026, 1, 2)) == "2026-01-02"
    assert formats.dt(None) == formats.date(None) == formats.time_of_day(None) == "—"


def test_percent_number_and_file_size():
    assert formats.percent(Decimal("0.153")) == "15.3%"
    assert formats.number("999+") == "999+"
    assert formats.number(12345) == "12,345"
    assert [formats.filesize(n) for n in (12, 2048, 3 * 1024 * 1024, None)] == ["12 B", "2 KB", "3.0 MB", "—"]
