"""Working days: Italian holidays, the comune's patron saint, Sundays, Saturdays where it is one, closings.

Rules: `domain.md` §2.5. A deadline on a non-working day moves to the next working day; the first day is not
counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from holidays import country_holidays

from engine.errors import InvalidInput
from engine.temporal.timezone import day_in_rome

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""The years for which working days are known; beyond them a date is almost surely a slip of the keyboard."""

_SATURDAY, _SUNDAY = 5, 6
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingCalendar:
    """The working days of one ambito.

    `patron` is (month, day) of the patron saint, `closings` are days on which the office is shut besides
    the holidays. A `datetime` given where a day is expected means its day in Europe/Rome.
    """

    patron: tuple[int, int] | None = None
    saturday_is_holiday: bool = False
    closings: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if self.patron is not None:
            try:
                date(2000, *self.patron)  # a leap year: a patron on 29 February is allowed
            except ValueError:
                raise InvalidInput(
                    f"Il giorno del santo patrono {self.patron} non esiste: "
                    "indicare mese e giorno, per esempio (6, 10)"
                ) from None

    def is_working(self, day: date) -> bool:
        """Whether offices work on a day. InvalidInput outside 1900–2199."""
        day = _day(day)
        if day.weekday() == _SUNDAY or (self.saturday_is_holiday and day.weekday() == _SATURDAY):
            return False
        return (
            (day.month, day.day) != self.patron
            and day not in self.closings
            and day not in _national(day.year)
        )

    def that_or_next(self, day: date) -> date:
        """The day itself when it is a working day, otherwise the next one."""
        return self._walk(_day(day), _DAY)

    def that_or_previous(self, day: date) -> date:
        """The day itself when it is a working day, otherwise the last one before it."""
        return self._walk(_day(day), -_DAY)

    def next(self, day: date) -> date:
        """The first working day after a day."""
        return self._walk(_day(day) + _DAY, _DAY)

    def previous(self, day: date) -> date:
        """The last working day before a day."""
        return self._walk(_day(day) - _DAY, -_DAY)

    def add_working_days(self, day: date, n: int) -> date:
        """The `n`-th working day after a day (before it when `n` is negative); the first day is not counted.

        Zero gives the day itself or, when it is not a working day, the next one.
        """
        if n == 0:
            return self.that_or_next(day)
        if abs(n) > 366 * (LAST_YEAR - FIRST_YEAR):
            raise InvalidInput(
                f"{n} giorni lavorativi escono dal calendario ({FIRST_YEAR}–{LAST_YEAR}): ridurli"
            )
        moved = _day(day)
        for _ in range(abs(n)):
            moved = self.next(moved) if n > 0 else self.previous(moved)
        return moved

    def working_days_between(self, first: date, last: date) -> int:
        """How many working days come after `first` up to and including `last`.

        Negative when `last` comes earlier, so that `add_working_days(first, n) == last` for every working
        day `last`.
        """
        first, last = _day(first), _day(last)
        for day in (first, last):
            _national(day.year)
        if last < first:
            return -sum(self.is_working(last + k * _DAY) for k in range((first - last).days))
        return sum(self.is_working(first + k * _DAY) for k in range(1, (last - first).days + 1))

    def _walk(self, day: date, step: timedelta) -> date:
        for _ in range(3660):
            if self.is_working(day):
                return day
            day += step
        raise InvalidInput(
            f"Nessun giorno lavorativo in dieci anni attorno al {day:%d/%m/%Y}: ridurre le chiusure"
        )


def holiday_names(year: int, language: str = "it") -> dict[date, str]:
    """The national holidays of a year with their names, in Italian or English. InvalidInput outside 1900–2199."""
    _national(year)
    found = country_holidays("IT", years=year, language="en_US" if language == "en" else "it_IT")
    return dict(sorted(found.items()))


@lru_cache(maxsize=LAST_YEAR - FIRST_YEAR + 1)
def _national(year: int) -> frozenset[date]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidInput(
            f"I giorni lavorativi si conoscono dal {FIRST_YEAR} al {LAST_YEAR}, "
            f"non per l'anno {year}: correggere la data"
        )
    return frozenset(country_holidays("IT", years=year))


def _day(day: date) -> date:
    return day_in_rome(day) if isinstance(day, datetime) else day
