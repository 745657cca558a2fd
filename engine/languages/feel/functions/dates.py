"""Built-ins on dates, times and durations."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from engine.languages.feel.function_registry import Function
from engine.languages.feel.functions.declaration import MISSING, FunctionGroup, number, text, whole_number
from engine.languages.feel.temporal import (
    UTC,
    at_midnight,
    months_between,
    parse_date,
    parse_date_and_time,
    parse_duration,
    parse_time,
)
from engine.languages.feel.values import DECIMAL128, YearsMonths, is_duration

FUNCTIONS = FunctionGroup()
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

FUNCTIONS.add_function(
    Function("now", (), None, "La data e l'ora di adesso, secondo l'orologio di chi valuta")
)
FUNCTIONS.add_function(Function("today", (), None, "La data di oggi, secondo l'orologio di chi valuta"))


def _day(value: Any) -> Any:
    if type(value) not in (dt.date, dt.datetime):
        raise TypeError("not a date")
    return value


@FUNCTIONS.add(
    "date", ("from",), ("year", "month", "day"), description="Una data, da un testo o da anno, mese, giorno"
)
def date(value: Any, month: Any = MISSING, day: Any = MISSING) -> dt.date | None:
    """A date from text, from a date and time, or from its parts."""
    if month is not MISSING:
        return dt.date(whole_number(value), whole_number(month), whole_number(day))
    if type(value) is dt.datetime:
        return value.date()
    return value if type(value) is dt.date else parse_date(text(value))


@FUNCTIONS.add(
    "time",
    ("from",),
    ("hour", "minute", "second"),
    ("hour", "minute", "second", "offset"),
    description="Un'ora, da un testo o da ore, minuti, secondi",
)
def time(value: Any, minute: Any = MISSING, second: Any = MISSING, offset: Any = None) -> dt.time | None:
    """A time from text, from a date and time, or from its parts."""
    if minute is not MISSING:
        exact = number(second)
        return dt.time(
            whole_number(value),
            whole_number(minute),
            int(exact),
            int(DECIMAL128.multiply(DECIMAL128.remainder(exact, Decimal(1)), Decimal(1_000_000))),
            None if offset is None else dt.timezone(offset),
        )
    if type(value) is dt.datetime:
        return value.timetz()
    if type(value) is dt.date:
        return dt.time(tzinfo=UTC)
    return value if type(value) is dt.time else parse_time(text(value))


@FUNCTIONS.add(
    "date and time",
    ("from",),
    ("date", "time"),
    description="Una data con l'ora, da un testo o da una data e un'ora",
)
def date_and_time(value: Any, time_: Any = MISSING) -> dt.datetime | None:
    """A date and time from text, from a date, or from a date and a time."""
    if time_ is not MISSING:
        if type(time_) is not dt.time:
            return None
        day = value.date() if type(value) is dt.datetime else _day(value)
        return dt.datetime.combine(day, time_)
    if type(value) in (dt.date, dt.datetime):
        return at_midnight(value)
    day = parse_date(text(value))
    return parse_date_and_time(value) if day is None else dt.datetime.combine(day, dt.time())


@FUNCTIONS.add("duration", ("from",), description="Una durata, da un testo come P15D, P1M, PT2H")
def duration(value: Any) -> YearsMonths | dt.timedelta | None:
    """A duration from ISO text."""
    return value if is_duration(value) else parse_duration(text(value))


@FUNCTIONS.add(
    "years and months duration", ("from", "to"), description="Gli anni e i mesi interi fra due date"
)
def years_and_months_duration(start: Any, end: Any) -> YearsMonths:
    """Whole years and months between two dates."""
    return months_between(_day(start), _day(end))


@FUNCTIONS.add("day of year", ("date",), description="Il numero del giorno nell'anno")
def day_of_year(day: Any) -> Decimal:
    """1 to 366."""
    return Decimal(_day(day).timetuple().tm_yday)


@FUNCTIONS.add("day of week", ("date",), description="Il nome inglese del giorno della settimana")
def day_of_week(day: Any) -> str:
    """Monday to Sunday; the standard requires English names."""
    return WEEKDAYS[_day(day).weekday()]


@FUNCTIONS.add("month of year", ("date",), description="Il nome inglese del mese")
def month_of_year(day: Any) -> str:
    """January to December; the standard requires English names."""
    return MONTHS[_day(day).month - 1]


@FUNCTIONS.add("week of year", ("date",), description="Il numero della settimana nell'anno (ISO 8601)")
def week_of_year(day: Any) -> Decimal:
    """ISO week, 1 to 53."""
    return Decimal(_day(day).isocalendar()[1])


@FUNCTIONS.add("last day of month", ("date",), description="L'ultimo giorno del mese di una data")
def last_day_of_month(day: Any) -> dt.date:
    """The date of the last day of the month."""
    first = dt.date(_day(day).year, day.month, 1)
    following = first.replace(day=28) + dt.timedelta(days=4)
    return following - dt.timedelta(days=following.day)
