"""How the work stands, in numbers, for whoever keeps watch: a few counts, each answered by an index. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from engine.clock import Clock
from engine.storage import Database
from engine.storage.tables import incident, outbox, timer
from engine.storage.tables.batches import batch_item


@dataclass(frozen=True)
class Standing:
    """What waits now. `timer_lag` and `outbox_lag` are the seconds by which the oldest that is due is late."""

    timers_due: int
    timer_lag: float
    outbox_due: int
    outbox_lag: float
    outbox_failed: int
    incidents_open: int
    batch_cases_waiting: int


class Figures:
    """The numbers of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def standing(self) -> Standing:
        """Count now."""
        now = self._clock.now()
        with self._database.read() as connection:

            def late(table: object) -> tuple[int, float]:
                rows = timer.c if table is timer else outbox.c
                waiting = (rows.state == "waiting", rows.due_at <= now)
                many, first = connection.execute(
                    select(func.count(), func.min(rows.due_at)).where(*waiting)
                ).one()
                return many, (now - first).total_seconds() if first else 0.0

            def many(rows: object, state: str) -> int:
                column = rows.c.state  # type: ignore[attr-defined]
                return int(connection.execute(select(func.count()).where(column == state)).scalar_one())

            timers_due, timer_lag = late(timer)
            outbox_due, outbox_lag = late(outbox)
            return Standing(
                timers_due=timers_due,
                timer_lag=timer_lag,
                outbox_due=outbox_due,
                outbox_lag=outbox_lag,
                outbox_failed=many(outbox, "failed"),
                incidents_open=many(incident, "open"),
                batch_cases_waiting=many(batch_item, "waiting"),
            )
