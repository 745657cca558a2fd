"""Processes that begin by themselves at a date: armed with each deployment, started once for each time that is due.

Only the newest version of a process is armed, and nothing starts while it is suspended or retired. Times that went by
meanwhile (or while no engine ran) start one case, not one each; then it goes on with the first time to come.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from engine.access.actors import SYSTEM, Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.execution.incident_rows import open_clock_incident
from engine.execution.step_runner import Stepper
from engine.scheduling.timer_definition import Due
from engine.scheduling.timer_start_events import calendar_of, following, goes_on
from engine.storage.tables import definition, scheduled_start
from engine.storage.types import new_id

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ComingStart:
    """A case that will begin by itself: when (UTC), of which version, at which start event, in which ambito."""

    definition_id: str
    definition_name: str
    element_id: str
    name: str
    scope: str
    due_at: datetime
    repeats: bool
    """Whether it begins again after that."""


def _after(connection: Connection, row: Any, moment: datetime) -> Due | None:
    """When a start begins a case again after a moment; None when it does not."""
    return following(row.repetition, moment, calendar_of(connection, row.scope)) if row.repetition else None


def _waiting(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .join(definition, definition.c.id == scheduled_start.c.definition_id)
        .where(scheduled_start.c.state == "waiting", *goes_on())
        .order_by(scheduled_start.c.due_at, scheduled_start.c.id)
    )


class ScheduledStarts:
    """Starts what is due, called by the scheduler; and says what will begin."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix) -> None:
        self._stepper = stepper
        self._permissions = permissions

    def coming(self, actor: Actor, limit: int = 200) -> tuple[ComingStart, ...]:
        """What begins by itself, the soonest first; of suspended and retired processes nothing does.

        Needs `definition.deploy`.
        """
        self._permissions.require(actor, Permission.DEFINITION_DEPLOY)
        query = _waiting(scheduled_start, definition.c.name.label("definition_name")).limit(limit)
        with self._stepper.database.read() as connection:
            return tuple(
                ComingStart(
                    row.definition_id,
                    row.definition_name,
                    row.element_id,
                    row.name,
                    row.scope,
                    row.due_at,
                    _after(connection, row, row.due_at) is not None,
                )
                for row in connection.execute(query)
            )

    def next_due(self) -> datetime | None:
        """When the next case begins by itself, UTC; None when none does."""
        with self._stepper.database.read() as connection:
            return connection.execute(_waiting(scheduled_start.c.due_at).limit(1)).scalar_one_or_none()

    def start_due(self, limit: int = 1000) -> int:
        """Start what is due now, earliest first, and say how many cases began."""
        started = 0
        for _ in range(limit):
            due = _waiting(scheduled_start.c.id).where(scheduled_start.c.due_at <= self._stepper.clock.now())
            with self._stepper.database.read() as connection:
                found = connection.execute(due.limit(1)).scalar_one_or_none()
            if found is None:
                break
            try:
                started += int(self.start(found))
            except Exception as problem:
                logger.exception("Scheduled start %s failed", found)
                self._give_up(found, problem)
        return started

    def start(self, start_id: str) -> bool:
        """Start one if, read again under its lock, it is still waiting and due."""
        now = self._stepper.clock.now()
        with self._stepper.database.begin() as work:
            row = work.connection.execute(
                _waiting(scheduled_start)
                .where(scheduled_start.c.id == start_id, scheduled_start.c.due_at <= now)
                .with_for_update(of=scheduled_start)
            ).one_or_none()
            if row is None:
                return False
            self._go_on(work.connection, row, now, "ended")
            self._stepper.begin(
                work,
                self._stepper.repository.get(row.definition_id),
                {},
                SYSTEM,
                scope=row.scope,
                business_key=None,
                subject=None,
                title=None,
                start_event=row.element_id,
            )
        return True

    @staticmethod
    def _go_on(connection: Connection, row: Any, now: datetime, state: str) -> None:
        """This time is over, as `state` says; a repetition waits for its next one in a row of its own."""
        connection.execute(
            update(scheduled_start)
            .where(scheduled_start.c.id == row.id)
            .values(state=state, fired_at=now, repetition=None)
        )
        coming = _after(connection, row, now)
        if coming is not None:
            columns = {
                **row._mapping,
                "id": new_id(),
                "state": "waiting",
                "created_at": now,
                "fired_at": None,
            }
            columns.update(due_at=coming.at, repetition=coming.repetition)
            connection.execute(insert(scheduled_start).values(columns))

    def _give_up(self, start_id: str, problem: Exception) -> None:
        now = self._stepper.clock.now()
        with self._stepper.database.begin() as work:
            row = work.connection.execute(
                _waiting(scheduled_start)
                .where(scheduled_start.c.id == start_id)
                .with_for_update(of=scheduled_start)
            ).one_or_none()
            if row is None:
                return
            self._go_on(work.connection, row, now, "failed")
            sentence = f"«{row.name}» non ha avviato «{row.definition_id}»"
            open_clock_incident(work.connection, row, sentence, problem, now, definition_id=row.definition_id)


def try_again(connection: Connection, start_id: str, now: datetime) -> None:
    """Let a start that failed be tried once more, within the caller's transaction."""
    connection.execute(
        update(scheduled_start)
        .where(scheduled_start.c.id == start_id, scheduled_start.c.state == "failed")
        .values(state="waiting", due_at=now)
    )
