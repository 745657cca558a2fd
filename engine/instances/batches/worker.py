"""Doing an operation case by case: one transaction for what is done to a case and for the line that says so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, update
from sqlalchemy.exc import OperationalError

from engine.access.actors import Actor, Membership
from engine.access.permissions import Permission
from engine.clock import Clock
from engine.errors import EngineError
from engine.storage import Database, UnitOfWork
from engine.storage.tables import event
from engine.storage.tables.batches import batch, batch_item

logger = logging.getLogger(__name__)

Handler = Callable[[UnitOfWork, str, Mapping[str, Any], Actor], str]
"""(unit of work, instance id, payload, actor) → the outcome in a sentence. It writes through the unit of work alone."""

ITEM_STATES = ("waiting", "done", "failed", "skipped", "cancelled")


class Skipped(EngineError):
    """Raised by a handler: nothing to do for this case, and why."""

    code = "SKIPPED"


@dataclass(frozen=True)
class Kind:
    """A kind of operation: how it is called for people, who may order it, what it does to one case."""

    name: str
    label: str
    permission: Permission
    handler: Handler
    always_many: bool = False


class BatchWork:
    """Does the cases that wait. Several processes may at once: no case is done by two of them."""

    def __init__(self, database: Database, clock: Clock, kinds: Mapping[str, Kind]) -> None:
        self._database = database
        self._clock = clock
        self._kinds = kinds

    def run_pending(self, limit: int = 20) -> int:
        """Do up to `limit` cases of the operations under way, shared out among them, and say how many were done.

        When the database fails, what is left waits for the next call.
        """
        with self._database.read() as connection:
            running = connection.execute(
                select(batch).where(batch.c.state == "running").order_by(batch.c.number)
            ).all()
        done = 0
        for place, row in enumerate(running):
            share = max(1, (limit - done) // (len(running) - place))
            if done >= limit:
                break
            try:
                done += self._run(row, share)
            except OperationalError:
                logger.exception("Batch %s stopped; the next sweep takes it up", row.number)
        return done

    def _run(self, row: Row[Any], limit: int) -> int:
        kind = self._kinds.get(row.kind)
        if kind is None:
            logger.error("Nobody does batches of kind %s; batch %s waits", row.kind, row.number)
            return 0
        actor = _actor_of(row.actor_id, row.actor)
        for done in range(limit):
            if not self._next(row, kind, actor):
                self._end(row)
                return done
        return limit

    def _next(self, row: Row[Any], kind: Kind, actor: Actor) -> bool:
        """Do the first case that waits, its outcome in the same transaction; False when none waits."""
        item: Row[Any] | None = None
        try:
            with self._database.begin() as work:
                item = _take(work.connection, row.id)
                if item is None:
                    return False
                outcome = kind.handler(work, item.target, row.payload, actor)
                self._write(work.connection, item, "done", outcome)
            return True
        except Skipped as problem:
            state, sentence = "skipped", str(problem.message)
        except EngineError as problem:
            state, sentence = "failed", str(problem.message)
        except OperationalError:
            raise
        except Exception as problem:
            logger.exception("Batch %s failed for a case", row.number)
            state, sentence = "failed", f"{type(problem).__name__}: {problem}"
        if item is None:
            raise RuntimeError(sentence)
        with self._database.begin() as work:
            self._write(work.connection, item, state, sentence)
        return True

    def _write(self, connection: Connection, item: Row[Any], state: str, outcome: str) -> None:
        connection.execute(
            update(batch_item)
            .where(
                batch_item.c.batch_id == item.batch_id,
                batch_item.c.position == item.position,
                batch_item.c.state == "waiting",
            )
            .values(state=state, outcome=outcome[:2000], ended_at=self._clock.now())
        )

    def _end(self, row: Row[Any]) -> None:
        """Close an operation of which no case waits."""
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
                counts = counts_of(work.connection, [row.id])[row.id]
                data = {"batch": row.id, "number": row.number, "kind": row.kind, **counts}
                note(work.connection, "batch.ended", row.actor_id, self._clock.now(), data)


def _take(connection: Connection, batch_id: str) -> Row[Any] | None:
    """The first case that waits and that nobody else is doing, held until the transaction ends."""
    return connection.execute(
        select(batch_item)
        .where(batch_item.c.batch_id == batch_id, batch_item.c.state == "waiting")
        .order_by(batch_item.c.position)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()


def counts_of(connection: Connection, batch_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """For each operation, how many cases are in each of the states."""
    found = {batch_id: dict.fromkeys(ITEM_STATES, 0) for batch_id in batch_ids}
    for row in connection.execute(
        select(batch_item.c.batch_id, batch_item.c.state, func.count().label("many"))
        .where(batch_item.c.batch_id.in_(batch_ids))
        .group_by(batch_item.c.batch_id, batch_item.c.state)
    ):
        found[row.batch_id][row.state] = row.many
    return found


def _actor_of(actor_id: str, values: Mapping[str, Any]) -> Actor:
    held = frozenset(Membership(role, scope) for role, scope in values["roles"])
    return Actor(actor_id, values["name"], held, values["system"])


def note(connection: Connection, kind: str, actor_id: str, at: datetime, data: Mapping[str, Any]) -> None:
    """A line of the log about an operation as a whole."""
    connection.execute(insert(event).values(at=at, actor_id=actor_id, kind=kind, data=dict(data)))
