"""What happened, who looked, and why a case stands still: reads (and the note that somebody read)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from engine.actors import Actor
from engine.calendar import in_rome
from engine.clock import Clock
from engine.errors import NotFound
from engine.permissions import Permission, PermissionMatrix
from engine.storage import Database
from engine.storage.tables import (
    event,
    incident,
    instance,
    participant,
    subscription,
    task,
    task_candidate,
    timer,
)
from engine.views import Event
from engine.visibility import require_case

MOST_EVENTS = 500


class History:
    """The log of a case, for those who may see it."""

    def __init__(self, database: Database, clock: Clock, permissions: PermissionMatrix) -> None:
        self._database = database
        self._clock = clock
        self._permissions = permissions

    def timeline(
        self, instance_id: str, actor: Actor, *, after: int = 0, limit: int = MOST_EVENTS
    ) -> tuple[Event, ...]:
        """The events of a case in the order they happened, from the one after the id given."""
        with self._database.read() as connection:
            self._case(connection, instance_id, actor)
            rows = connection.execute(
                select(event)
                .where(event.c.instance_id == instance_id, event.c.id > after, event.c.kind != "case.read")
                .order_by(event.c.id)
                .limit(min(limit, MOST_EVENTS))
            )
            return tuple(_view(row) for row in rows)

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
            return tuple(_view(found) for found in rows)

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

    def why_waiting(self, instance_id: str, actor: Actor) -> tuple[str, ...]:
        """In sentences: who is awaited for what, until when, and what happens then."""
        with self._database.read() as connection:
            row = self._case(connection, instance_id, actor)
            if row.state in ("completed", "cancelled"):
                return (
                    f"La pratica è {'conclusa' if row.state == 'completed' else 'annullata'} dal {_day(row.ended_at)}.",
                )
            found: list[str] = []
            if row.state == "suspended":
                found.append(
                    f"La pratica è sospesa dal {_day(row.suspended_at)}: i tempi sono fermi finché non viene ripresa."
                )
            timers = connection.execute(
                select(timer)
                .where(
                    timer.c.instance_id == instance_id, timer.c.state == "waiting", timer.c.kind != "overdue"
                )
                .order_by(timer.c.due_at)
            ).all()
            found += self._tasks(connection, instance_id)
            found += [_timer_sentence(found_timer) for found_timer in timers]
            found += (
                [
                    f"Si attende il messaggio «{message}»."
                    for message in connection.execute(
                        select(subscription.c.message)
                        .distinct()
                        .where(subscription.c.instance_id == instance_id, subscription.c.state == "waiting")
                    ).scalars()
                ]
                if not found
                else []
            )
            found += [
                f"«{problem.element_name}» si è fermato: {problem.sentence}. Deve intervenire un amministratore."
                for problem in connection.execute(
                    select(incident).where(incident.c.instance_id == instance_id, incident.c.state == "open")
                )
            ]
            return tuple(found)

    def _tasks(self, connection: Connection, instance_id: str) -> list[str]:
        sentences = []
        now = self._clock.now()
        for row in connection.execute(
            select(task)
            .where(task.c.instance_id == instance_id, task.c.state.in_(("open", "suspended")))
            .order_by(task.c.due_order)
        ).all():
            if row.assignee:
                who = f"Si attende {row.assignee}"
            else:
                names = connection.execute(
                    select(task_candidate.c.kind, task_candidate.c.name).where(
                        task_candidate.c.task_id == row.id
                    )
                ).all()
                labels = [
                    self._permissions.labels([found.name])[0] if found.kind == "role" else found.name
                    for found in names
                ]
                who = (
                    f"Si attende che {' o '.join(labels)} prenda in carico il compito"
                    if labels
                    else "Si attende qualcuno"
                )
            until = ""
            if row.due_at is not None:
                until = (
                    f", in ritardo dal {_day(row.due_at)}"
                    if row.due_at < now
                    else f", entro il {_day(row.due_at)}"
                )
            sentences.append(f"{who} per «{row.name}»{until}.")
        return sentences

    def _case(self, connection: Connection, instance_id: str, actor: Actor) -> Row[Any]:
        row = connection.execute(select(instance).where(instance.c.id == instance_id)).one_or_none()
        if row is None:
            raise NotFound("La pratica non c'è")
        require_case(connection, row, actor, self._permissions)
        return row


def _timer_sentence(row: Row[Any]) -> str:
    if row.kind == "retry":
        return f"«{row.name}» non è riuscito e sarà ritentato il {_moment(row.due_at)}."
    return f"Il {_moment(row.due_at)} scatta «{row.name}»."


def _day(moment: datetime) -> str:
    return in_rome(moment).strftime("%d/%m/%Y")


def _moment(moment: datetime) -> str:
    return in_rome(moment).strftime("%d/%m/%Y alle %H:%M")


def _view(row: Row[Any]) -> Event:
    return Event(
        row.id,
        row.instance_id,
        row.at,
        row.actor_id,
        row.kind,
        row.element_id,
        row.element_name,
        row.definition_id,
        row.data or {},
    )
