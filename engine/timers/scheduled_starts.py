"""Starts the instances that timer start events begin by themselves.

Only the newest version of a process has scheduled starts, and none starts while it is suspended or retired. Occurrences
missed meanwhile start one instance, not one each; then the repetition continues with the next one to come.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from engine.access import SYSTEM, Actor, Permission, PermissionMatrix
from engine.execution import StepRunner, open_timer_incident
from engine.localization import message
from engine.scheduling.timer_definition import Due, recurrence_from_column
from engine.scheduling.timer_start_events import calendar_of_scope, may_start
from engine.storage.tables import definition, scheduled_start
from engine.storage.types import new_id
from engine.timers.models import ScheduledStart

logger = logging.getLogger(__name__)


class ScheduledStarts:
    """Starts what is due, on behalf of the scheduler, and lists what is scheduled."""

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix) -> None:
        self._step_runner = step_runner
        self._permissions = permissions

    def upcoming(self, actor: Actor, limit: int = 200) -> tuple[ScheduledStart, ...]:
        """The next scheduled starts, the earliest first; none of suspended and retired processes.

        Needs `definition.deploy`.
        """
        self._permissions.require(actor, Permission.DEFINITION_DEPLOY)
        query = _waiting(scheduled_start, definition.c.name.label("definition_name")).limit(limit)
        with self._step_runner.database.read() as connection:
            return tuple(
                ScheduledStart(
                    row.definition_id,
                    row.definition_name,
                    row.element_id,
                    row.name,
                    row.scope,
                    row.due_at,
                    _next_occurrence(connection, row, row.due_at) is not None,
                )
                for row in connection.execute(query)
            )

    def next_due(self) -> datetime | None:
        """When the next instance starts by itself, UTC; None when none does."""
        with self._step_runner.database.read() as connection:
            return connection.execute(_waiting(scheduled_start.c.due_at).limit(1)).scalar_one_or_none()

    def start_due(self, limit: int = 1000) -> int:
        """Start at most `limit` instances that are due, the earliest first, and return how many started."""
        started = 0
        for _ in range(limit):
            now = self._step_runner.clock.now()
            due = _waiting(scheduled_start.c.id).where(scheduled_start.c.due_at <= now).limit(1)
            with self._step_runner.database.read() as connection:
                found = connection.execute(due).scalar_one_or_none()
            if found is None:
                break
            try:
                started += int(self.start(found))
            except Exception as problem:
                logger.exception("Scheduled start %s failed", found)
                self._fail(found, problem)
        return started

    def start(self, start_id: str) -> bool:
        """Start one instance if its scheduled start, read again under its lock, is still waiting and due."""
        now = self._step_runner.clock.now()
        with self._step_runner.database.begin() as work:
            row = work.connection.execute(
                _waiting(scheduled_start)
                .where(scheduled_start.c.id == start_id, scheduled_start.c.due_at <= now)
                .with_for_update(of=scheduled_start)
            ).one_or_none()
            if row is None:
                return False
            _finish(work.connection, row, now, "ended")
            self._step_runner.start_instance(
                work,
                self._step_runner.repository.get(row.definition_id),
                {},
                SYSTEM,
                scope=row.scope,
                business_key=None,
                subject=None,
                title=None,
                start_event=row.element_id,
            )
        return True

    def _fail(self, start_id: str, problem: Exception) -> None:
        now = self._step_runner.clock.now()
        with self._step_runner.database.begin() as work:
            row = work.connection.execute(
                _waiting(scheduled_start)
                .where(scheduled_start.c.id == start_id)
                .with_for_update(of=scheduled_start)
            ).one_or_none()
            if row is None:
                return
            _finish(work.connection, row, now, "failed")
            open_timer_incident(
                work.connection,
                row,
                message("SCHEDULED_START_FAILED", name=row.name, definition=row.definition_id),
                problem,
                now,
                source_kind="scheduled_start",
                definition_id=row.definition_id,
            )


def _waiting(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .join(definition, definition.c.id == scheduled_start.c.definition_id)
        .where(scheduled_start.c.state == "waiting", *may_start())
        .order_by(scheduled_start.c.due_at, scheduled_start.c.id)
    )


def _next_occurrence(connection: Connection, row: Any, moment: datetime) -> Due | None:
    """When a scheduled start is due again after a moment; None when it is not."""
    recurrence = recurrence_from_column(row.repetition)
    if recurrence is None:
        return None
    return recurrence.first_after(moment, calendar_of_scope(connection, row.scope))


def _finish(connection: Connection, row: Any, now: datetime, state: str) -> None:
    """Give a scheduled start its final state; the next occurrence of a repetition waits in a new row."""
    connection.execute(
        update(scheduled_start)
        .where(scheduled_start.c.id == row.id)
        .values(state=state, fired_at=now, repetition=None)
    )
    due = _next_occurrence(connection, row, now)
    if due is not None:
        columns = {
            **row._mapping,
            "id": new_id(),
            "state": "waiting",
            "created_at": now,
            "fired_at": None,
            "due_at": due.at,
            "repetition": due.repetition,
        }
        connection.execute(insert(scheduled_start).values(columns))
