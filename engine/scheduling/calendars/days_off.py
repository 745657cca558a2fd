"""The days off of a year with their reasons, as the page of a calendar shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from engine.scheduling.calendars.models import ScopeCalendar
from engine.temporal import holiday_names


@dataclass(frozen=True)
class DayOffReason:
    """Why a day is off. `kind`: holiday (`name` is its name), patron (the saint), closing (its reason).

    A patron and a closing have the `scope` that sets them.
    """

    kind: str
    name: str = ""
    scope: str = ""
    closing_id: str = ""


@dataclass(frozen=True)
class DayOff:
    """A day off with all its reasons."""

    day: date
    reasons: tuple[DayOffReason, ...]


def days_off(calendar: ScopeCalendar, year: int, language: str = "it") -> tuple[DayOff, ...]:
    """The days off of a year in order, without plain Sundays and Saturdays. Raises InvalidInput outside 1900–2199."""
    found: dict[date, list[DayOffReason]] = {
        day: [DayOffReason("holiday", name)] for day, name in holiday_names(year, language).items()
    }
    patron = calendar.patron
    if patron.patron_day:
        month, _, number = patron.patron_day.partition("-")
        day = date(year, int(month), 1) + timedelta(days=int(number) - 1)
        if day.month == int(month):  # 29 February exists in leap years only
            found.setdefault(day, []).append(DayOffReason("patron", patron.patron_name, patron.scope))
    for closing in calendar.closings:
        for day in closing.days:
            if day.year == year:
                reason = DayOffReason("closing", closing.reason, closing.scope, closing.id)
                found.setdefault(day, []).append(reason)
    return tuple(DayOff(day, tuple(reasons)) for day, reasons in sorted(found.items()))
