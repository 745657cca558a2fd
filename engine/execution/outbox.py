"""What leaves the database: written with the change that causes it, delivered after the commit, at least once.

A delivery that fails is tried again with growing waits and becomes an incident when given up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from engine.clock import Clock
from engine.service_tasks import Environment, OperationRegistry, OutboxMessage
from engine.settings import Settings
from engine.storage import Database
from engine.storage.sql.insert_once import insert_once
from engine.storage.tables import event, incident, instance, outbox
from engine.storage.types import new_id

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 6
LEASE_SECONDS = 120


def message(
    kind: str,
    payload: Mapping[str, Any],
    key: str,
    *,
    now: datetime,
    due: datetime | None = None,
    instance_id: str | None = None,
) -> dict[str, Any]:
    """The row of a message that waits to leave; `key` is used once."""
    return {
        "id": new_id(),
        "kind": kind,
        "key": key,
        "instance_id": instance_id,
        "payload": dict(payload),
        "state": "waiting",
        "due_at": due or now,
        "attempts": 0,
        "created_at": now,
    }


def enqueue(
    connection: Connection,
    kind: str,
    payload: Mapping[str, Any],
    key: str,
    *,
    now: datetime,
    due: datetime | None = None,
    instance_id: str | None = None,
) -> None:
    """Write a message in the caller's transaction; a key already used is left as it is."""
    row = message(kind, payload, key, now=now, due=due, instance_id=instance_id)
    insert_once(connection, outbox, row)


def settle(connection: Connection, message_id: str, now: datetime) -> bool:
    """Mark a message delivered in the transaction that does what it says; False when that was done before."""
    done = connection.execute(
        update(outbox)
        .where(outbox.c.id == message_id, outbox.c.state == "waiting")
        .values(state="delivered", delivered_at=now, last_error=None)
    )
    return bool(done.rowcount)


class Outbox:
    """Delivers what waits. Two deliverers never hold the same message: each takes a lease first.

    `inner` are the kinds that the engine delivers to its own cases; those are settled in their own transaction.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        operations: OperationRegistry,
        settings: Settings,
        inner: Mapping[str, Callable[[OutboxMessage], None]] | None = None,
    ) -> None:
        self._inner = dict(inner or {})
        self._database = database
        self._clock = clock
        self._operations = operations
        self._settings = settings

    def deliver(self, limit: int = 100) -> int:
        """Deliver up to `limit` messages that are due and say how many went out."""
        due = self.next_due()  # looking holds up nobody; taking one does, on SQLite
        if due is None or due > self._clock.now():
            return 0
        delivered = 0
        gone: OutboxMessage | None = None
        for _ in range(limit):
            message, gone = self._take(gone), None
            if message is None:
                break
            if self._send(message):
                delivered += 1
                gone = message
        if gone is not None:
            with self._database.begin() as work:
                self._note(work.connection, gone)
        return delivered

    def next_due(self) -> datetime | None:
        """When the next message is due, UTC; None when none waits."""
        with self._database.read() as connection:
            return connection.execute(
                select(outbox.c.due_at).where(outbox.c.state == "waiting").order_by(outbox.c.due_at).limit(1)
            ).scalar_one_or_none()

    def _note(self, connection: Connection, gone: OutboxMessage) -> None:
        """Mark a message delivered, unless the transaction that did what it says has."""
        if gone.kind not in self._inner:
            settle(connection, gone.id, self._clock.now())

    def _take(self, gone: OutboxMessage | None) -> OutboxMessage | None:
        """The first that is due, leased; the one before, which has just gone out, is marked in the same transaction."""
        now = self._clock.now()
        with self._database.begin() as work:
            if gone is not None:
                self._note(work.connection, gone)
            query = (
                select(outbox)
                .where(outbox.c.state == "waiting", outbox.c.due_at <= now)
                .order_by(outbox.c.due_at, outbox.c.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            row = work.connection.execute(query).one_or_none()
            if row is None:
                return None
            work.connection.execute(
                update(outbox)
                .where(outbox.c.id == row.id)
                .values(attempts=row.attempts + 1, due_at=now + timedelta(seconds=LEASE_SECONDS))
            )
        return OutboxMessage(row.id, row.kind, row.key, row.payload, row.attempts + 1, row.instance_id)

    def _send(self, message: OutboxMessage) -> bool:
        """Whether it went out; otherwise it is planned anew or given up."""
        handler = self._operations.handlers.get(message.kind)
        try:
            if message.kind in self._inner:
                self._inner[message.kind](message)
                return True
            if handler is None:
                raise LookupError(f"Nessuno sa consegnare i messaggi di tipo «{message.kind}»")
            handler(message, Environment(self._settings, self._database, self._clock))
        except Exception as problem:
            logger.warning(
                "Outbox message %s (%s) failed, attempt %s",
                message.id,
                message.kind,
                message.attempts,
                exc_info=problem,
            )
            self._failed(message, f"{type(problem).__name__}: {problem}")
            return False
        return True

    def _failed(self, message: OutboxMessage, sentence: str) -> None:
        now = self._clock.now()
        with self._database.begin() as work:
            if message.attempts < MOST_ATTEMPTS:
                wait = timedelta(seconds=self._settings.retry_seconds * 4 ** (message.attempts - 1))
                work.connection.execute(
                    update(outbox)
                    .where(outbox.c.id == message.id)
                    .values(due_at=now + wait, last_error=sentence[:2000])
                )
                return
            work.connection.execute(
                update(outbox)
                .where(outbox.c.id == message.id)
                .values(state="failed", last_error=sentence[:2000])
            )
            work.connection.execute(
                insert(incident).values(
                    id=new_id(),
                    instance_id=message.instance_id,
                    outbox_id=message.id,
                    kind="outbox",
                    element_id=message.kind,
                    element_name=message.kind,
                    attempts=message.attempts,
                    state="open",
                    sentence=f"«{message.kind}» non consegnato dopo {message.attempts} tentativi: {sentence[:500]}",
                    created_at=now,
                )
            )
            work.connection.execute(
                update(instance)
                .where(instance.c.id == message.instance_id)
                .values(incidents=instance.c.incidents + 1)
            )
            work.connection.execute(
                insert(event).values(
                    instance_id=message.instance_id,
                    at=now,
                    actor_id="sistema",
                    kind="incident.opened",
                    data={"kind": "outbox", "message": message.kind},
                )
            )

    def again(self, connection: Connection, outbox_id: str, now: datetime) -> None:
        """Put a message given up back in the queue, within the caller's transaction."""
        connection.execute(
            update(outbox)
            .where(outbox.c.id == outbox_id, outbox.c.state == "failed")
            .values(state="waiting", attempts=0, due_at=now)
        )
