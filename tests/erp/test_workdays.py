"""Working days and hours: nights, weekends, public holidays, make-up workdays, and years nobody knows yet."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from erp.workdays import add_working_hours, is_workday

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-10-01", False),  # National Day
        ("2026-10-10", True),  # a Saturday that makes up for it
        ("2026-11-21", False),  # a plain Saturday
        ("2026-11-20", True),
        ("2099-01-05", True),  # a Monday of a year whose holidays are not published
        ("2099-01-04", False),
    ],
)
def test_days(day: str, works: bool) -> None:
    assert is_workday(dt.date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-20 09:00", 2, "2026-11-20 11:00"),
        ("2026-11-20 11:00", 2, "2026-11-20 14:00"),  # over noon
        ("2026-11-20 17:00", 2, "2026-11-23 10:00"),  # Friday evening to Monday
        ("2026-11-21 12:00", 8, "2026-11-23 18:00"),
        ("2026-09-30 17:00", 2, "2026-10-08 10:00"),  # over the long holiday
        ("2026-11-20 22:00", 0, "2026-11-23 09:00"),
    ],
)
def test_hours(start: str, hours: int, end: str) -> None:
    moment = dt.datetime.fromisoformat(start).replace(tzinfo=CHINA)
    assert add_working_hours(moment, hours) == dt.datetime.fromisoformat(end).replace(tzinfo=CHINA)
