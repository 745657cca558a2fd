"""What a run waits for, what failed in it and where its tokens are: read from its tasks, changing nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.languages.bpmn.model import Element
from engine.spiff import activity_specs
from engine.spiff.event_specs import REPETITION, ArmedStart, BoundaryEvent, WaitedEvent, kind_of
from engine.spiff.gateway_joins import FAILURE
from engine.spiff.variable_scopes import Scopes, View
from engine.spiff.workflow_tree import TopWorkflow

__all__ = ["FAILURE"]


@dataclass(frozen=True)
class Wait:
    """Something the run waits for. `kind`: task, timer, message, signal, condition. `token` names it to the run."""

    token: str
    kind: str
    element: Element
    variables: View
    repetition: Any = None


@dataclass(frozen=True)
class Failure:
    """A step that failed and can be retried by its token. `code` is set for an error that nothing catches."""

    token: str
    element: Element
    sentence: str
    attempts: int
    kind: str


def waits(top: TopWorkflow, scopes: Scopes) -> list[Wait]:
    """All that is awaited now: user tasks, timers, messages, signals, conditions."""
    found: list[Wait] = []
    for workflow in top.all():
        for task in workflow.tasks.values():
            if FAILURE in task.internal_data:
                continue
            if task.state == TaskState.READY and isinstance(task.task_spec, activity_specs.UserTask):
                found.append(Wait(task.id.hex, "task", task.task_spec.element, scopes.view(task)))
            elif task.state == TaskState.WAITING:
                found.extend(_events(task, scopes))
    return found


def events_of(task: Task) -> Iterator[tuple[int | None, str, Element]]:
    """What a waiting task waits for: its place among the events of a gateway (else None), the kind, the drawn event."""
    definition = getattr(task.task_spec, "event_definition", None)
    if not isinstance(definition, WaitedEvent):
        return
    if definition.kind == "gateway":
        for place, output in enumerate(task.task_spec.outputs):
            yield place, kind_of(output.element), output.element
    else:
        yield None, definition.kind, task.task_spec.element


def _events(task: Task, scopes: Scopes) -> Iterator[Wait]:
    for place, kind, element in events_of(task):
        if kind not in ("error", "escalation", "cancel"):  # only the run itself makes those happen
            token = task.id.hex if place is None else f"{task.id.hex}:{place}"
            yield Wait(token, kind, element, scopes.view(task), task.internal_data.get(REPETITION))


def failures(top: TopWorkflow) -> list[Failure]:
    """The steps that failed and wait for a retry."""
    return [
        Failure(task.id.hex, drawn(task), data["sentence"], data["attempts"], data["kind"])
        for workflow in top.all()
        for task in workflow.tasks.values()
        if (data := task.internal_data.get(FAILURE))
        and not data.get("left")
        and not task.has_state(TaskState.FINISHED_MASK)
    ]


def active_elements(top: TopWorkflow) -> list[tuple[str, str]]:
    """(process id, element id) of every element that holds a token, those that contain one included."""
    found: dict[tuple[str, str], None] = {}
    for workflow in top.all():
        for task in workflow.tasks.values():
            element = getattr(task.task_spec, "element", None)
            held = task.has_state(TaskState.READY | TaskState.STARTED) or (
                task.state == TaskState.WAITING and not isinstance(task.task_spec, BoundaryEvent | ArmedStart)
            )
            if element is not None and held:
                found[element.process_id, element.id] = None
    return list(found)


def drawn(task: Task) -> Element:
    """The element of a task; for one that the library added, the nearest drawn before it or around it."""
    current: Any = task
    while current.task_spec.element is None:
        if current.parent is not None:
            current = current.parent
        elif current.workflow.parent_task_id is not None:
            current = current.workflow.top_workflow.get_task_from_id(current.workflow.parent_task_id)
        else:
            current = next(child for child in current.children if child.task_spec.element is not None)
    element: Element = current.task_spec.element
    return element
