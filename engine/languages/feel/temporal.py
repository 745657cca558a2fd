"""Dates, times and durations: parsing ISO 8601 text, and arithmetic."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.languages.feel.values import DECIMAL128, YearsMonths

UTC = dt.UTC
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)\Z")
_TIME = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,30}))?"
    r"(?:([Zz])|([+-])(\d\d):(\d\d)(?::(\d\d))?|@([A-Za-z_]+(?:/[A-Za-z_+\-0-9]+){0,2}))?\Z"
)
_DURATION = re.compile(
    r"(-?)P(?:(\d{1,12})Y)?(?:(\d{1,12})M)?(?:(\d{1,12})D)?"
    r"(T(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,15})(?:\.(\d{0,30}))?S)?)?\Z"
)


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo | None:
    """The time zone of that IANA name, or None when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def parse_date(text: str) -> dt.date | None:
    """A date such as 2016-01-28 (years 0001 to 9999)."""
    found = _DATE.match(text)
    if not found:
        return None
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def parse_time(text: str) -> dt.time | None:
    """A time such as 09:00:00, 09:00:00.5Z, 09:00:00+01:00 or 09:00:00@Europe/Rome."""
    found = _TIME.match(text)
    if not found:
        return None
    try:
        return dt.time(int(found[1]), int(found[2]), int(found[3]), _microseconds(found[4]), _offset(found))
    except ValueError:
        return None


def _offset(found: re.Match[str]) -> dt.tzinfo | None:
    if found[5]:
        return UTC
    if found[6]:
        if int(found[7]) > 18 or int(found[8]) > 59:
            raise ValueError("offset")
        size = dt.timedelta(hours=int(found[7]), minutes=int(found[8]), seconds=int(found[9] or 0))
        return dt.timezone(-size if found[6] == "-" else size)
    if found[10]:
        known = zone(found[10])
        if known is None:
            raise ValueError("zone")
        return known
    return None


def parse_date_and_time(text: str) -> dt.datetime | None:
    """A date and time such as 2016-03-14T09:00:00@Europe/Rome."""
    day, mark, hour = text.partition("T")
    if not mark:
        return None
    date, time = parse_date(day), parse_time(hour)
    return None if date is None or time is None else dt.datetime.combine(date, time)


def parse_duration(text: str) -> YearsMonths | dt.timedelta | None:
    """A duration of years and months (P1Y2M) or of days and time (P2DT3H), never of both."""
    found = _DURATION.match(text)
    if not found or text[-1] in "PT":
        return None
    sign, years, months, days, clock, hours, minutes, seconds, fraction = found.groups()
    of_months, of_days = years is not None or months is not None, days is not None or clock is not None
    if of_months and of_days:
        return None
    try:
        if of_months:
            total = int(years or 0) * 12 + int(months or 0)
            return YearsMonths(-total if sign else total)
        size = dt.timedelta(
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=_microseconds(fraction),
        )
        return -size if sign else size
    except OverflowError:
        return None


def _microseconds(fraction: str | None) -> int:
    return int((fraction + "000000")[:6]) if fraction else 0


def parse_temporal(text: str) -> Any:
    """The value of `@"text"`: a date and time, date, time or duration; None for any other text."""
    for parse in (parse_date_and_time, parse_date, parse_time, parse_duration):
        value = parse(text)
        if value is not None:
            return value
    return None


def add_months(day: Any, months: int) -> Any:
    """`day` (date or date and time) plus whole months; the 31st becomes the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))


def add_time(start: Any, size: dt.timedelta) -> Any:
    """`start` (date, time or date and time) plus a days and time duration.

    A date and time in a named zone moves by elapsed time, as DMN says: across a change to summer time P1D is 24
    hours. A time wraps around midnight; for a date, the part of the duration below a day is dropped.
    """
    kind = type(start)
    if kind is dt.datetime:
        if isinstance(start.tzinfo, ZoneInfo):
            return (start.astimezone(UTC) + size).astimezone(start.tzinfo)
        return start + size
    if kind is dt.date:
        return (dt.datetime.combine(start, dt.time()) + size).date()
    if kind is dt.time:
        return (
            dt.datetime.combine(dt.date(2000, 1, 2), start)
            + dt.timedelta(seconds=size.seconds, microseconds=size.microseconds)
        ).timetz()
    return None


def difference(later: Any, earlier: Any) -> dt.timedelta | None:
    """Time between two dates, times or dates and times; a date counts as its midnight in UTC."""
    if type(later) is dt.time and type(earlier) is dt.time:
        if (later.tzinfo is None) != (earlier.tzinfo is None):
            return None
        day = dt.date(2000, 1, 1)
        return _elapsed(dt.datetime.combine(day, later), dt.datetime.combine(day, earlier))
    if type(later) is dt.date and type(earlier) is dt.date:
        return later - earlier
    if type(later) not in (dt.date, dt.datetime) or type(earlier) not in (dt.date, dt.datetime):
        return None
    later, earlier = at_midnight(later), at_midnight(earlier)
    if (later.tzinfo is None) != (earlier.tzinfo is None):
        return None
    return _elapsed(later, earlier)


def _elapsed(later: dt.datetime, earlier: dt.datetime) -> dt.timedelta:
    if later.tzinfo is None:
        return later - earlier
    return later.astimezone(UTC) - earlier.astimezone(UTC)


def at_midnight(day: Any) -> dt.datetime:
    """A date as date and time at midnight UTC; a date and time as it is."""
    if type(day) is dt.date:
        return dt.datetime.combine(day, dt.time(tzinfo=UTC))
    return day  # type: ignore[no-any-return]


def months_between(start: Any, end: Any) -> YearsMonths:
    """Whole months from `start` to `end`."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return YearsMonths(months)


def seconds_of(size: dt.timedelta) -> Decimal:
    """A days and time duration in seconds, exactly."""
    microseconds = (size.days * 86_400 + size.seconds) * 1_000_000 + size.microseconds
    return DECIMAL128.scaleb(Decimal(microseconds), Decimal(-6))


def from_seconds(seconds: Decimal) -> dt.timedelta:
    """The days and time duration of that many seconds, to the microsecond; OverflowError when out of range."""
    if not -(10**14) < seconds < 10**14:
        raise OverflowError
    return dt.timedelta(microseconds=int(DECIMAL128.multiply(seconds, Decimal(1_000_000))))
