"""The wait states, failures and token positions of a run, read from its tasks without changing them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.languages.bpmn.model import Element
from engine.localization import restored_message
from engine.spiff.activity_specs import UserTask
from engine.spiff.event_specs import BoundaryEvent, CatchDefinition, EventSubprocessStart, event_kind
from engine.spiff.internal_data import FAILURE, REPETITION
from engine.spiff.variable_scopes import VariableScopes, VariableView
from engine.spiff.workflow_tree import TopWorkflow


@dataclass(frozen=True)
class WaitState:
    """Something that the run waits for. `kind`: task, timer, message, signal, condition.

    `token` names it to the run: the id of its task, with ``:index`` for one event of an event-based gateway.
    """

    token: str
    kind: str
    element: Element
    variables: VariableView
    repetition: Any = None


@dataclass(frozen=True)
class StepFailure:
    """A step that has failed and can be retried by its token.

    `message` is a `Message` when an error of ours made it fail, so that it can be shown in another language; otherwise
    the text that was stored. `kind`: operation, expression, error (a BPMN error that nothing catches).
    """

    token: str
    element: Element
    message: str
    attempts: int
    kind: str

    @property
    def sentence(self) -> str:
        """The message in Italian, as a plain text."""
        return str(self.message)


def find_wait_states(top: TopWorkflow, scopes: VariableScopes) -> list[WaitState]:
    """All that is waited for now: user tasks, timers, messages, signals, conditions."""
    found: list[WaitState] = []
    for workflow in top.all_workflows():
        for task in workflow.tasks.values():
            if FAILURE in task.internal_data:
                continue
            if task.state == TaskState.READY and isinstance(task.task_spec, UserTask):
                found.append(WaitState(task.id.hex, "task", task.task_spec.element, scopes.view(task)))
            elif task.state == TaskState.WAITING:
                found.extend(_events(task, scopes))
    return found


def awaited_events(task: Task) -> Iterator[tuple[int | None, str, Element]]:
    """What a waiting task waits for: its index among the events of a gateway (else None), kind and drawn event."""
    definition = getattr(task.task_spec, "event_definition", None)
    if not isinstance(definition, CatchDefinition):
        return
    if definition.kind == "gateway":
        for index, output in enumerate(task.task_spec.outputs):
            yield index, event_kind(output.element), output.element
    else:
        yield None, definition.kind, task.task_spec.element


def _events(task: Task, scopes: VariableScopes) -> Iterator[WaitState]:
    for index, kind, element in awaited_events(task):
        if kind not in ("error", "escalation", "cancel"):  # only the run itself triggers those
            token = task.id.hex if index is None else f"{task.id.hex}:{index}"
            yield WaitState(token, kind, element, scopes.view(task), task.internal_data.get(REPETITION))


def find_failures(top: TopWorkflow) -> list[StepFailure]:
    """The steps that have failed and wait for a retry."""
    return [
        StepFailure(
            task.id.hex,
            drawn_element(task),
            restored_message(data.get("code"), data.get("parameters"), data["sentence"]),
            data["attempts"],
            data["kind"],
        )
        for workflow in top.all_workflows()
        for task in workflow.tasks.values()
        if (data := task.internal_data.get(FAILURE))
        and not data.get("left")
        and not task.has_state(TaskState.FINISHED_MASK)
    ]


def find_active_elements(top: TopWorkflow) -> list[tuple[str, str]]:
    """(process id, element id) of every element that holds a token, those that contain one included."""
    found: dict[tuple[str, str], None] = {}
    for workflow in top.all_workflows():
        for task in workflow.tasks.values():
            element = getattr(task.task_spec, "element", None)
            active = task.has_state(TaskState.READY | TaskState.STARTED) or (
                task.state == TaskState.WAITING
                and not isinstance(task.task_spec, BoundaryEvent | EventSubprocessStart)
            )
            if element is not None and active:
                found[element.process_id, element.id] = None
    return list(found)


def drawn_element(task: Task) -> Element:
    """The element of a task; for one that the library added, the nearest drawn element before it or around it."""
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
