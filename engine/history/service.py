"""What happened, who looked, and why a case stands still: reads (and the note that somebody read)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, union_all

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.visibility import require_case
from engine.clock import Clock
from engine.definitions.repository import Repository
from engine.errors import NotFound
from engine.history.models import Event
from engine.history.waiting_reasons import Waiting
from engine.storage import Database
from engine.storage.tables import event, instance, participant, task, timer

MOST_EVENTS = 500


class History:
    """The log of a case, for those who may see it."""

    def __init__(
        self, database: Database, clock: Clock, repository: Repository, permissions: PermissionMatrix
    ) -> None:
        self._database = database
        self._clock = clock
        self._repository = repository
        self._permissions = permissions

    def timeline(
        self, instance_id: str, actor: Actor, *, after: int = 0, limit: int = MOST_EVENTS
    ) -> tuple[Event, ...]:
        """The events of a case in the order they happened, from the one after the id given."""
        with self._database.read() as connection:
            self._case(connection, instance_id, actor)
            mine = event.c.instance_id == instance_id
            if moves := _moves(connection, instance_id):
                mine = or_(mine, event.c.id.in_(moves))
            rows = connection.execute(
                select(event)
                .where(mine, event.c.id > after, event.c.kind != "case.read")
                .order_by(event.c.id)
                .limit(min(limit, MOST_EVENTS))
            )
            return tuple(_view(row, instance_id) for row in rows)

    def looked(self, instance_id: str, actor: Actor, what: str = "case") -> None:
        """Note that an actor has read a case."""
        with self._database.begin() as work:
            work.connection.execute(
                insert(event).values(
                    instance_id=instance_id,
                    at=self._clock.now(),
                    actor_id=actor.id,
                    kind="case.read",
                    data={"what": what},
                )
            )

    def readers(self, instance_id: str, actor: Actor) -> tuple[Event, ...]:
        """Who looked at a case, the latest first. Needs `audit.read` in its scope."""
        with self._database.read() as connection:
            row = self._case(connection, instance_id, actor)
            self._permissions.require(actor, Permission.AUDIT_READ, row.scope)
            rows = connection.execute(
                select(event)
                .where(event.c.instance_id == instance_id, event.c.kind == "case.read")
                .order_by(event.c.id.desc())
                .limit(MOST_EVENTS)
            )
            return tuple(_view(found, instance_id) for found in rows)

    def participants(self, instance_id: str, actor: Actor) -> tuple[Mapping[str, Any], ...]:
        """Who takes, or took, part in a case: actor_id, role, since, until."""
        with self._database.read() as connection:
            self._case(connection, instance_id, actor)
            rows = connection.execute(
                select(participant)
                .where(participant.c.instance_id == instance_id)
                .order_by(participant.c.since)
            )
            return tuple(dict(row._mapping) for row in rows)

    def why_waiting(self, instance_id: str, actor: Actor, language: str = "it") -> tuple[str, ...]:
        """In sentences: who is awaited for what, until when, and what happens then."""
        with self._database.read() as connection:
            row = self._case(connection, instance_id, actor)
            program = self._repository.compiled(row.definition_id).program
            return Waiting(connection, program, self._permissions, self._clock.now(), language).sentences(row)

    def _case(self, connection: Connection, instance_id: str, actor: Actor) -> Row[Any]:
        row = connection.execute(select(instance).where(instance.c.id == instance_id)).one_or_none()
        if row is None:
            raise NotFound("La pratica non c'è")
        require_case(connection, row, actor, self._permissions)
        return row


def _moves(connection: Connection, instance_id: str) -> list[int]:
    """The log's lines of the changes for all that have moved a timer or a date of this case."""
    texts = union_all(
        *(
            select(table.c.moves).where(table.c.instance_id == instance_id, table.c.moves.is_not(None))
            for table in (timer, task)
        )
    )
    return sorted({int(line) for text in connection.execute(texts).scalars() for line in text.split()})


def _view(row: Row[Any], instance_id: str) -> Event:
    return Event(
        row.id,
        instance_id,
        row.at,
        row.actor_id,
        row.kind,
        row.element_id,
        row.element_name,
        row.definition_id,
        row.data or {},
    )
