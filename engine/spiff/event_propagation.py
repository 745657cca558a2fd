"""What a run throws and who catches it: errors, escalations, signals, messages.

Something thrown is first kept, and handled when the step that threw it is over: only then is the tree of tasks in a
state in which an activity can be cancelled. The rules are those of BPMN 2.0.2, 10.5.1, 10.5.4 and 10.5.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import ExecutionFailed
from engine.languages.bpmn.model import Element
from engine.spiff import activities, activity_specs
from engine.spiff.event_specs import CHOSEN, armed, boundary_events
from engine.spiff.wait_states import FAILURE, events_of

if TYPE_CHECKING:
    from engine.spiff.process_run import ProcessRun

TECHNICAL = "ERRORE_TECNICO"
"""The code under which a failure that no further attempt can mend looks for a catcher; no diagram throws it."""


@dataclass(frozen=True)
class Thrown:
    """Something on its way. `name` is the code of an error or escalation, or the name of a signal."""

    kind: str
    task: Task
    name: str
    message: str = ""
    values: Mapping[str, Any] | None = None


def throw(run: ProcessRun, task: Task) -> bool:
    """What a throwing event does when a token comes; False when the token stays there (an error, or a failure)."""
    element: Element = task.task_spec.element
    kind = task.task_spec.event_definition.kind
    if kind == "message":
        return run.perform(task)
    if kind == "error":
        run.thrown.append(Thrown("error", task, element.error_code or "", element.label))
        return False
    if kind == "escalation":
        run.thrown.append(Thrown("escalation", task, element.escalation_code or ""))
        return True
    view = run.scopes.view(task)
    name = str(activities.value_of(run, element.signal, view) or "")
    if not name:
        raise ExecutionFailed(f"«{element.label}»: il nome del segnale è vuoto")
    values = {name: activities.value_of(run, text, view) for name, text in element.inputs}
    run.thrown.append(Thrown("signal", task, name, values=values))
    return True


def handle(run: ProcessRun) -> None:
    """Bring everything thrown so far to its catchers, in the order of the throwing."""
    while run.thrown:
        thrown = run.thrown.pop(0)
        if thrown.kind == "signal":
            _signal(run, thrown)
        elif thrown.kind == "escalation":
            _escalation(run, thrown)
        elif not thrown.task.has_state(TaskState.CANCELLED):
            _error(run, thrown)


def _error(run: ProcessRun, thrown: Thrown) -> None:
    task = thrown.task
    caught = _catcher(run, task, "error", thrown.name)
    if caught is None:
        if thrown.name != TECHNICAL:
            run.fail(task, ExecutionFailed(_uncaught(thrown)), "error")
        return
    task.internal_data.pop(FAILURE, None)
    element: Element = caught.task_spec.element
    values = {element.error_code_variable: thrown.name, element.error_message_variable: thrown.message}
    run.scopes.write(caught, {name: value for name, value in values.items() if name})
    if task.task_spec.element is not None and task.task_spec.element.type == "endEvent":
        run.host.note("element.passed", task.task_spec.element)
    run.happen(caught)


def _uncaught(thrown: Thrown) -> str:
    said = f"L'errore {thrown.name}" if thrown.name else "Un errore senza codice"
    return f"{said} non è previsto dal diagramma" + (f": {thrown.message}" if thrown.message else "")


def _escalation(run: ProcessRun, thrown: Thrown) -> None:
    caught = _catcher(run, thrown.task, "escalation", thrown.name)
    if caught is None:
        return  # BPMN: an escalation that nobody catches changes nothing
    variable = caught.task_spec.element.escalation_code_variable
    if variable:
        run.scopes.write(caught, {variable: thrown.name})
    run.happen(caught)


def _signal(run: ProcessRun, thrown: Thrown) -> None:
    """To all who wait for it in this run, at once; then to the host, for the others."""
    for task, place, _ in list(listeners(run, thrown.name)):
        if task.state == TaskState.WAITING:
            run.scopes.write(task, thrown.values or {})
            if place is not None:
                task.internal_data[CHOSEN] = place
            run.happen(task)
    run.host.send(
        "signal",
        thrown.task.task_spec.element,
        thrown.name,
        run.scopes.view(thrown.task),
        thrown.values or {},
    )


def listeners(run: ProcessRun, name: str) -> Iterator[tuple[Task, int | None, Element]]:
    """The tasks that wait for a signal of this name; beside each its place in a gateway, and the drawn event."""
    for workflow in list(run.workflows()):
        for task in list(workflow.tasks.values()):
            if task.state != TaskState.WAITING or FAILURE in task.internal_data:
                continue
            for place, kind, element in events_of(task):
                if kind == "signal" and _named(run, task, element) == name:
                    yield task, place, element


def _named(run: ProcessRun, task: Task, element: Element) -> str:
    return str(activities.value_of(run, element.signal, run.scopes.view(task)) or "")


def _catcher(run: ProcessRun, task: Task, kind: str, code: str) -> Task | None:
    """The nearest event that catches: on the border of each activity around, then in the scope it lies in."""
    current = task
    while True:
        found = _matching(boundary_events(current), kind, code)
        if found is not None:
            return found
        parent = current.parent
        if current.triggered and isinstance(parent.task_spec, activity_specs.REPEATED):
            current = parent
            continue
        drawn = current.task_spec.element
        if (
            drawn is None or not drawn.triggered_by_event
        ):  # what a handler throws goes out of the scope it handles
            found = _matching(armed(current.workflow), kind, code)
            if found is not None:
                return found
        if current.workflow.parent_task_id is None:
            return None
        current = run.task_around(current)


def _matching(waiting: list[Task], kind: str, code: str) -> Task | None:
    """The one of this code; otherwise one for any code. What stopped catches only what names it."""
    of_kind = [task for task in waiting if task.task_spec.event_definition.kind == kind]
    for wanted in (code,) if code == TECHNICAL else (code, ""):
        for task in of_kind:
            element: Element = task.task_spec.element
            if (element.error_code if kind == "error" else element.escalation_code) == wanted:
                return task
    return None
