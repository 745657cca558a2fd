"""When an override is due: computed from its anchor on the working days of a scope."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from engine.errors import InvalidInput
from engine.scheduling.overrides.model import After, At, Every
from engine.temporal import WorkingCalendar, add_months, at_time, day_in_rome, end_of_day

Calendar = Callable[[], WorkingCalendar]
_DAYS = {"giorni": 1, "settimane": 7}


def due_moment(override: At | After, anchor: datetime, calendar: Calendar) -> datetime:
    """When an override counted from `anchor` (aware) is due, in UTC.

    Hours count from the moment itself, all other units from its day in Europe/Rome. Raises InvalidInput when the result
    is outside the years 1–9999.
    """
    if isinstance(override, At):
        return override.at.astimezone(UTC)
    try:
        if override.unit == "ore":
            return anchor.astimezone(UTC) + timedelta(hours=override.count)
        day = _add(day_in_rome(anchor), override.count, override.unit, calendar)
        return _due_on(day, override.roll, override.time_of_day, calendar)
    except OverflowError:
        raise InvalidInput("OVERRIDE_OUT_OF_CALENDAR", number=override.count) from None


def occurrence(override: Every, begun: datetime, n: int, calendar: Calendar) -> datetime | None:
    """The `n`-th occurrence (from 1) of a repetition that began at `begun` (aware), in UTC; None after its end.

    Each is counted from the beginning, not from the one before: the end of a month or a holiday shifts that one only.
    """
    try:
        day = nominal_day(override, day_in_rome(begun), n)
        if override.until is not None and day > override.until:
            return None
        return _due_on(day, override.roll, override.time_of_day, calendar)
    except OverflowError:
        raise InvalidInput("OVERRIDE_OUT_OF_CALENDAR", number=override.count * n) from None


def nominal_day(override: Every, begun: date, n: int) -> date:
    """The day of the `n`-th occurrence before it is moved to a working day."""
    if override.day_of_month is None:
        if override.unit == "mesi":
            return add_months(begun, override.count * n)
        return begun + timedelta(days=override.count * n * _DAYS[override.unit])
    this_month = _day_of_month(begun, 0, override.day_of_month)
    first = 0 if this_month > begun else 1
    return _day_of_month(begun, first + (n - 1) * override.count, override.day_of_month)


def _day_of_month(day: date, months: int, number: int) -> date:
    first = add_months(day.replace(day=1), months)
    return min(first + timedelta(days=number - 1), add_months(first, 1) - timedelta(days=1))


def _add(day: date, count: int, unit: str, calendar: Calendar) -> date:
    if unit == "lavorativi":
        return calendar().add_working_days(day, count)
    if unit == "mesi":
        return add_months(day, count)
    return day + timedelta(days=count * _DAYS[unit])


def _due_on(day: date, roll: str, time_of_day: time | None, calendar: Calendar) -> datetime:
    if roll == "successivo":
        day = calendar().next_or_same(day)
    elif roll == "precedente":
        day = calendar().previous_or_same(day)
    return (end_of_day(day) if time_of_day is None else at_time(day, time_of_day)).astimezone(UTC)
