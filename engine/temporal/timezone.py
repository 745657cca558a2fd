"""Europe/Rome wall time and UTC moments, also across the two days a year on which the clocks change.

A wall time that does not exist (02:30 on the last Sunday of March) is read with the offset before the change and so
becomes 03:30. A wall time that occurs twice (02:30 on the last Sunday of October) means the first of the two.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")
"""The time zone in which deadlines are computed and shown."""


def in_rome(moment: datetime) -> datetime:
    """The same instant with Europe/Rome wall time. A naive moment is taken as Europe/Rome wall time already.

    Two results must be compared or subtracted in UTC: Python compares moments of one zone by their wall time.
    """
    return resolve_wall_time(moment) if moment.tzinfo is None else moment.astimezone(ROME)


def resolve_wall_time(wall: datetime) -> datetime:
    """Naive Europe/Rome wall time → an aware moment that exists; the two ambiguous hours as the module says."""
    return wall.replace(tzinfo=ROME, fold=0).astimezone(UTC).astimezone(ROME)


def day_in_rome(moment: datetime) -> date:
    """The calendar day in Europe/Rome at an aware moment."""
    return in_rome(moment).date()


def at_time(day: date, time_of_day: time) -> datetime:
    """A day at a time of day, aware, in Europe/Rome; of a `datetime` its day in Europe/Rome is meant."""
    return resolve_wall_time(datetime.combine(_day(day), time_of_day.replace(tzinfo=None, fold=0)))


def start_of_day(day: date) -> datetime:
    """00:00:00 of a day, aware, in Europe/Rome."""
    return at_time(day, time(0, 0))


def end_of_day(day: date) -> datetime:
    """23:59:59 of a day, aware, in Europe/Rome: the last moment at which what is due that day is in time."""
    return at_time(day, time(23, 59, 59))


def _day(day: date) -> date:
    return day_in_rome(day) if isinstance(day, datetime) else day
