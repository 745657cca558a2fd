"""What one event of a calendar file says about whole days in Italy: from when to when, and in which years again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar import vDate, vDatetime, vDuration, vRecur
from icalendar.parser import Contentline
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from engine.temporal.timezone import ROME, in_rome, resolve_wall_time

_DAY = timedelta(days=1)
_LAST_MINUTES = (time(23, 59), time(23, 59, 59))
_EARLIEST = 1900
_RULE = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "WKST"})

Lines = dict[str, list[Contentline]]
"""The lines of one event by name, in their order."""


class Unreadable(Exception):
    """An event that is no closing; the message says why, in Italian."""


@dataclass(frozen=True)
class Occasion:
    """The whole days of an event, both ends included, the first time; and when it comes again."""

    first: date
    last: date
    again: tuple[date, ...] = ()
    """First days of further times, one by one."""
    every: Yearly | None = None
    never: frozenset[date] = frozenset()
    """First days of the times that are left out."""

    def spans(self, first_year: int, last_year: int) -> Iterator[tuple[date, date]]:
        """First and last day of each time; what comes every year only from `first_year` to `last_year`, or the first
        time if that is later."""
        starts = [self.first] if self.every is None else self.every.starts(self.first, first_year, last_year)
        for start in sorted({*starts, *self.again} - self.never):
            if start <= date.max - (self.last - self.first):
                yield start, start + (self.last - self.first)


@dataclass(frozen=True)
class Yearly:
    """Every so many years on the same day, for so many times or until a day; with neither, without end."""

    interval: int = 1
    count: int | None = None
    until: date | None = None

    @property
    def is_endless(self) -> bool:
        """Whether nothing ends it."""
        return self.count is None and self.until is None

    def starts(self, first: date, first_year: int, last_year: int) -> Iterator[date]:
        """The first days from `first_year` to `last_year`; the 29th of February only in leap years."""
        left = self.count
        for year in range(first.year, max(first.year, last_year) + 1, self.interval):
            if left == 0:
                return
            try:
                start = first.replace(year=year)
            except ValueError:
                continue
            if self.until is not None and start > self.until:
                return
            left = None if left is None else left - 1
            if year >= first_year:
                yield start


def occasion(lines: Lines) -> Occasion:
    """The days of an event. Raises Unreadable."""
    if _text(lines, "STATUS").upper() == "CANCELLED":
        raise Unreadable("l'evento è annullato")
    if "DTSTART" not in lines:
        raise Unreadable("non ha un giorno di inizio (DTSTART)")
    first, last = _span(lines)
    if first.year < _EARLIEST:
        raise Unreadable(f"comincia prima del {_EARLIEST}")
    every = _yearly(lines, first)
    again = tuple(start for line in lines.get("RDATE", ()) for start in _days(line))
    never = frozenset(start for line in lines.get("EXDATE", ()) for start in _days(line))
    return Occasion(first, last, again, every, never)


def replaced(lines: Lines) -> date | None:
    """The first day of the time that this event takes the place of, if it does. Raises Unreadable."""
    return _day_of(_moment(lines["RECURRENCE-ID"][0])) if "RECURRENCE-ID" in lines else None


def _span(lines: Lines) -> tuple[date, date]:
    start = _moment(lines["DTSTART"][0])
    end = _end(lines, start)
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise Unreadable("comincia con un giorno e finisce con un'ora, o il contrario")
    if end < start:
        raise Unreadable("finisce prima di cominciare")
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return start, max(start, end - _DAY)  # the end of an event is the first day after it
    if start.time() != time() or end.time() not in (time(), *_LAST_MINUTES) or start == end:
        raise Unreadable(_hours(lines, start, end))
    return start.date(), end.date() - _DAY if end.time() == time() else end.date()


def _end(lines: Lines, start: date) -> date:
    if "DTEND" in lines:
        return _moment(lines["DTEND"][0])
    if "DURATION" not in lines:
        return start if isinstance(start, datetime) else start + _DAY
    try:
        lasts: timedelta = vDuration.from_ical(_value(lines["DURATION"][0]))
        if isinstance(start, datetime):
            days, rest = divmod(lasts, _DAY)  # days of the calendar, also where the clocks change
            wall = start.replace(tzinfo=None) + timedelta(days=days)
            return in_rome(resolve_wall_time(wall).astimezone(UTC) + rest)
        return start + lasts
    except (ValueError, OverflowError):
        raise Unreadable("la durata non si capisce") from None


def _hours(lines: Lines, start: datetime, end: datetime) -> str:
    zone = _zone(lines["DTSTART"][0])
    if zone is not None and zone != ROME and start.astimezone(zone).time() == time():
        return f"è di giornate intere in un altro fuso orario ({zone}), non in Italia"
    return f"va dalle {start:%H:%M} alle {end:%H:%M}: una chiusura è di giornate intere"


def _yearly(lines: Lines, first: date) -> Yearly | None:
    if "RRULE" not in lines:
        return None
    again = "si ripete in un modo che una chiusura non ha: si leggono solo le ripetizioni ogni anno nello stesso giorno"
    if len(lines["RRULE"]) > 1:
        raise Unreadable(again)
    try:
        rule = {name.upper(): value for name, value in vRecur.from_ical(_value(lines["RRULE"][0])).items()}
        same = {"BYMONTH": [first.month], "BYMONTHDAY": [first.day]}
        if rule.get("FREQ") != ["YEARLY"] or set(rule) - _RULE:
            raise Unreadable(again)
        if any(rule.get(name, days) != days for name, days in same.items()):
            raise Unreadable(again)
        interval = _number(rule.get("INTERVAL", [1]))
        count = _number(rule["COUNT"]) if "COUNT" in rule else None
        until = rule["UNTIL"][0] if "UNTIL" in rule else None
    except (ValueError, OverflowError, LookupError):
        raise Unreadable("la ripetizione (RRULE) non si capisce") from None
    if until is not None and not isinstance(until, date):
        raise Unreadable("la ripetizione (RRULE) non si capisce")
    return Yearly(interval, count, None if until is None else _day_of(until))


def _number(values: Sequence[int]) -> int:
    (number,) = values
    if not 1 <= number <= 9999:
        raise ValueError
    return int(number)


def _days(line: Contentline) -> Iterator[date]:
    """The days of a line that lists several moments."""
    for text in filter(None, _value(line).split(",")):
        yield _day_of(_moment(line, text))


def _day_of(moment: date) -> date:
    return in_rome(moment).date() if isinstance(moment, datetime) else moment


def _moment(line: Contentline, text: str | None = None) -> date:
    """A day, or a moment in Italy: what has no zone is meant in Italy already."""
    text = (_value(line) if text is None else text).strip()
    try:
        if len(text) == 8:
            day: date = vDate.from_ical(text)
            return day
        wall: datetime = vDatetime.from_ical(text)
        if wall.tzinfo is not None:
            return in_rome(wall)
        zone = _zone(line)
        return in_rome(wall if zone is None or zone == ROME else wall.replace(tzinfo=zone).astimezone(UTC))
    except (ValueError, OverflowError):
        raise Unreadable(f"la data «{text:.40}» non si capisce") from None


def _zone(line: Contentline) -> ZoneInfo | None:
    """The zone that a line names, by its own name or by the one of Windows."""
    named = line.parts()[1].get("TZID")
    if named is None:
        return ZoneInfo("UTC") if line.endswith("Z") else None
    name = WINDOWS_TO_OLSON.get(str(named), str(named))
    if name not in _zones():
        raise Unreadable(f"il fuso orario «{name:.60}» non si conosce")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _value(line: Contentline) -> str:
    return str(line.parts()[2])


def _text(lines: Lines, name: str) -> str:
    return _value(lines[name][0]).strip() if name in lines else ""
