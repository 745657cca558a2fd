"""From a term and the moment it counts from to the moment it means, on the working days of an ambito."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from engine.errors import InvalidInput
from engine.scheduling.overrides.model import After, At, Every, Term
from engine.temporal import WorkingCalendar, add_months, at_time, day_in_rome, end_of_day

Calendar = Callable[[], WorkingCalendar]
_DAYS = {"giorni": 1, "settimane": 7}


def needs_calendar(term: Term) -> bool:
    """Whether the dates of a term depend on which days are working days."""
    if isinstance(term, At):
        return False
    return term.unit == "lavorativi" or term.roll != "nessuno"


def due_of(term: At | After, anchor: datetime, calendar: Calendar) -> datetime:
    """When something counted from `anchor` (aware) is due, UTC. Unless hours are counted only its day in Rome matters.

    InvalidInput when the result leaves the calendar.
    """
    if isinstance(term, At):
        return term.at.astimezone(UTC)
    try:
        if term.unit == "ore":
            return anchor.astimezone(UTC) + timedelta(hours=term.count)
        day = _shifted(day_in_rome(anchor), term.count, term.unit, calendar)
        return _ended(day, term.roll, term.clock, calendar)
    except OverflowError:
        raise _outside(term.count) from None


def occurrence(term: Every, begun: datetime, n: int, calendar: Calendar) -> datetime | None:
    """The `n`-th (from 1) moment of a repetition begun nominally at `begun`, UTC; None after its end.

    Each is counted from the nominal beginning, so no date inherits another's clamping or shifting.
    """
    try:
        day = nominal_day(term, day_in_rome(begun), n)
        if term.until is not None and day > term.until:
            return None
        return _ended(day, term.roll, term.clock, calendar)
    except OverflowError:
        raise _outside(term.count * n) from None


def nominal_day(term: Every, begun: date, n: int) -> date:
    """The nominal day of the `n`-th occurrence, before working days have their say."""
    if term.day_of_month is None:
        if term.unit == "mesi":
            return add_months(begun, term.count * n)
        return begun + timedelta(days=term.count * n * _DAYS[term.unit])
    this_month = _on(begun, 0, term.day_of_month)
    first = 0 if this_month > begun else 1
    return _on(begun, first + (n - 1) * term.count, term.day_of_month)


def _on(day: date, months: int, number: int) -> date:
    first = add_months(day.replace(day=1), months)
    return min(first + timedelta(days=number - 1), add_months(first, 1) - timedelta(days=1))


def _shifted(day: date, count: int, unit: str, calendar: Calendar) -> date:
    if unit == "lavorativi":
        return calendar().add_working_days(day, count)
    if unit == "mesi":
        return add_months(day, count)
    return day + timedelta(days=count * _DAYS[unit])


def _ended(day: date, roll: str, clock: time | None, calendar: Calendar) -> datetime:
    if roll == "successivo":
        day = calendar().that_or_next(day)
    elif roll == "precedente":
        day = calendar().that_or_previous(day)
    return (end_of_day(day) if clock is None else at_time(day, clock)).astimezone(UTC)


def _outside(count: int) -> InvalidInput:
    return InvalidInput(f"{count} portano fuori dal calendario (anni 1–9999): scrivi un numero più piccolo")
