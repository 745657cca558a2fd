"""Working days against plain definitions: each day by itself, Easter by its own reckoning, both clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.temporal import WorkingCalendar, at_time, end_of_day, in_rome

FIXED = {(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)}
DAYS = st.dates(date(2002, 1, 1), date(2080, 12, 31))
PATRONS = st.none() | st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda day: (day.month, day.day))
ONE_DAY = timedelta(days=1)


def easter(year: int) -> date:
    """Easter Sunday as Gauss and Butcher reckon it."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * week) // 451
    month, day = divmod(h + week - 7 * m + 114, 31)
    return date(year, month, day + 1)


def worked(day: date, calendar: WorkingCalendar) -> bool:
    """The plain definition of a working day."""
    off = day.weekday() == 6 or (calendar.saturday_is_holiday and day.weekday() == 5)
    off = off or (day.month, day.day) in FIXED or day == easter(day.year) + ONE_DAY
    off = off or (day.year >= 2026 and (day.month, day.day) == (10, 4))
    return not (off or (day.month, day.day) == calendar.patron or day in calendar.closings)


@st.composite
def calendars(draw: st.DrawFn, around: date) -> WorkingCalendar:
    near = st.integers(-40, 40).map(lambda n: around + timedelta(days=n))
    return WorkingCalendar(draw(PATRONS), draw(st.booleans()), frozenset(draw(st.sets(near, max_size=8))))


@settings(deadline=None)
@given(st.data(), DAYS)
def test_a_day_is_worked_as_the_plain_definition_says(data: st.DataObject, day: date) -> None:
    calendar = data.draw(calendars(day))
    assert calendar.is_working_day(day) == worked(day, calendar)


@settings(deadline=None)
@given(st.data(), DAYS, st.integers(-30, 30).filter(bool))
def test_adding_days_counts_the_worked_ones_one_by_one(data: st.DataObject, day: date, n: int) -> None:
    calendar = data.draw(calendars(day))
    expected, left, step = day, abs(n), ONE_DAY if n > 0 else -ONE_DAY
    while left:
        expected += step
        left -= worked(expected, calendar)
    assert calendar.add_working_days(day, n) == expected


@given(DAYS, st.integers(1, 30))
def test_a_deadline_keeps_its_hour_over_a_clock_change_and_days_have_their_true_length(
    day: date, n: int
) -> None:
    calendar = WorkingCalendar()
    moved = calendar.add_working_days(day, n)
    nine = in_rome(at_time(moved, time(9)))
    assert (nine.date(), nine.hour, nine.minute) == (moved, 9, 0)
    begins = at_time(moved, time(0)).astimezone(UTC)
    length = end_of_day(moved).astimezone(UTC) + timedelta(seconds=1) - begins
    changes = [_last_sunday(moved.year, month) for month in (3, 10)]
    hours = {changes[0]: 23, changes[1]: 25}.get(moved, 24)
    assert length == timedelta(hours=hours)


@given(st.integers(1996, 2080))
def test_the_two_days_of_the_clock_change_have_23_and_25_hours(year: int) -> None:
    for month, hours in ((3, 23), (10, 25)):
        day = _last_sunday(year, month)
        begins = at_time(day, time(0)).astimezone(UTC)
        assert end_of_day(day).astimezone(UTC) + timedelta(seconds=1) - begins == timedelta(hours=hours)


def _last_sunday(year: int, month: int) -> date:
    last = datetime(year, month, 31, tzinfo=UTC).date()
    return last - timedelta(days=(last.weekday() + 1) % 7)
