"""Metrics of the work that waits, for monitoring: a few counts, each answered by an index. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, func, select

from engine.clock import Clock
from engine.storage import Database
from engine.storage.tables import incident, outbox, timer
from engine.storage.tables.batches import batch_item


@dataclass(frozen=True)
class MetricValues:
    """What waits now. `timer_lag` and `outbox_lag` are the seconds since when the oldest row is due."""

    timers_due: int
    timer_lag: float
    outbox_due: int
    outbox_lag: float
    outbox_failed: int
    incidents_open: int
    batch_items_waiting: int


class Metrics:
    """The metrics of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def read(self) -> MetricValues:
        """The values now."""
        now = self._clock.now()
        with self._database.read() as connection:
            timers_due, timer_lag = _due(connection, timer, now)
            outbox_due, outbox_lag = _due(connection, outbox, now)
            return MetricValues(
                timers_due=timers_due,
                timer_lag=timer_lag,
                outbox_due=outbox_due,
                outbox_lag=outbox_lag,
                outbox_failed=_count(connection, outbox, "failed"),
                incidents_open=_count(connection, incident, "open"),
                batch_items_waiting=_count(connection, batch_item, "waiting"),
            )


def _due(connection: Connection, table: Table, now: datetime) -> tuple[int, float]:
    """How many waiting rows are due, and for how many seconds the oldest."""
    query = select(func.count(), func.min(table.c.due_at)).where(
        table.c.state == "waiting", table.c.due_at <= now
    )
    count, oldest = connection.execute(query).one()
    return count, (now - oldest).total_seconds() if oldest else 0.0


def _count(connection: Connection, table: Table, state: str) -> int:
    return int(connection.execute(select(func.count()).where(table.c.state == state)).scalar_one())
