"""Working days and hours of mainland China, for due times that must not run at night or over a holiday.

Public holidays and make-up workdays (调休) come from the library `chinesecalendar`. It knows a year once the State
Council has published it; for years that it does not know, Monday to Friday are working days.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import chinese_calendar
from django.utils import timezone

# A working day of eight hours with its break at noon, in the company's time zone.
SPANS = ((dt.time(9), dt.time(12)), (dt.time(13), dt.time(18)))
HOUR = 3600


def is_workday(day: dt.date) -> bool:
    """Whether people work on this day; Monday to Friday for years whose holidays are not published."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def _spans_from(start: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The working spans that end after a moment, each from that moment at the earliest."""
    zone = timezone.get_default_timezone()
    day = timezone.localdate(start, zone)
    while True:
        if is_workday(day):
            for begins, ends in SPANS:
                begin, end = (dt.datetime.combine(day, at, tzinfo=zone) for at in (begins, ends))
                if end > start:
                    yield max(begin, start), end
        day += dt.timedelta(days=1)


def add_working_hours(start: dt.datetime, hours: Decimal | int) -> dt.datetime:
    """The moment at which so many working hours have passed since `start`, in UTC."""
    left = dt.timedelta(seconds=float(hours) * HOUR)
    for begin, end in _spans_from(start):
        if end - begin >= left:
            return (begin + left).astimezone(dt.UTC)
        left -= end - begin
    raise AssertionError("unreachable: the days do not end")


def add_workdays(day: dt.date, count: int) -> dt.date:
    """The day after `count` working days have passed; 0 is the day itself, working or not."""
    while count > 0:
        day += dt.timedelta(days=1)
        count -= is_workday(day)
    return day
