"""The clock. This is the only module that reads the system time; all others receive a `Clock`."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of the current moment."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""
        ...


class SystemClock:
    """The system clock."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that only moves when it is set, for simulations and tests. Thread-safe."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._now = _aware(start)

    def now(self) -> datetime:
        """The moment that was set last, aware, in UTC."""
        with self._lock:
            return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move by a duration, which may be negative, and return the new moment."""
        with self._lock:
            self._now += by
            return self._now

    def set(self, moment: datetime) -> datetime:
        """Set an aware moment and return it in UTC. Raises ValueError for a naive one."""
        with self._lock:
            self._now = _aware(moment)
            return self._now


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A clock needs a moment with a time zone, for example 2016-01-28T10:00:00+01:00")
    return moment.astimezone(UTC)
