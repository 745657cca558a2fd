"""Conditional events: looked at when variables have changed, and happening when their condition becomes true.

An event that begins to wait while its condition is true happens at once. One that does not interrupt happens again
only after its condition has been false in between. Nothing is ever looked at because time has passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import EngineError
from engine.languages.bpmn.model import Element
from engine.spiff.event_specs import CHOSEN, HELD
from engine.spiff.wait_states import FAILURE, events_of

if TYPE_CHECKING:
    from engine.spiff.process_run import ProcessRun


def look(run: ProcessRun, changed: bool) -> None:
    """Let happen what has become true; without `changed` only what has begun to wait since is looked at."""
    for workflow in list(run.workflows()):
        for task in list(workflow.tasks.values()):
            if task.state == TaskState.WAITING and FAILURE not in task.internal_data:
                _look_at(run, task, changed)


def _look_at(run: ProcessRun, task: Task, changed: bool) -> None:
    for place, kind, element in events_of(task):
        if kind != "condition" or task.state != TaskState.WAITING:
            continue
        where = "" if place is None else str(place)
        held = task.internal_data.get(HELD, {})
        if where in held and not changed:
            continue
        now = _holds(run, task, element)
        if now is None:
            return
        task.internal_data[HELD] = {**held, where: now}
        if now and not held.get(where, False):
            if place is not None:
                task.internal_data[CHOSEN] = place
            run.happen(task)


def _holds(run: ProcessRun, task: Task, element: Element) -> bool | None:
    try:
        return run.evaluate(element.condition.removeprefix("="), task) is True
    except EngineError as problem:
        run.fail(task, problem, "expression")
        return None
