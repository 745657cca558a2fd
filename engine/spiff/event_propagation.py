"""Throws events and finds who catches them: errors, escalations, signals, messages.

A thrown event is stored first and propagated when the step that threw it is over: only then is the tree of tasks in a
state in which an activity can be cancelled. The rules are those of BPMN 2.0.2, 10.5.1, 10.5.4 and 10.5.6.
"""

from __future__ import annotations

from collections.abc import Iterator

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import ExecutionFailed
from engine.languages.bpmn.model import Element
from engine.localization import Message, message
from engine.spiff.activities import execute
from engine.spiff.event_specs import boundary_events, waiting_event_subprocesses
from engine.spiff.internal_data import FAILURE
from engine.spiff.multi_instance_specs import LOOP_ACTIVITIES
from engine.spiff.run_state import TECHNICAL_ERROR, RunState, ThrownEvent
from engine.spiff.wait_states import awaited_events


def throw(run: RunState, task: Task) -> bool:
    """Do what a throwing event does. False when the token stays there: an error, or a failure."""
    element: Element = task.task_spec.element
    kind = task.task_spec.event_definition.kind
    if kind == "message":
        return execute(run, task)
    if kind == "error":
        run.thrown.append(ThrownEvent("error", task, element.error_code or "", element.label))
        return False
    if kind == "escalation":
        run.thrown.append(ThrownEvent("escalation", task, element.escalation_code or ""))
        return True
    view = run.scopes.view(task)
    name = str(run.evaluate_parameter(element.signal, view) or "")
    if not name:
        raise ExecutionFailed("SIGNAL_NAME_EMPTY", element=element.label)
    values = {name: run.evaluate_parameter(text, view) for name, text in element.inputs}
    run.thrown.append(ThrownEvent("signal", task, name, values=values))
    return True


def propagate_thrown_events(run: RunState) -> None:
    """Bring every thrown event to its catchers, in the order in which they were thrown."""
    while run.thrown:
        thrown = run.thrown.pop(0)
        if thrown.kind == "signal":
            _propagate_signal(run, thrown)
        elif thrown.kind == "escalation":
            _propagate_escalation(run, thrown)
        elif not thrown.task.has_state(TaskState.CANCELLED):
            _propagate_error(run, thrown)


def _propagate_error(run: RunState, thrown: ThrownEvent) -> None:
    task = thrown.task
    catcher = _find_catcher(run, task, "error", thrown.name)
    if catcher is None:
        if thrown.name != TECHNICAL_ERROR:
            run.fail(task, _uncaught(thrown), "error")
        return
    task.internal_data.pop(FAILURE, None)
    element: Element = catcher.task_spec.element
    values = {element.error_code_variable: thrown.name, element.error_message_variable: str(thrown.message)}
    run.scopes.write(catcher, {name: value for name, value in values.items() if name})
    if task.task_spec.element is not None and task.task_spec.element.type == "endEvent":
        run.environment.record("element.passed", task.task_spec.element)
    run.trigger(catcher)


def _uncaught(thrown: ThrownEvent) -> ExecutionFailed:
    error: Message = (
        message("ERROR_WITH_CODE", error=thrown.name) if thrown.name else message("ERROR_WITHOUT_CODE")
    )
    if thrown.message:
        return ExecutionFailed("ERROR_NOT_CAUGHT_WITH_TEXT", error=error, text=thrown.message)
    return ExecutionFailed("ERROR_NOT_CAUGHT", error=error)


def _propagate_escalation(run: RunState, thrown: ThrownEvent) -> None:
    catcher = _find_catcher(run, thrown.task, "escalation", thrown.name)
    if catcher is None:
        return  # BPMN: an escalation that nobody catches changes nothing
    variable = catcher.task_spec.element.escalation_code_variable
    if variable:
        run.scopes.write(catcher, {variable: thrown.name})
    run.trigger(catcher)


def _propagate_signal(run: RunState, thrown: ThrownEvent) -> None:
    """Trigger at once all events of this run that wait for the signal; then publish it to other instances."""
    for task, index in list(_signal_subscribers(run, thrown.name)):
        if task.state == TaskState.WAITING:
            run.scopes.write(task, thrown.values or {})
            run.trigger(task, index)
    run.environment.publish_event(
        "signal",
        thrown.task.task_spec.element,
        thrown.name,
        run.scopes.view(thrown.task),
        thrown.values or {},
    )


def _signal_subscribers(run: RunState, name: str) -> Iterator[tuple[Task, int | None]]:
    """The tasks that wait for a signal of this name, each with the index of the event in its gateway."""
    for workflow in list(run.workflow.all_workflows()):
        for task in list(workflow.tasks.values()):
            if task.state != TaskState.WAITING or FAILURE in task.internal_data:
                continue
            for index, kind, element in awaited_events(task):
                if kind == "signal" and _signal_name(run, task, element) == name:
                    yield task, index


def _signal_name(run: RunState, task: Task, element: Element) -> str:
    return str(run.evaluate_parameter(element.signal, run.scopes.view(task)) or "")


def _find_catcher(run: RunState, task: Task, kind: str, code: str) -> Task | None:
    """The nearest event that catches: on the boundary of each activity around, then in the scope that it lies in."""
    current = task
    while True:
        found = _matching(boundary_events(current), kind, code)
        if found is not None:
            return found
        parent = current.parent
        if current.triggered and isinstance(parent.task_spec, LOOP_ACTIVITIES):
            current = parent
            continue
        element = current.task_spec.element
        # what an event subprocess throws goes to the scope around the one that it belongs to
        if element is None or not element.triggered_by_event:
            found = _matching(waiting_event_subprocesses(current.workflow), kind, code)
            if found is not None:
                return found
        if current.workflow.parent_task_id is None:
            return None
        current = run.task_around(current)


def _matching(waiting: list[Task], kind: str, code: str) -> Task | None:
    """The event for this code; otherwise one for any code. A technical error is caught only by its own code."""
    of_kind = [task for task in waiting if task.task_spec.event_definition.kind == kind]
    for wanted in (code,) if code == TECHNICAL_ERROR else (code, ""):
        for task in of_kind:
            element: Element = task.task_spec.element
            if (element.error_code if kind == "error" else element.escalation_code) == wanted:
                return task
    return None
