"""When a timer or a task that begins to wait is due: as the diagram says, or as the override in force says.

A row stores both moments and the moment they are counted from, so that a change of an override updates all waiting rows
in a few statements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from engine.errors import EngineError, ExecutionFailed
from engine.execution.environment import StepEnvironment
from engine.languages.bpmn.model import Element
from engine.scheduling.overrides import (
    After,
    At,
    Every,
    Override,
    due_moment,
    task_keys,
    timer_key,
)
from engine.scheduling.overrides.deadline_keys import diagram_default
from engine.scheduling.overrides.model import DIAGRAM, ELEMENT, START, WAIT
from engine.scheduling.timer_definition import (
    Due,
    RecurrenceState,
    due_date,
    recurrence_from_column,
    timer_due,
)
from engine.storage.tables import task

END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
"""The value of `task.due_order` for a task without due date: it comes last."""

END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
"""The value of `due_order` of a task without a due date: it sorts last."""


def timer_dates(
    environment: StepEnvironment,
    element: Element,
    variables: Mapping[str, Any],
    repetition: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """The columns of a timer event that begins to wait at `now` (default: the moment of the step).

    `repetition` is the stored state of a repetition already begun. Raises EngineError when neither the diagram nor an
    administrator gives a moment.
    """
    assert element.timer is not None
    key, timer = timer_key(element), replace(element.timer, text=diagram_default(element.timer.text))
    override = environment.overrides.of(key)
    now = now or environment.now
    recurrence = recurrence_from_column(repetition)
    begun = now if recurrence is None else recurrence.previous_occurrence()

    def evaluate_diagram() -> Due | None:
        state = None if recurrence is None else recurrence.of_diagram
        if recurrence is not None and state is None:
            return None  # the diagram's repetition is over, the administrator's goes on
        return timer_due(timer, now, lambda feel: environment.evaluate(feel, variables), state)

    default, problem = _without_error(evaluate_diagram)
    due = _in_force(environment, override, begun, default, recurrence)
    if due is None:
        raise problem or ExecutionFailed("TIMER_WITHOUT_DUE_DATE", name=element.label)
    return {
        "due_at": due.at,
        "fixed": due.fixed,
        "repetition": due.repetition,
        "deadline": key,
        "scope": environment.instance.scope,
        "begun_at": begun,
        "case_started_at": environment.instance.started_at,
        "default_at": default.at if default else None,
        "default_fixed": default.fixed if default else None,
        "default_repetition": default.repetition if default else None,
    }


def task_dates(
    environment: StepEnvironment, element: Element, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns of a new task: due date and follow-up date. Raises EngineError as `timer_dates`."""
    assigned = element.assignment
    due_key, follow_key = task_keys(element)
    due, due_default = _task_date(environment, due_key, assigned.due_date, variables)
    follow, follow_default = _task_date(environment, follow_key, assigned.follow_up_date, variables)
    return {
        "due_at": due.at if due else None,
        "due_runs": bool(due and not due.fixed),
        "follow_up_at": follow.at if follow else None,
        "begun_at": environment.now,
        "case_started_at": environment.instance.started_at,
        "due_deadline": due_key,
        "due_default_at": due_default.at if due_default else None,
        "due_default_runs": (not due_default.fixed) if due_default else None,
        "follow_deadline": follow_key,
        "follow_default_at": follow_default.at if follow_default else None,
    }


def _task_date(
    environment: StepEnvironment, key: str | None, text: str, variables: Mapping[str, Any]
) -> tuple[Due | None, Due | None]:
    if key is None:
        return None, None
    override = environment.overrides.of(key)
    default, problem = _without_error(
        lambda: due_date(
            diagram_default(text), environment.now, lambda feel: environment.evaluate(feel, variables)
        )
    )
    due = _in_force(environment, override, environment.now, default, None)
    if due is None and problem is not None:
        raise problem
    return due, default


def _without_error(
    evaluate_diagram: Callable[[], Due | None],
) -> tuple[Due | None, EngineError | None]:
    """What the diagram gives, or the error instead: an override may not need it."""
    try:
        return evaluate_diagram(), None
    except EngineError as problem:
        return None, problem


def _in_force(
    environment: StepEnvironment,
    override: Override | None,
    begun: datetime,
    default: Due | None,
    recurrence: RecurrenceState | None,
) -> Due | None:
    if isinstance(override, Every):
        return _repeated(environment, override, begun, default, recurrence)
    if override is None or (default is not None and default.recurrence):
        return default
    anchor = anchor_of(environment, override, begun, default)
    if anchor is None:
        return default
    return Due(
        due_moment(override, anchor, lambda: environment.calendar),
        is_fixed(override, default.fixed if default else None),
    )


def is_fixed(override: Override, default_is_fixed: bool | None) -> bool:
    """Whether a suspension leaves the moment of an override where it is: a date, or an offset from a date."""
    if isinstance(override, After):
        return override.anchor == DIAGRAM and bool(default_is_fixed)
    return isinstance(override, At)


def _repeated(
    environment: StepEnvironment,
    override: Every,
    begun: datetime,
    default: Due | None,
    recurrence: RecurrenceState | None,
) -> Due:
    if recurrence is None or recurrence.rule != override:
        recurrence = RecurrenceState.of_rule(override, begun, default.recurrence if default else None)
    return recurrence.due(lambda: environment.calendar)


def anchor_of(
    environment: StepEnvironment, override: Override, begun: datetime, default: Due | None
) -> datetime | None:
    """The anchor of an override, aware; None when the instance has not reached it."""
    if isinstance(override, At) or not isinstance(override, After) or override.anchor == WAIT:
        return begun
    if override.anchor == DIAGRAM:
        return default.at if default else None
    if override.anchor == START:
        return environment.instance.started_at
    element_id = override.anchor.removeprefix(ELEMENT)
    if any(entry.kind == "task.completed" and entry.element_id == element_id for entry in environment.log):
        return environment.now  # the task whose completion is this very step
    query = select(func.max(task.c.completed_at)).where(
        task.c.instance_id == environment.instance.id,
        task.c.element_id == element_id,
        task.c.state == "completed",
    )
    moment: datetime | None = environment.connection.execute(query).scalar_one_or_none()
    return moment
