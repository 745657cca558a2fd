"""iCalendar files (RFC 5545) of closing days: reads untrusted ones, writes them.

Only the content lines of the events are read, one by one. The library never gets a file as a whole: it would keep the
time zones that the file defines, and it takes a file of one line for a file name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from icalendar import Calendar, Event, vDate, vDatetime
from icalendar.parser import Contentline, Contentlines

from engine.errors import InvalidInput
from engine.localization import message
from engine.temporal.ics_events import ClosingEvent, EventLines, UnreadableEvent, parse_event, replaced_day

MAX_FILE_BYTES = 1_000_000
MAX_EVENTS = 2000
MAX_CLOSINGS = 1000
"""Closings of one file; each occurrence of a recurring event counts."""
MAX_NAME_LENGTH = 300
MAX_LINE_LENGTH = 20_000
"""Characters of a line; one that lists days may be long."""
PRODUCT = "-//patti//calendario//IT"

_MAX_DEPTH = 8
_EVENT = ["VCALENDAR", "VEVENT"]
_DAY_LINES = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})
_USED_LINES = _DAY_LINES | {"UID", "SUMMARY", "STATUS"}
_KEYWORD = re.compile(r"[A-Za-z0-9-]+")
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, order=True)
class Span:
    """Closed days, both ends included, with the name of the event (may be empty)."""

    first: date
    last: date
    name: str = ""


@dataclass(frozen=True)
class RefusedEvent:
    """An event that is no closing: its name, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class ClosingFile:
    """The content of a file. `endless` names the events that recur without end, which are read up to a year only."""

    spans: tuple[Span, ...]
    refused: tuple[RefusedEvent, ...]
    endless: tuple[str, ...] = ()


def read_closings(content: bytes, first_year: int, last_year: int) -> ClosingFile:
    """The closings of a file, in order; recurring events are read from `first_year` to `last_year`.

    Raises InvalidInput (field `file`) when it is no calendar file or too large.
    """
    events = tuple(islice(_events(_text(content)), MAX_EVENTS + 1))
    if len(events) > MAX_EVENTS:
        raise InvalidInput.for_field("file", message("CLOSING_FILE_TOO_MANY_EVENTS", most=MAX_EVENTS))
    spans: set[Span] = set()
    refused: list[RefusedEvent] = []
    endless: dict[str, None] = {}
    replaced = _replaced(events)
    for lines in events:
        name = _name(lines)
        try:
            found = parse_event(lines)
        except UnreadableEvent as problem:
            refused.append(RefusedEvent(name, problem.message))
            continue
        except ValueError:
            refused.append(RefusedEvent(name, message("CLOSING_EVENT_LINE_INVALID")))
            continue
        spans.update(
            _spans(found, name, replaced.get(_uid(lines), frozenset()), lines, first_year, last_year)
        )
        if len(spans) > MAX_CLOSINGS:
            raise InvalidInput.for_field("file", message("CLOSING_FILE_TOO_MANY_CLOSINGS", most=MAX_CLOSINGS))
        if found.rule is not None and found.rule.is_endless:
            endless.setdefault(name)
    return ClosingFile(tuple(sorted(spans)), tuple(refused), tuple(endless))


def write_closings(closings: Iterable[tuple[str, Span, datetime]], title: str) -> bytes:
    """A file of closings, each with its id and when it was created (UTC); `read_closings` reads the same from it."""
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", title)
    for identifier, span, at in closings:
        event = Event()
        event.add("UID", f"{identifier}@patti")
        event.add("DTSTAMP", vDatetime(at.astimezone(UTC)))
        event.add("DTSTART", vDate(span.first), parameters={"VALUE": "DATE"})
        event.add("DTEND", vDate(span.last + timedelta(days=1)), parameters={"VALUE": "DATE"})
        event.add("SUMMARY", span.name)
        event.add("TRANSP", "OPAQUE")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _spans(
    found: ClosingEvent,
    name: str,
    replaced_days: frozenset[date],
    lines: EventLines,
    first_year: int,
    last_year: int,
) -> Iterator[Span]:
    replaced = frozenset() if "RECURRENCE-ID" in lines else replaced_days
    for first, last in islice(found.spans(first_year, last_year), MAX_CLOSINGS + 1):
        if first not in replaced:
            yield Span(first, last, name)


def _replaced(events: Iterable[EventLines]) -> dict[str, frozenset[date]]:
    """By UID, the first days of the occurrences that another event of the file replaces."""
    found: dict[str, set[date]] = {}
    for lines in events:
        try:
            day = replaced_day(lines)
        except (UnreadableEvent, ValueError):
            continue
        if day is not None:
            found.setdefault(_uid(lines), set()).add(day)
    return {uid: frozenset(days) for uid, days in found.items()}


def _text(content: bytes) -> str:
    if len(content) > MAX_FILE_BYTES:
        kilobytes = MAX_FILE_BYTES // 1000
        raise InvalidInput.for_field("file", message("CLOSING_FILE_TOO_LARGE", kilobytes=kilobytes))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput.for_field("file", message("CLOSING_FILE_NOT_UTF8")) from None
    if not text.strip():
        raise InvalidInput.for_field("file", message("CLOSING_FILE_EMPTY"))
    return text


def _events(text: str) -> Iterator[EventLines]:
    """The lines of each event directly below a calendar."""
    path: list[str] = []
    lines: EventLines = {}
    for line in filter(None, Contentlines.from_ical(text)):  # type: ignore[no-untyped-call]
        found = _KEYWORD.match(line)
        name = found[0].upper() if found else ""
        if not path and line.strip().upper() != "BEGIN:VCALENDAR":
            raise InvalidInput.for_field("file", message("CLOSING_FILE_NOT_A_CALENDAR"))
        if name == "BEGIN":
            path.append(_bare(line))
            if len(path) > _MAX_DEPTH:
                raise InvalidInput.for_field("file", message("CLOSING_FILE_NESTED_TOO_DEEP"))
            lines = {} if path == _EVENT else lines
        elif name == "END":
            if path[-1] != _bare(line):
                raise InvalidInput.for_field("file", message("CLOSING_FILE_END_MISMATCH"))
            if path == _EVENT:
                yield lines
            path.pop()
        elif name in _USED_LINES and path == _EVENT:
            if len(line) > MAX_LINE_LENGTH:
                raise InvalidInput.for_field(
                    "file", message("CLOSING_FILE_LINE_TOO_LONG", name=name, length=len(line))
                )
            lines.setdefault(name, []).append(line)
    if path:
        raise InvalidInput.for_field("file", message("CLOSING_FILE_INCOMPLETE"))


def _bare(line: Contentline) -> str:
    return line.partition(":")[2].strip().upper()


def _uid(lines: EventLines) -> str:
    return str(lines["UID"][0]) if "UID" in lines else ""


def _name(lines: EventLines) -> str:
    """The name of an event in one line, without characters that are not shown."""
    try:
        called = str(lines["SUMMARY"][0].parts()[2]) if "SUMMARY" in lines else ""
    except ValueError:
        called = ""
    return _INVISIBLE.sub("", " ".join(called.split()))[:MAX_NAME_LENGTH].strip()
