"""When cases begin by themselves: the timer starts of a definition, armed with its deployment.

As the diagram says, unless an administrator has put another term in force: a moment, or a repetition. An offset has
nothing to count from, since there is no case yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from engine.errors import ExecutionFailed
from engine.languages.bpmn.lint.starts import SCOPE
from engine.languages.bpmn.model import Element, ProcessModel, Timer
from engine.scheduling.calendars.store import working_days
from engine.scheduling.overrides import At, Every, Term, occurrence, start_key, term_of, values_of
from engine.scheduling.overrides.calculation import Calendar, nominal_day
from engine.scheduling.overrides.lookup import nearest, terms_in_force
from engine.scheduling.timer_definition import Due, later_repetition, occurrence_of, rearmed, timer_due
from engine.storage.tables import definition, scheduled_start
from engine.storage.types import new_id
from engine.temporal import WorkingCalendar, day_in_rome


def arm_starts(connection: Connection, process: ProcessModel, definition_id: str, now: datetime) -> None:
    """The timer starts of a new version take the place of those of the old ones; what is owed already stays owed.

    An administrator's term goes on holding; a repetition goes on counting.
    """
    of_key = definition.c.key == process.id
    waits = (scheduled_start.c.state == "waiting", scheduled_start.c.definition_id == definition.c.id, of_key)
    before = connection.execute(
        select(scheduled_start).where(*waits, *goes_on()).with_for_update(of=scheduled_start)
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
        mine = [row for row in before if row.element_id == start.id]
        for row in mine:
            if row.due_at <= now:
                insert_start(connection, definition_id, start, Due(row.due_at, True), now)
        term = _in_force(connection, process, start)
        armed = next((row.repetition for row in mine if row.repetition), None)
        due = due_under(term, start.timer, now, now, armed, now, calendar_of(connection, scope_of(start)))
        if due is not None and due.at > now:
            insert_start(connection, definition_id, start, due, now)


def _in_force(connection: Connection, process: ProcessModel, start: Element) -> Term | None:
    key = start_key(process.id, start.id)
    return nearest(terms_in_force(connection, key), key, scope_of(start))


def due_under(
    term: Term | None,
    timer: Timer,
    deployed_at: datetime,
    begun: datetime,
    armed: Mapping[str, Any] | None,
    now: datetime,
    calendar: Calendar,
) -> Due | None:
    """When a timer start is due next under a term (None: what the diagram says, whose spans count from `deployed_at`).

    A repetition counts from `begun`, or goes on as `armed` when that is its state. A fixed moment may be past; else
    None when nothing begins any more.
    """
    if term is None:
        return first_due(timer, deployed_at, now)
    if isinstance(term, At):
        return Due(term.at.astimezone(UTC), True)
    assert isinstance(term, Every)
    if armed is None or armed.get("rule") != values_of(term):
        armed = rearmed(term, begun, None)
    return following(armed, now, calendar)


def first_due(timer: Timer, armed_at: datetime, now: datetime) -> Due | None:
    """When a timer start armed at a moment is due after `now`; None when that is over: a past date starts nothing."""
    try:
        due = timer_due(timer, armed_at, _nothing)
    except ExecutionFailed:  # a repetition without any time
        return None
    if due.repetition is None:
        return None if due.at <= now else due
    return following(due.repetition, now, _no_calendar)


def _nothing(text: str) -> Any:
    raise ExecutionFailed(f"«{text}»: prima della pratica non c'è nulla da calcolare")


def _no_calendar() -> WorkingCalendar:
    raise ExecutionFailed("La ripetizione di un diagramma non conosce giorni lavorativi")


def following(repetition: Mapping[str, Any], now: datetime, calendar: Calendar) -> Due | None:
    """The first time after `now` of a repetition, the diagram's or an administrator's; None when it is over."""
    if "rule" not in repetition:
        later = later_repetition(repetition, now)
        return None if later is None else occurrence_of(later)
    term = term_of(repetition["rule"])
    assert isinstance(term, Every)
    created, n = datetime.fromisoformat(repetition["created"]), int(repetition["n"])
    while nominal_day(term, day_in_rome(created), n) < day_in_rome(now):
        n += 1
    moment = occurrence(term, created, n, calendar)
    while moment is not None and moment <= now:
        n += 1
        moment = occurrence(term, created, n, calendar)
    return None if moment is None else Due(moment, False, {**repetition, "n": n})


def calendar_of(connection: Connection, scope: str) -> Calendar:
    """The working days where a start's cases begin, read when they are asked for."""
    return lambda: working_days(connection, scope)


def scope_of(start: Element) -> str:
    """The ambito where the cases of a timer start begin."""
    return start.properties[SCOPE].strip()


def insert_start(connection: Connection, definition_id: str, start: Element, due: Due, now: datetime) -> None:
    """Let a start of a definition wait for its moment."""
    connection.execute(
        insert(scheduled_start).values(
            id=new_id(),
            definition_id=definition_id,
            element_id=start.id,
            name=start.label,
            scope=scope_of(start),
            due_at=due.at,
            repetition=due.repetition,
            state="waiting",
            created_at=now,
        )
    )


def goes_on() -> tuple[Any, ...]:
    """SQL: the definition may start cases."""
    return (definition.c.state == "active", definition.c.suspended_at.is_(None))
