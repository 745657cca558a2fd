"""When what begins to wait is due: as the diagram says, unless an administrator has put another term in force.

Both moments are kept in the row, with the one they count from, so that a change of the term moves every waiting row by
a few statements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from engine.errors import EngineError, ExecutionFailed
from engine.execution.environment import RunHost
from engine.languages.bpmn.model import Element
from engine.scheduling.overrides import (
    After,
    At,
    Every,
    Term,
    due_of,
    occurrence,
    task_keys,
    timer_key,
    values_of,
)
from engine.scheduling.overrides.deadline_keys import as_drawn
from engine.scheduling.overrides.model import DIAGRAM, ELEMENT, START, WAIT
from engine.scheduling.timer_definition import Due, due_date, latest_nominal, rearmed, timer_due
from engine.storage.tables import task

Default = Callable[[], Due | None]


def timer_dates(
    host: RunHost,
    element: Element,
    variables: Mapping[str, Any],
    armed: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """The columns of a timer event that begins to wait at `now` (the host's, unless another is given).

    `armed` is the state of a repetition already begun.

    Raises EngineError when neither the diagram nor an administrator gives a moment.
    """
    assert element.timer is not None
    key, drawn = timer_key(element), replace(element.timer, text=as_drawn(element.timer.text))
    term = host.terms.of(key)
    now = now or host.now
    begun = now if armed is None else latest_nominal(armed)
    drawn_state = armed["default"] if armed is not None and "rule" in armed else armed

    def default() -> Due | None:
        if armed is not None and drawn_state is None:
            return None  # the diagram's repetition is over, the administrator's goes on
        return timer_due(drawn, now, lambda feel: host.evaluate(feel, variables), drawn_state)

    known, problem = _tried(default)
    due = _in_force(host, term, begun, known, armed)
    if due is None:
        raise problem or ExecutionFailed(f"«{element.label}»: la scadenza non dà un momento")
    return {
        "due_at": due.at,
        "fixed": due.fixed,
        "repetition": due.repetition,
        "deadline": key,
        "scope": host.instance.scope,
        "begun_at": begun,
        "case_started_at": host.instance.started_at,
        "default_at": known.at if known else None,
        "default_fixed": known.fixed if known else None,
        "default_repetition": known.repetition if known else None,
    }


def task_dates(host: RunHost, element: Element, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a task that is made now: due and follow-up date. Raises EngineError as `timer_dates`."""
    assigned = element.assignment
    due_key, follow_key = task_keys(element)
    due, due_default = _task_date(host, due_key, assigned.due, variables)
    follow, follow_default = _task_date(host, follow_key, assigned.follow_up, variables)
    return {
        "due_at": due.at if due else None,
        "due_runs": bool(due and not due.fixed),
        "follow_up_at": follow.at if follow else None,
        "begun_at": host.now,
        "case_started_at": host.instance.started_at,
        "due_deadline": due_key,
        "due_default_at": due_default.at if due_default else None,
        "due_default_runs": (not due_default.fixed) if due_default else None,
        "follow_deadline": follow_key,
        "follow_default_at": follow_default.at if follow_default else None,
    }


def _task_date(
    host: RunHost, key: str | None, text: str, variables: Mapping[str, Any]
) -> tuple[Due | None, Due | None]:
    if key is None:
        return None, None
    term = host.terms.of(key)
    known, problem = _tried(
        lambda: due_date(as_drawn(text), host.now, lambda feel: host.evaluate(feel, variables))
    )
    due = _in_force(host, term, host.now, known, None)
    if due is None and problem is not None:
        raise problem
    return due, known


def _tried(default: Default) -> tuple[Due | None, EngineError | None]:
    """What the diagram says, or why it says nothing: a term in force may do without it."""
    try:
        return default(), None
    except EngineError as problem:
        return None, problem


def _in_force(
    host: RunHost, term: Term | None, begun: datetime, known: Due | None, armed: Mapping[str, Any] | None
) -> Due | None:
    if isinstance(term, Every):
        return _repeated(host, term, begun, known, armed)
    if term is None or (known is not None and known.repetition):
        return known
    anchor = moment_of(host, term, begun, known)
    if anchor is None:
        return known
    return Due(due_of(term, anchor, lambda: host.calendar), is_fixed(term, known.fixed if known else None))


def is_fixed(term: Term, drawn: bool | None) -> bool:
    """Whether the moments of a term stay where they are over a suspension: dates, and what counts from a date."""
    if isinstance(term, After):
        return term.anchor == DIAGRAM and bool(drawn)
    return isinstance(term, At)


def _repeated(
    host: RunHost, term: Every, begun: datetime, known: Due | None, armed: Mapping[str, Any] | None
) -> Due:
    state = armed
    if state is None or state.get("rule") != values_of(term):
        state = rearmed(term, begun, known.repetition if known else None)
    moment = occurrence(term, datetime.fromisoformat(state["created"]), state["n"], lambda: host.calendar)
    if moment is None:
        raise ExecutionFailed("La ripetizione decisa dall'amministratore non ha più scadenze")
    return Due(moment, False, dict(state))


def moment_of(host: RunHost, term: Term, begun: datetime, known: Due | None) -> datetime | None:
    """The moment of the case that an offset counts from; None when the case has not come to it."""
    if isinstance(term, At) or not isinstance(term, After) or term.anchor == WAIT:
        return begun
    if term.anchor == DIAGRAM:
        return known.at if known else None
    if term.anchor == START:
        return host.instance.started_at
    element_id = term.anchor.removeprefix(ELEMENT)
    if any(note["kind"] == "task.completed" and note["element_id"] == element_id for note in host.events):
        return host.now  # the task whose completion is this very step
    query = select(func.max(task.c.completed_at)).where(
        task.c.instance_id == host.instance.id,
        task.c.element_id == element_id,
        task.c.state == "completed",
    )
    moment: datetime | None = host.connection.execute(query).scalar_one_or_none()
    return moment
