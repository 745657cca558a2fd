"""Ages, birthdays and recurring dates, all counted from the original date."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from typing import overload

from engine.errors import InvalidInput
from engine.temporal.iso8601 import Duration, add_duration


def birthday(birth: date, years: int) -> date:
    """The day on which a person becomes `years` old; for those born on 29 February 1 March in common years."""
    year = birth.year + years
    if not date.min.year <= year <= date.max.year:
        raise InvalidInput("BIRTHDAY_OUT_OF_CALENDAR", years=years, year=year)
    if (birth.month, birth.day) == (2, 29) and not calendar.isleap(year):
        return date(year, 3, 1)
    return date(year, birth.month, birth.day)


def age(birth: date, on: date) -> int:
    """The age in completed years on a day. Raises InvalidInput when the day is before the birth."""
    birth, on = _plain(birth), _plain(on)
    if on < birth:
        raise InvalidInput("BIRTH_DATE_AFTER_DAY", birth=birth, day=on)
    years = on.year - birth.year
    return years if on >= birthday(birth, years) else years - 1


@overload
def repeat_from_anchor(anchor: datetime, period: Duration, n: int) -> datetime: ...
@overload
def repeat_from_anchor(anchor: date, period: Duration, n: int) -> date: ...
def repeat_from_anchor(anchor: date, period: Duration, n: int) -> date:
    """The anchor plus `n` periods, counted from the anchor itself: 31/8 + 1 month·n → 30/9, 31/10, 30/11.

    A moment gives a moment in UTC at the anchor's time of day in Europe/Rome. A day gives a day; raises InvalidInput
    when the period has hours.
    """
    span = period.times(n)
    if isinstance(anchor, datetime):
        return add_duration(anchor, span)
    return span.added_to_day(anchor)


def _plain(day: date) -> date:
    return day.date() if isinstance(day, datetime) else day
