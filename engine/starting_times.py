"""When cases begin by themselves: the timer starts of a definition, armed with its deployment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from engine.bpmn.model import Element, ProcessModel, Timer
from engine.bpmn.start_rules import SCOPE
from engine.errors import ExecutionFailed
from engine.moments import Due, later_repetition, occurrence_of, timer_due
from engine.storage.tables import definition, scheduled_start
from engine.storage.types import new_id


def arm_starts(connection: Connection, process: ProcessModel, definition_id: str, now: datetime) -> None:
    """The timer starts of a new version take the place of those of the old ones; what is owed already stays owed."""
    of_key = definition.c.key == process.id
    waits = (scheduled_start.c.state == "waiting", scheduled_start.c.definition_id == definition.c.id, of_key)
    owed = connection.execute(
        select(scheduled_start)
        .where(*waits, scheduled_start.c.due_at <= now, *goes_on())
        .with_for_update(of=scheduled_start)
    ).all()
    older = select(definition.c.id).where(of_key)
    connection.execute(
        update(scheduled_start)
        .where(scheduled_start.c.definition_id.in_(older), scheduled_start.c.state == "waiting")
        .values(state="ended")
    )
    for start in process.start_events():
        if start.timer is None:
            continue
        for row in owed:
            if row.element_id == start.id:
                _insert(connection, definition_id, start, Due(row.due_at, True), now)
        due = first_due(start.timer, now)
        if due is not None:
            _insert(connection, definition_id, start, due, now)


def first_due(timer: Timer, now: datetime) -> Due | None:
    """When a timer start deployed now is due first; None when that is over: a past date starts nothing."""
    try:
        due = timer_due(timer, now, _nothing)
    except ExecutionFailed:  # a repetition without any time
        return None
    if due.repetition is None:
        return None if due.at <= now else due
    return following(due.repetition, now)


def _nothing(text: str) -> Any:
    raise ExecutionFailed(f"«{text}»: prima della pratica non c'è nulla da calcolare")


def following(repetition: Mapping[str, Any], now: datetime) -> Due | None:
    """The first time after `now` of a repetition; None when it is over."""
    later = later_repetition(repetition, now)
    return None if later is None else occurrence_of(later)


def _insert(connection: Connection, definition_id: str, start: Element, due: Due, now: datetime) -> None:
    connection.execute(
        insert(scheduled_start).values(
            id=new_id(),
            definition_id=definition_id,
            element_id=start.id,
            name=start.label,
            scope=start.properties[SCOPE].strip(),
            due_at=due.at,
            repetition=due.repetition,
            state="waiting",
            created_at=now,
        )
    )


def goes_on() -> tuple[Any, ...]:
    """SQL: the definition may start cases."""
    return (definition.c.state == "active", definition.c.suspended_at.is_(None))
