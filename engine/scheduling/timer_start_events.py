"""Timer start events: the rows that start instances of a definition by themselves, scheduled with its deployment.

They are due as the diagram says or as the override in force says: a moment or a repetition. There is no instance yet
that an offset could count from.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from engine.errors import ExecutionFailed
from engine.languages.bpmn.lint.starts import SCOPE_PROPERTY
from engine.languages.bpmn.model import Element, ProcessModel, Timer
from engine.scheduling.calendars.lookup import working_days
from engine.scheduling.overrides import At, Every, Override, nearest_override, overrides_in_force, start_key
from engine.scheduling.overrides.calculation import Calendar
from engine.scheduling.timer_definition import Due, RecurrenceState, recurrence_from_column, timer_due
from engine.storage.tables import definition, scheduled_start
from engine.storage.types import new_id


def schedule_starts(connection: Connection, process: ProcessModel, definition_id: str, now: datetime) -> None:
    """Schedule the timer starts of a new version in place of those of the older ones.

    Starts that are due already stay due. Overrides stay in force, and a repetition continues its count.
    """
    of_process = definition.c.key == process.id
    before = connection.execute(
        select(scheduled_start)
        .where(
            scheduled_start.c.state == "waiting",
            scheduled_start.c.definition_id == definition.c.id,
            of_process,
            *may_start(),
        )
        .with_for_update(of=scheduled_start)
    ).all()
    versions = select(definition.c.id).where(of_process)
    connection.execute(
        update(scheduled_start)
        .where(scheduled_start.c.definition_id.in_(versions), scheduled_start.c.state == "waiting")
        .values(state="ended")
    )
    for start in process.start_events():
        if start.timer is None:
            continue
        rows = [row for row in before if row.element_id == start.id]
        for row in rows:
            if row.due_at <= now:
                insert_start(connection, definition_id, start, Due(row.due_at, True), now)
        override = _override_of(connection, process, start)
        stored = next((row.repetition for row in rows if row.repetition), None)
        recurrence = recurrence_from_column(stored)
        calendar = calendar_of_scope(connection, start_scope(start))
        due = next_start(override, start.timer, now, now, recurrence, now, calendar)
        if due is not None and due.at > now:
            insert_start(connection, definition_id, start, due, now)


def _override_of(connection: Connection, process: ProcessModel, start: Element) -> Override | None:
    key = start_key(process.id, start.id)
    return nearest_override(overrides_in_force(connection, key), key, start_scope(start))


def next_start(
    override: Override | None,
    timer: Timer,
    deployed_at: datetime,
    begun: datetime,
    recurrence: RecurrenceState | None,
    now: datetime,
    calendar: Calendar,
) -> Due | None:
    """When a timer start is due next: under an override, or (None) as the diagram says, counted from `deployed_at`.

    A repetition continues from `recurrence` when that is its state, else it counts from `begun`. A fixed moment may be
    in the past. None when no further instance starts.
    """
    if override is None:
        return _next_start_of_diagram(timer, deployed_at, now)
    if isinstance(override, At):
        return Due(override.at.astimezone(UTC), True)
    assert isinstance(override, Every)
    if recurrence is None or recurrence.rule != override:
        recurrence = RecurrenceState.of_rule(override, begun)
    return recurrence.first_after(now, calendar)


def _next_start_of_diagram(timer: Timer, deployed_at: datetime, now: datetime) -> Due | None:
    try:
        due = timer_due(timer, deployed_at, _not_computable)
    except ExecutionFailed:  # a repetition without any occurrence
        return None
    if due.recurrence is None:
        return None if due.at <= now else due
    return due.recurrence.first_after(now)


def _not_computable(text: str) -> Any:
    raise ExecutionFailed("TIMER_START_NEEDS_NO_INSTANCE", text=text)


def calendar_of_scope(connection: Connection, scope: str) -> Calendar:
    """The working days of a scope, read when they are needed."""
    return lambda: working_days(connection, scope)


def start_scope(start: Element) -> str:
    """The scope of the instances that a timer start event starts."""
    return start.properties[SCOPE_PROPERTY].strip()


def insert_start(connection: Connection, definition_id: str, start: Element, due: Due, now: datetime) -> None:
    """Insert the row of a timer start that waits for its moment."""
    connection.execute(
        insert(scheduled_start).values(
            id=new_id(),
            definition_id=definition_id,
            element_id=start.id,
            name=start.label,
            scope=start_scope(start),
            due_at=due.at,
            repetition=due.repetition,
            state="waiting",
            created_at=now,
        )
    )


def retry_start(connection: Connection, start_id: str, now: datetime) -> None:
    """Make a failed start due again, within the caller's transaction."""
    connection.execute(
        update(scheduled_start)
        .where(scheduled_start.c.id == start_id, scheduled_start.c.state == "failed")
        .values(state="waiting", due_at=now)
    )


def may_start() -> tuple[Any, ...]:
    """SQL: the definition may start instances."""
    return (definition.c.state == "active", definition.c.suspended_at.is_(None))
