"""The outbox: messages written in the transaction that causes them and delivered after it, at least once.

A delivery that fails is tried again, each wait four times longer; after the last attempt it becomes an incident.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from engine.clock import Clock
from engine.errors import ExecutionFailed
from engine.execution.incident_creation import describe_problem, open_incident
from engine.localization import Message
from engine.service_tasks import DeliveryContext, OperationRegistry, OutboxMessage
from engine.settings import Settings
from engine.storage import Database
from engine.storage.sql.insert_once import insert_once
from engine.storage.tables import outbox
from engine.storage.types import new_id

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 6
LEASE_SECONDS = 120
"""How long a deliverer has a message to itself; after that others may deliver it."""
_MAX_LOGGED = 2000
_MAX_SHOWN = 500


def message_row(
    kind: str,
    payload: Mapping[str, Any],
    key: str,
    *,
    now: datetime,
    due: datetime | None = None,
    instance_id: str | None = None,
) -> dict[str, Any]:
    """The row of a new message, due now or at `due` (UTC). A `key` is used once."""
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
    """Write a message in the caller's transaction; nothing happens when the key has been used."""
    row = message_row(kind, payload, key, now=now, due=due, instance_id=instance_id)
    insert_once(connection, outbox, row)


def mark_delivered(connection: Connection, message_id: str, now: datetime) -> bool:
    """Mark a message as delivered in the transaction of its effect; False when it has been delivered before."""
    updated = connection.execute(
        update(outbox)
        .where(outbox.c.id == message_id, outbox.c.state == "waiting")
        .values(state="delivered", delivered_at=now, last_error=None)
    )
    return bool(updated.rowcount)


class Outbox:
    """Delivers the messages that are due. Several may work at once: each leases the message that it delivers.

    `internal` are the handlers of the kinds that the engine delivers to its own instances; these handlers mark the
    message as delivered themselves (`mark_delivered`).
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        operations: OperationRegistry,
        settings: Settings,
        internal: Mapping[str, Callable[[OutboxMessage], None]] | None = None,
    ) -> None:
        self._internal = dict(internal or {})
        self._database = database
        self._clock = clock
        self._operations = operations
        self._settings = settings

    def deliver(self, limit: int = 100) -> int:
        """Deliver up to `limit` messages that are due; gives how many were delivered."""
        due = self.next_due()  # on SQLite this, unlike a lease, makes no writer wait
        if due is None or due > self._clock.now():
            return 0
        delivered = 0
        previous: OutboxMessage | None = None
        for _ in range(limit):
            message, previous = self._lease_next(previous), None
            if message is None:
                break
            if self._deliver(message):
                delivered += 1
                previous = message
        if previous is not None:
            with self._database.begin() as work:
                self._mark_delivered(work.connection, previous)
        return delivered

    def next_due(self) -> datetime | None:
        """When the next message is due, UTC; None when none waits."""
        with self._database.read() as connection:
            return connection.execute(
                select(outbox.c.due_at).where(outbox.c.state == "waiting").order_by(outbox.c.due_at).limit(1)
            ).scalar_one_or_none()

    def _mark_delivered(self, connection: Connection, message: OutboxMessage) -> None:
        if message.kind not in self._internal:
            mark_delivered(connection, message.id, self._clock.now())

    def _lease_next(self, delivered: OutboxMessage | None) -> OutboxMessage | None:
        """Lease the first message that is due, and mark the one just delivered in the same transaction."""
        now = self._clock.now()
        with self._database.begin() as work:
            if delivered is not None:
                self._mark_delivered(work.connection, delivered)
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

    def _deliver(self, message: OutboxMessage) -> bool:
        """Deliver a message; when that fails, plan the next attempt or give up, and return False."""
        handler = self._operations.handlers.get(message.kind)
        try:
            if message.kind in self._internal:
                self._internal[message.kind](message)
                return True
            if handler is None:
                raise ExecutionFailed("OUTBOX_HANDLER_MISSING", kind=message.kind)
            handler(message, DeliveryContext(self._settings, self._database, self._clock))
        except Exception as problem:
            logger.warning(
                "Outbox message %s (%s) failed, attempt %s",
                message.id,
                message.kind,
                message.attempts,
                exc_info=problem,
            )
            self._handle_failure(message, describe_problem(problem))
            return False
        return True

    def _handle_failure(self, message: OutboxMessage, problem: str) -> None:
        now = self._clock.now()
        with self._database.begin() as work:
            if message.attempts < MAX_ATTEMPTS:
                wait = self._settings.retry_delay(message.attempts)
                work.connection.execute(
                    update(outbox)
                    .where(outbox.c.id == message.id)
                    .values(due_at=now + wait, last_error=problem[:_MAX_LOGGED])
                )
                return
            work.connection.execute(
                update(outbox)
                .where(outbox.c.id == message.id)
                .values(state="failed", last_error=problem[:_MAX_LOGGED])
            )
            open_incident(
                work.connection,
                kind="outbox",
                element_id=message.kind,
                element_name=message.kind,
                sentence=Message(
                    "OUTBOX_NOT_DELIVERED",
                    {
                        "kind": message.kind,
                        "attempts": message.attempts,
                        "problem": problem if len(problem) <= _MAX_SHOWN else problem[:_MAX_SHOWN],
                    },
                ),
                attempts=message.attempts,
                now=now,
                instance_id=message.instance_id,
                source_kind="outbox",
                source_id=message.id,
                log_data={"message": message.kind},
            )

    def requeue(self, connection: Connection, message_id: str, now: datetime) -> None:
        """Make a message that failed due again, in the caller's transaction."""
        connection.execute(
            update(outbox)
            .where(outbox.c.id == message_id, outbox.c.state == "failed")
            .values(state="waiting", attempts=0, due_at=now)
        )
