"""The iCalendar file (RFC 5545) of a user's deadlines, for calendar programs that subscribe to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from icalendar import Calendar, Event, vDate, vDatetime, vDuration, vText, vUri

from engine.temporal.ics_closings import PRODUCT
from engine.temporal.timezone import in_rome

REFRESH = timedelta(hours=1)
"""How often a program should fetch it."""
_END_OF_DAY = time(23, 59)
_MAX_SEQUENCE = 2**31 - 1


@dataclass(frozen=True)
class DeadlineEntry:
    """One deadline: its name, when it is due (UTC) and created, the address of its page."""

    id: str
    name: str
    due_at: datetime
    created_at: datetime
    address: str


def write_deadlines(entries: Iterable[DeadlineEntry], title: str, now: datetime) -> bytes:
    """The file at a moment (UTC).

    What is due at the end of a day in Italy is an all-day event, all else is at a moment in UTC. The sequence number of
    an entry grows with the time.
    """
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("NAME", vText(title))
    calendar.add("X-WR-CALNAME", title)
    calendar.add("REFRESH-INTERVAL", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH).to_ical().decode())
    stamp = vDatetime(now.astimezone(UTC))
    for entry in entries:
        calendar.add_component(_event(entry, now, stamp))
    return bytes(calendar.to_ical())


def _event(entry: DeadlineEntry, now: datetime, stamp: vDatetime) -> Event:
    event = Event()
    event.add("UID", f"{entry.id}@patti")
    event.add("DTSTAMP", stamp)
    event.add("SEQUENCE", min(max(0, int((now - entry.created_at).total_seconds())), _MAX_SEQUENCE))
    wall = in_rome(entry.due_at)
    if wall.time() >= _END_OF_DAY:
        event.add("DTSTART", vDate(wall.date()), parameters={"VALUE": "DATE"})
    else:
        event.add("DTSTART", vDatetime(entry.due_at.astimezone(UTC)))
    event.add("SUMMARY", entry.name)
    event.add("URL", vUri(entry.address))
    event.add("DESCRIPTION", entry.address)
    event.add("CLASS", "PRIVATE")
    event.add("TRANSP", "TRANSPARENT")
    return event
