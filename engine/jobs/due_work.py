"""The work that becomes due: timers, scheduled starts, outbox messages, batches; which of it to do first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.storage import Database

LIMIT = 20
LIMIT_WHILE_URGENT = 4
"""Of what is not urgent, between two checks for urgent work while there is some."""


@dataclass(frozen=True)
class DueWork:
    """One kind of work. `run(limit)` does at most so much of what is due and returns how much it did; `next_due` is the
    moment at which more is due, UTC, or None. What is `urgent` comes first."""

    kind: str
    run: Callable[[int], int]
    next_due: Callable[[], datetime | None]
    urgent: bool = False


class DueWorkRunner:
    """Does what is due of several kinds, in this thread."""

    def __init__(self, database: Database, kinds: Sequence[DueWork]) -> None:
        self._database = database
        self._kinds = tuple(kinds)
        self._stopping = threading.Event()

    def run_due(self) -> int:
        """Do what is due until nothing is left; returns how much. `stop` ends it between two pieces of work."""
        total = 0
        while not self._stopping.is_set():
            done = sum(work.run(LIMIT) for work in self._kinds if work.urgent)
            limit = LIMIT_WHILE_URGENT if done else LIMIT
            done += sum(work.run(limit) for work in self._kinds if not work.urgent)
            if not done:
                break
            total += done
        return total

    def next_due(self) -> datetime | None:
        """The earliest moment at which something is due, UTC; None when nothing is waiting."""
        with self._database.share_read_connection():
            moments = [work.next_due() for work in self._kinds]
        return min((moment for moment in moments if moment is not None), default=None)

    def stop(self) -> None:
        """Let `run_due`, which may run in another thread, end soon."""
        self._stopping.set()
