"""Conditional events: evaluated when variables have changed, and triggered when their condition becomes true.

An event that begins to wait while its condition is true occurs at once. One that does not interrupt occurs again only
after its condition has been false in between. No condition is evaluated because time has passed.
"""

from __future__ import annotations

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import EngineError
from engine.languages.bpmn.model import Element
from engine.spiff.internal_data import CONDITION_VALUES, FAILURE
from engine.spiff.run_state import RunState
from engine.spiff.wait_states import awaited_events


def trigger_conditional_events(run: RunState, variables_changed: bool) -> None:
    """Trigger the events whose condition has become true.

    Without `variables_changed` only events that have begun to wait since the last call are evaluated.
    """
    for workflow in list(run.workflow.all_workflows()):
        for task in list(workflow.tasks.values()):
            if task.state == TaskState.WAITING and FAILURE not in task.internal_data:
                _check(run, task, variables_changed)


def _check(run: RunState, task: Task, variables_changed: bool) -> None:
    for index, kind, element in awaited_events(task):
        if kind != "condition" or task.state != TaskState.WAITING:
            continue
        key = "" if index is None else str(index)
        previous = task.internal_data.get(CONDITION_VALUES, {})
        if key in previous and not variables_changed:
            continue
        value = _evaluate(run, task, element)
        if value is None:
            return
        task.internal_data[CONDITION_VALUES] = {**previous, key: value}
        if value and not previous.get(key, False):
            run.trigger(task, index)


def _evaluate(run: RunState, task: Task, element: Element) -> bool | None:
    try:
        return run.evaluate(element.condition.removeprefix("="), task) is True
    except EngineError as problem:
        run.fail(task, problem, "expression")
        return None
