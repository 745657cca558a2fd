"""Calendar files (iCalendar, RFC 5545) of closing days: read without trusting them, and written.

Only the content lines of the events are read, one by one. A file is never given to the library as a whole, which would
remember for good the time zones that the file invents, and take a file of one line for the name of a file.
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
from engine.temporal.ics_events import Lines, Occasion, Unreadable, occasion, replaced

MOST_BYTES = 1_000_000
"""Of one file."""
MOST_EVENTS = 2000
"""Of one file."""
MOST_SPANS = 1000
"""Closings of one file, every time of what repeats counted."""
LONGEST_NAME = 300
LONGEST_LINE = 20_000
"""Characters of a line that is read: one that lists days may be long."""
PRODUCT = "-//patti//calendario//IT"

_DEEPEST = 8
_EVENT = ["VCALENDAR", "VEVENT"]
_DAYS = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})
_READ = _DAYS | {"UID", "SUMMARY", "STATUS"}
_KEYWORD = re.compile(r"[A-Za-z0-9-]+")
_UNSHOWN = re.compile("[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, order=True)
class Span:
    """Days that a file says are closed, both ends included, and what it calls them (perhaps nothing)."""

    first: date
    last: date
    name: str = ""


@dataclass(frozen=True)
class Refusal:
    """An event that is no closing: what it is called, and why, in Italian."""

    name: str
    why: str


@dataclass(frozen=True)
class ClosingFile:
    """What a file says. `endless`: what repeats every year without end, which is read up to a year only."""

    spans: tuple[Span, ...]
    refused: tuple[Refusal, ...]
    endless: tuple[str, ...] = ()


def read_closings(content: bytes, first_year: int, last_year: int) -> ClosingFile:
    """The closings of a file, in order; what comes every year is read from `first_year` to `last_year`.

    InvalidInput when it is no calendar file, or larger than anybody's closings are.
    """
    events = tuple(islice(_events(_text(content)), MOST_EVENTS + 1))
    if len(events) > MOST_EVENTS:
        raise _wrong(f"Il file ha più di {MOST_EVENTS} eventi: dividerlo")
    spans: set[Span] = set()
    refused: list[Refusal] = []
    endless: dict[str, None] = {}
    moved = _moved(events)
    for lines in events:
        name = _name(lines)
        try:
            found = occasion(lines)
        except (Unreadable, ValueError) as problem:
            why = str(problem) if isinstance(problem, Unreadable) else "una sua riga non si capisce"
            refused.append(Refusal(name, why))
            continue
        spans.update(_spans(found, name, moved.get(_uid(lines), frozenset()), lines, first_year, last_year))
        if len(spans) > MOST_SPANS:
            raise _wrong(f"Il file ha più di {MOST_SPANS} chiusure: dividerlo")
        if found.every is not None and found.every.is_endless:
            endless.setdefault(name)
    return ClosingFile(tuple(sorted(spans)), tuple(refused), tuple(endless))


def write_closings(closings: Iterable[tuple[str, Span, datetime]], title: str) -> bytes:
    """A file of closings, each with its identifier and when it was written (UTC); it reads back the same."""
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
    found: Occasion, name: str, moved: frozenset[date], lines: Lines, first_year: int, last_year: int
) -> Iterator[Span]:
    away = frozenset() if "RECURRENCE-ID" in lines else moved
    for first, last in islice(found.spans(first_year, last_year), MOST_SPANS + 1):
        if first not in away:
            yield Span(first, last, name)


def _moved(events: Iterable[Lines]) -> dict[str, frozenset[date]]:
    """By identifier, the times of an event that another event of the file takes the place of."""
    found: dict[str, set[date]] = {}
    for lines in events:
        try:
            day = replaced(lines)
        except (Unreadable, ValueError):
            continue
        if day is not None:
            found.setdefault(_uid(lines), set()).add(day)
    return {uid: frozenset(days) for uid, days in found.items()}


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise _wrong(f"Il file supera {MOST_BYTES // 1000} KB: un calendario di chiusure è molto più piccolo")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong("Il file non è un calendario iCalendar (.ics): non è un testo UTF-8") from None
    if not text.strip():
        raise _wrong("Il file è vuoto: scegliere il calendario (.ics) esportato dall'altro programma")
    return text


def _events(text: str) -> Iterator[Lines]:
    """The lines of each event that stands directly in a calendar."""
    inside: list[str] = []
    lines: Lines = {}
    for line in filter(None, Contentlines.from_ical(text)):  # type: ignore[no-untyped-call]
        found = _KEYWORD.match(line)
        name = found[0].upper() if found else ""
        if not inside and line.strip().upper() != "BEGIN:VCALENDAR":
            raise _wrong("Il file non è un calendario iCalendar (.ics): non comincia con BEGIN:VCALENDAR")
        if name == "BEGIN":
            inside.append(_bare(line))
            if len(inside) > _DEEPEST:
                raise _wrong("Il file non si può leggere: ha parti dentro parti senza fine")
            lines = {} if inside == _EVENT else lines
        elif name == "END":
            if inside[-1] != _bare(line):
                raise _wrong("Il file non si può leggere: un END non chiude il suo BEGIN")
            if inside == _EVENT:
                yield lines
            inside.pop()
        elif name in _READ and inside == _EVENT:
            if len(line) > LONGEST_LINE:
                raise _wrong(f"Il file ha una riga {name} di {len(line)} caratteri: non è di una chiusura")
            lines.setdefault(name, []).append(line)
    if inside:
        raise _wrong("Il file è incompleto: finisce prima di END:VCALENDAR")


def _bare(line: Contentline) -> str:
    return line.partition(":")[2].strip().upper()


def _uid(lines: Lines) -> str:
    return str(lines["UID"][0]) if "UID" in lines else ""


def _name(lines: Lines) -> str:
    """What the event is called, in one line, without what a page would not show."""
    try:
        called = str(lines["SUMMARY"][0].parts()[2]) if "SUMMARY" in lines else ""
    except ValueError:
        called = ""
    return _UNSHOWN.sub("", " ".join(called.split()))[:LONGEST_NAME].strip()


def _wrong(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, fields={"file": sentence})
