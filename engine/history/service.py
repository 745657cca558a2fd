"""The service of the history: the log of an instance, who read it, its participants, why it waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, or_, select, union_all

from engine.access import Actor, Permission, PermissionMatrix
from engine.access.visibility import read_visible_instance
from engine.clock import Clock
from engine.definitions.repository import Repository
from engine.history.models import Event
from engine.history.waiting_reasons import WaitingReasons
from engine.localization import Message
from engine.storage import Database
from engine.storage.event_log import LogEntry, append_event
from engine.storage.sql.keyset_pagination import Cursor, Page, page_of
from engine.storage.tables import event, participant, task, timer

MAX_EVENTS = 500
READ_KIND = "case.read"
"""The kind of the log entry that somebody has read an instance."""


class History:
    """The log of an instance, for actors who may see it. Every method raises NotFound and Forbidden."""

    def __init__(
        self, database: Database, clock: Clock, repository: Repository, permissions: PermissionMatrix
    ) -> None:
        self._database = database
        self._clock = clock
        self._repository = repository
        self._permissions = permissions

    def timeline(
        self, instance_id: str, actor: Actor, *, after: str = "", limit: int = MAX_EVENTS
    ) -> Page[Event]:
        """A page of the events of an instance, without the readings, in the order in which they happened."""
        limit = min(limit, MAX_EVENTS)
        with self._database.read() as connection:
            self._row(connection, instance_id, actor)
            events = event.c.instance_id == instance_id
            if changes := _deadline_changes(connection, instance_id):
                events = or_(events, event.c.id.in_(changes))
            query = select(event).where(events, event.c.kind != READ_KIND)
            if after:
                query = query.where(Cursor.decode(after, int).after([event.c.id]))
            rows = connection.execute(query.order_by(event.c.id).limit(limit + 1)).all()
        return page_of(rows, limit, lambda row: _view(row, instance_id), lambda row: (row.id,))

    def record_read(self, instance_id: str, actor: Actor, what: str = "case") -> None:
        """Log that an actor has read an instance, or a part of it. Checks no permission."""
        with self._database.begin() as work:
            append_event(
                work.connection,
                LogEntry(
                    instance_id=instance_id,
                    at=self._clock.now(),
                    actor_id=actor.id,
                    kind="case.read",
                    data={"what": what},
                ),
            )

    def readers(self, instance_id: str, actor: Actor) -> tuple[Event, ...]:
        """Who has read an instance, the latest reading first. Needs `audit.read` in its scope."""
        with self._database.read() as connection:
            row = self._row(connection, instance_id, actor)
            self._permissions.require(actor, Permission.AUDIT_READ, row.scope)
            rows = connection.execute(
                select(event)
                .where(event.c.instance_id == instance_id, event.c.kind == READ_KIND)
                .order_by(event.c.id.desc())
                .limit(MAX_EVENTS)
            )
            return tuple(_view(found, instance_id) for found in rows)

    def participants(self, instance_id: str, actor: Actor) -> tuple[Mapping[str, Any], ...]:
        """The participants of an instance, also former ones: actor_id, role, since, until."""
        with self._database.read() as connection:
            self._row(connection, instance_id, actor)
            rows = connection.execute(
                select(participant)
                .where(participant.c.instance_id == instance_id)
                .order_by(participant.c.since)
            )
            return tuple(dict(row._mapping) for row in rows)

    def waiting_reasons(self, instance_id: str, actor: Actor) -> tuple[Message, ...]:
        """A sentence for each thing that the instance waits for."""
        with self._database.read() as connection:
            row = self._row(connection, instance_id, actor)
            executable = self._repository.compiled(row.definition_id).executable
            reasons = WaitingReasons(connection, executable, self._permissions, self._clock.now())
            return reasons.of_instance(row)

    def _row(self, connection: Connection, instance_id: str, actor: Actor) -> Row[Any]:
        return read_visible_instance(connection, instance_id, actor, self._permissions)


def _deadline_changes(connection: Connection, instance_id: str) -> list[int]:
    """The ids of the events of bulk deadline changes that have moved a timer or a due date of this instance."""
    texts = union_all(
        *(
            select(table.c.moves).where(table.c.instance_id == instance_id, table.c.moves.is_not(None))
            for table in (timer, task)
        )
    )
    return sorted(
        {int(event_id) for text in connection.execute(texts).scalars() for event_id in text.split()}
    )


def _view(row: Row[Any], instance_id: str) -> Event:
    return Event(
        id=row.id,
        instance_id=instance_id,
        at=row.at,
        actor_id=row.actor_id,
        kind=row.kind,
        element_id=row.element_id,
        element_name=row.element_name,
        definition_id=row.definition_id,
        data=row.data or {},
    )
