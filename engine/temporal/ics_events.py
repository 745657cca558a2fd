"""One event of an iCalendar file, read as whole days in Italy that may recur every year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from icalendar import vDate, vDatetime, vDuration, vRecur
from icalendar.parser import Contentline
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from engine.localization import Message
from engine.temporal.timezone import ROME, in_rome, resolve_wall_time

_DAY = timedelta(days=1)
_LAST_MINUTES = (time(23, 59), time(23, 59, 59))
_EARLIEST = 1900
_RULE = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "WKST"})

EventLines = dict[str, list[Contentline]]
"""The content lines of an event by name, in their order."""


class UnreadableEvent(Exception):
    """An event that is no closing; `message` says why."""

    def __init__(self, message_code: str, /, **parameters: Any) -> None:
        super().__init__(message_code, parameters)
        self.message = Message(message_code, parameters)


@dataclass(frozen=True)
class ClosingEvent:
    """The days of the first occurrence of an event, both ends included, and its further occurrences.

    `extra_starts` and `excluded_starts` are first days of single occurrences (RDATE, EXDATE).
    """

    first: date
    last: date
    extra_starts: tuple[date, ...] = ()
    rule: YearlyRule | None = None
    excluded_starts: frozenset[date] = frozenset()

    def spans(self, first_year: int, last_year: int) -> Iterator[tuple[date, date]]:
        """First and last day of each occurrence, in order; those of a rule from `first_year` to `last_year` only.

        The first occurrence is always there.
        """
        starts = [self.first] if self.rule is None else self.rule.starts(self.first, first_year, last_year)
        for start in sorted({*starts, *self.extra_starts} - self.excluded_starts):
            if start <= date.max - (self.last - self.first):
                yield start, start + (self.last - self.first)


@dataclass(frozen=True)
class YearlyRule:
    """A recurrence on the same day every `interval` years, `count` times or until a day; with neither, without end."""

    interval: int = 1
    count: int | None = None
    until: date | None = None

    @property
    def is_endless(self) -> bool:
        """Whether it has neither a count nor a last day."""
        return self.count is None and self.until is None

    def starts(self, first: date, first_year: int, last_year: int) -> Iterator[date]:
        """The first days from `first_year` to `last_year`; 29 February in leap years only."""
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


def parse_event(lines: EventLines) -> ClosingEvent:
    """The days of an event. Raises UnreadableEvent, or ValueError for a malformed line."""
    if _text(lines, "STATUS").upper() == "CANCELLED":
        raise UnreadableEvent("CLOSING_EVENT_CANCELLED")
    if "DTSTART" not in lines:
        raise UnreadableEvent("CLOSING_EVENT_WITHOUT_START")
    first, last = _span(lines)
    if first.year < _EARLIEST:
        raise UnreadableEvent("CLOSING_EVENT_TOO_EARLY", year=_EARLIEST)
    rule = _yearly(lines, first)
    extra = tuple(start for line in lines.get("RDATE", ()) for start in _days(line))
    excluded = frozenset(start for line in lines.get("EXDATE", ()) for start in _days(line))
    return ClosingEvent(first, last, extra, rule, excluded)


def replaced_day(lines: EventLines) -> date | None:
    """The first day of the occurrence that this event replaces (RECURRENCE-ID), if any. Raises UnreadableEvent."""
    return _day_of(_moment(lines["RECURRENCE-ID"][0])) if "RECURRENCE-ID" in lines else None


def _span(lines: EventLines) -> tuple[date, date]:
    start = _moment(lines["DTSTART"][0])
    end = _end(lines, start)
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise UnreadableEvent("CLOSING_EVENT_MIXES_DAY_AND_TIME")
    if end < start:
        raise UnreadableEvent("CLOSING_EVENT_ENDS_BEFORE_IT_BEGINS")
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return start, max(start, end - _DAY)  # the end of an event is the first day after it
    if start.time() != time() or end.time() not in (time(), *_LAST_MINUTES) or start == end:
        raise _not_whole_days(lines, start, end)
    return start.date(), end.date() - _DAY if end.time() == time() else end.date()


def _end(lines: EventLines, start: date) -> date:
    if "DTEND" in lines:
        return _moment(lines["DTEND"][0])
    if "DURATION" not in lines:
        return start if isinstance(start, datetime) else start + _DAY
    try:
        duration: timedelta = vDuration.from_ical(_value(lines["DURATION"][0]))
        if isinstance(start, datetime):
            days, rest = divmod(duration, _DAY)  # calendar days, also when the clocks change
            wall = start.replace(tzinfo=None) + timedelta(days=days)
            return in_rome(resolve_wall_time(wall).astimezone(UTC) + rest)
        return start + duration
    except (ValueError, OverflowError):
        raise UnreadableEvent("CLOSING_EVENT_DURATION_INVALID") from None


def _not_whole_days(lines: EventLines, start: datetime, end: datetime) -> UnreadableEvent:
    zone = _zone(lines["DTSTART"][0])
    if zone is not None and zone != ROME and start.astimezone(zone).time() == time():
        return UnreadableEvent("CLOSING_EVENT_IN_ANOTHER_TIME_ZONE", zone=str(zone))
    return UnreadableEvent("CLOSING_EVENT_NOT_WHOLE_DAYS", start=f"{start:%H:%M}", end=f"{end:%H:%M}")


def _yearly(lines: EventLines, first: date) -> YearlyRule | None:
    if "RRULE" not in lines:
        return None
    if len(lines["RRULE"]) > 1:
        raise UnreadableEvent("CLOSING_EVENT_REPEATS_OTHERWISE")
    try:
        rule = {name.upper(): value for name, value in vRecur.from_ical(_value(lines["RRULE"][0])).items()}
        same = {"BYMONTH": [first.month], "BYMONTHDAY": [first.day]}
        if rule.get("FREQ") != ["YEARLY"] or set(rule) - _RULE:
            raise UnreadableEvent("CLOSING_EVENT_REPEATS_OTHERWISE")
        if any(rule.get(name, days) != days for name, days in same.items()):
            raise UnreadableEvent("CLOSING_EVENT_REPEATS_OTHERWISE")
        interval = _number(rule.get("INTERVAL", [1]))
        count = _number(rule["COUNT"]) if "COUNT" in rule else None
        until = rule["UNTIL"][0] if "UNTIL" in rule else None
    except (ValueError, OverflowError, LookupError):
        raise UnreadableEvent("CLOSING_EVENT_RULE_INVALID") from None
    if until is not None and not isinstance(until, date):
        raise UnreadableEvent("CLOSING_EVENT_RULE_INVALID")
    return YearlyRule(interval, count, None if until is None else _day_of(until))


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
    """A day, or a moment in Europe/Rome; one without a zone is in Europe/Rome already."""
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
        raise UnreadableEvent("CLOSING_EVENT_DATE_INVALID", text=f"{text:.40}") from None


def _zone(line: Contentline) -> ZoneInfo | None:
    """The time zone that a line names, by its IANA or its Windows name."""
    named = line.parts()[1].get("TZID")
    if named is None:
        return ZoneInfo("UTC") if line.endswith("Z") else None
    name = WINDOWS_TO_OLSON.get(str(named), str(named))
    if name not in _zones():
        raise UnreadableEvent("CLOSING_EVENT_TIME_ZONE_UNKNOWN", zone=f"{name:.60}")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _value(line: Contentline) -> str:
    return str(line.parts()[2])


def _text(lines: EventLines, name: str) -> str:
    return _value(lines[name][0]).strip() if name in lines else ""
