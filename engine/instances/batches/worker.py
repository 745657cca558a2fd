"""Runs batches item by item: the operation on an instance and its outcome are written in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select, update
from sqlalchemy.exc import OperationalError

from engine.access import Actor
from engine.clock import Clock
from engine.errors import EngineError
from engine.execution.incident_creation import describe_problem
from engine.instances.batches.models import ITEM_STATES, BatchOperation, ItemSkipped, restored_actor
from engine.storage import Database, UnitOfWork
from engine.storage.event_log import LogEntry, append_event
from engine.storage.tables.batches import batch, batch_item

MAX_OUTCOME_LENGTH = 2000

logger = logging.getLogger(__name__)


class BatchWorker:
    """Runs the items that wait. Several processes may do so at once: an item is run by one of them only."""

    def __init__(self, database: Database, clock: Clock, operations: Mapping[str, BatchOperation]) -> None:
        self._database = database
        self._clock = clock
        self._operations = operations

    def run_pending(self, limit: int = 20) -> int:
        """Run up to `limit` items of the running batches, shared out among them; gives how many were run.

        When the database fails, the items that are left wait for the next call.
        """
        with self._database.read() as connection:
            running = connection.execute(
                select(batch).where(batch.c.state == "running").order_by(batch.c.number)
            ).all()
        done = 0
        for index, row in enumerate(running):
            if done >= limit:
                break
            share = max(1, (limit - done) // (len(running) - index))
            try:
                done += self._run(row, share)
            except OperationalError:
                logger.exception("Batch %s stopped; the next run continues it", row.number)
        return done

    def _run(self, row: Row[Any], limit: int) -> int:
        operation = self._operations.get(row.kind)
        if operation is None:
            logger.error("No operation %s is registered; batch %s waits", row.kind, row.number)
            return 0
        actor = restored_actor(row.actor_id, row.actor)
        for done in range(limit):
            if not self._run_next_item(row, operation, actor):
                self._end(row)
                return done
        return limit

    def _run_next_item(self, row: Row[Any], operation: BatchOperation, actor: Actor) -> bool:
        """Run the first item that waits and write its outcome; False when none waits."""
        item: Row[Any] | None = None
        try:
            with self._database.begin() as work:
                item = _lock_next_item(work.connection, row.id)
                if item is None:
                    return False
                outcome = operation.handler(work, item.target, row.payload, actor)
                self._write_outcome(work, item, "done", outcome)
            return True
        except OperationalError:
            raise
        except Exception as problem:
            if item is None:
                raise
            if not isinstance(problem, EngineError):
                logger.exception("Batch %s failed for an instance", row.number)
            state = "skipped" if isinstance(problem, ItemSkipped) else "failed"
            outcome = describe_problem(problem)
        with self._database.begin() as work:
            self._write_outcome(work, item, state, outcome)
        return True

    def _write_outcome(self, work: UnitOfWork, item: Row[Any], state: str, outcome: str) -> None:
        work.connection.execute(
            update(batch_item)
            .where(
                batch_item.c.batch_id == item.batch_id,
                batch_item.c.position == item.position,
                batch_item.c.state == "waiting",
            )
            .values(state=state, outcome=outcome[:MAX_OUTCOME_LENGTH], ended_at=self._clock.now())
        )

    def _end(self, row: Row[Any]) -> None:
        """End a batch without waiting items."""
        with self._database.begin() as work:
            waiting = exists(
                select(batch_item.c.position).where(
                    batch_item.c.batch_id == row.id, batch_item.c.state == "waiting"
                )
            )
            ended = work.connection.execute(
                update(batch)
                .where(batch.c.id == row.id, batch.c.state == "running", ~waiting)
                .values(state="done", ended_at=self._clock.now())
            )
            if ended.rowcount:
                counts = count_items(work.connection, [row.id])[row.id]
                data = {"batch": row.id, "number": row.number, "kind": row.kind, **counts}
                log_batch_event(work.connection, "batch.ended", row.actor_id, self._clock.now(), data)


def _lock_next_item(connection: Connection, batch_id: str) -> Row[Any] | None:
    """The first item that waits and that no other process runs, locked until the transaction ends."""
    return connection.execute(
        select(batch_item)
        .where(batch_item.c.batch_id == batch_id, batch_item.c.state == "waiting")
        .order_by(batch_item.c.position)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()


def count_items(connection: Connection, batch_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """For each batch, how many items are in each state of `ITEM_STATES`."""
    counts = {batch_id: dict.fromkeys(ITEM_STATES, 0) for batch_id in batch_ids}
    for row in connection.execute(
        select(batch_item.c.batch_id, batch_item.c.state, func.count().label("items"))
        .where(batch_item.c.batch_id.in_(batch_ids))
        .group_by(batch_item.c.batch_id, batch_item.c.state)
    ):
        counts[row.batch_id][row.state] = row.items
    return counts


def log_batch_event(
    connection: Connection, kind: str, actor_id: str, at: datetime, data: Mapping[str, Any]
) -> None:
    """Write a log entry about a batch as a whole."""
    append_event(connection, LogEntry(at=at, actor_id=actor_id, kind=kind, data=data))
