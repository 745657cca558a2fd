"""The only place that asks the machine what time it is. Everything else receives a `Clock`."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of the present moment."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is told to move; for simulation and tests. Safe between threads."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._now = _aware(start)

    def now(self) -> datetime:
        """The moment last set, aware, in UTC."""
        with self._lock:
            return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move by an exact span of time (also backwards, to play a clock set wrong) and return the new moment."""
        with self._lock:
            self._now += by
            return self._now

    def set(self, moment: datetime) -> datetime:
        """Stand at an aware moment and return it in UTC."""
        with self._lock:
            self._now = _aware(moment)
            return self._now


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A clock needs a moment with a time zone, for example 2016-01-28T10:00:00+01:00")
    return moment.astimezone(UTC)
