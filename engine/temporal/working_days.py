"""Working days: all but Sundays, Italian holidays, the patron saint's day, closings and, where so set, Saturdays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from holidays import country_holidays

from engine.errors import InvalidInput
from engine.temporal.timezone import day_in_rome

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""The years with known working days; a date beyond them is most likely mistyped."""

_SATURDAY, _SUNDAY = 5, 6
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingCalendar:
    """The working days of one scope.

    `patron` is (month, day) of the patron saint; `closings` are further days on which the offices are closed. Where a
    day is expected a `datetime` means its day in Europe/Rome.
    """

    patron: tuple[int, int] | None = None
    saturday_is_holiday: bool = False
    closings: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if self.patron is not None:
            try:
                date(2000, *self.patron)  # a leap year: a patron on 29 February is allowed
            except ValueError:
                raise InvalidInput("PATRON_DAY_DOES_NOT_EXIST", day=str(self.patron)) from None

    def is_working_day(self, day: date) -> bool:
        """Whether a day is a working day. Raises InvalidInput outside 1900–2199."""
        day = _day(day)
        if day.weekday() == _SUNDAY or (self.saturday_is_holiday and day.weekday() == _SATURDAY):
            return False
        return (
            (day.month, day.day) != self.patron
            and day not in self.closings
            and day not in _national_holidays(day.year)
        )

    def next_or_same(self, day: date) -> date:
        """The day itself when it is a working day, otherwise the next one."""
        return self._walk(_day(day), _DAY)

    def previous_or_same(self, day: date) -> date:
        """The day itself when it is a working day, otherwise the last one before it."""
        return self._walk(_day(day), -_DAY)

    def next(self, day: date) -> date:
        """The first working day after a day."""
        return self._walk(_day(day) + _DAY, _DAY)

    def previous(self, day: date) -> date:
        """The last working day before a day."""
        return self._walk(_day(day) - _DAY, -_DAY)

    def add_working_days(self, day: date, n: int) -> date:
        """The `n`-th working day after a day, before it when `n` is negative; the day itself is not counted.

        Zero gives the day itself or, when it is not a working day, the next one.
        """
        if n == 0:
            return self.next_or_same(day)
        if abs(n) > 366 * (LAST_YEAR - FIRST_YEAR):
            raise InvalidInput("WORKING_DAYS_OUT_OF_CALENDAR", number=n, first=FIRST_YEAR, last=LAST_YEAR)
        moved = _day(day)
        for _ in range(abs(n)):
            moved = self.next(moved) if n > 0 else self.previous(moved)
        return moved

    def working_days_between(self, first: date, last: date) -> int:
        """The number of working days after `first` up to and including `last`; negative when `last` is earlier.

        `add_working_days(first, n) == last` for every working day `last`.
        """
        first, last = _day(first), _day(last)
        for day in (first, last):
            _national_holidays(day.year)
        if last < first:
            return -sum(self.is_working_day(last + k * _DAY) for k in range((first - last).days))
        return sum(self.is_working_day(first + k * _DAY) for k in range(1, (last - first).days + 1))

    def _walk(self, day: date, step: timedelta) -> date:
        for _ in range(3660):
            if self.is_working_day(day):
                return day
            day += step
        raise InvalidInput("NO_WORKING_DAY_NEAR", day=day)


def holiday_names(year: int, language: str = "it") -> dict[date, str]:
    """The national holidays of a year with their names (`it` or `en`). Raises InvalidInput outside 1900–2199."""
    _national_holidays(year)
    found = country_holidays("IT", years=year, language="en_US" if language == "en" else "it_IT")
    return dict(sorted(found.items()))


@lru_cache(maxsize=LAST_YEAR - FIRST_YEAR + 1)
def _national_holidays(year: int) -> frozenset[date]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidInput("HOLIDAYS_UNKNOWN_FOR_YEAR", first=FIRST_YEAR, last=LAST_YEAR, year=year)
    return frozenset(country_holidays("IT", years=year))


def _day(day: date) -> date:
    return day_in_rome(day) if isinstance(day, datetime) else day
