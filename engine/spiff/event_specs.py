"""Task specs of events: catching, throwing and boundary events, event-based gateways, and event subprocess starts.

Nothing of a run is kept here: what has happened to a token is in its `internal_data`.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.event_definitions import NoneEventDefinition, TerminateEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.languages.bpmn.model import Element
from engine.spiff.base_specs import BaseSpec, is_boundary_split
from engine.spiff.internal_data import CHOSEN_EVENT, CONDITION_VALUES, REPETITION
from engine.spiff.spec_callbacks import callbacks

REPEATABLE = frozenset({"message", "signal", "escalation", "condition"})
"""The kinds that can occur again and again where they do not interrupt; a timer repeats when it has a `REPETITION`."""


class CatchDefinition(EventDefinition):
    """An event that only the engine triggers: by its tables, or by the run itself (errors, escalations, conditions).

    It reads no clock and matches no event by itself: `RunState.trigger` marks the waiting task and updates it.
    """

    def __init__(self, kind: str, name: str = "") -> None:
        super().__init__(name)
        self.kind = kind

    def catches(self, my_task: Task, event: Any) -> bool:
        """Never: an event is delivered to one token, named by the engine."""
        return False

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


class ThrowDefinition(EventDefinition):
    """What a throwing event throws: an error, an escalation, a signal or a message. The run throws it."""

    def __init__(self, kind: str, name: str = "") -> None:
        super().__init__(name)
        self.kind = kind

    def throw(self, my_task: Task) -> None:
        """Nothing: `SpecCallbacks.throw` has done it."""


def event_kind(element: Element) -> str:
    """What a drawn event (or receive task) waits for: timer, message, signal, condition, error, escalation."""
    return wait_kind(element.events[0] if element.events else "message")


def wait_kind(event: str) -> str:
    """The kind of wait state for a BPMN event type: ``condition`` for ``conditional``, else the same word."""
    return {"conditional": "condition"}.get(event, event)


class BoundaryEvent(BaseSpec, defaults.BoundaryEvent):
    """A boundary event: it interrupts its activity, or can occur again while its activity is open."""

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        split = my_task.parent
        activity = next((t for t in split.children if not isinstance(t.task_spec, BoundaryEvent)), None)
        if activity is None or activity.has_state(TaskState.FINISHED_MASK):
            return
        if self.cancel_activity:
            activity.cancel()
            cancel_boundary_events(activity)
        elif occurs_again(my_task):
            subscribe(split, self, previous=my_task)


class EventSubprocessStart(BaseSpec, defaults.IntermediateCatchEvent):
    """The start event of an event subprocess, outside the flow of its scope; its one output is the subprocess.

    Every scope has a task of it below its first task, as long as the scope is open. When it interrupts, all else in the
    scope is cancelled; when it does not, it waits again.
    """

    listens = True

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        if self.element.interrupting:
            _cancel_rest_of_scope(my_task)
        elif occurs_again(my_task):
            subscribe(my_task.parent, self, previous=my_task)


class EventBasedGateway(BaseSpec, defaults.EventBasedGateway):
    """Waits for the first of several events; the run says which one has occurred."""

    def connect(self, child: BpmnTaskSpec) -> None:
        """The gateway waits in place of its events, which then occur at once."""
        TaskSpec.connect(self, child)
        child.event_definition = NoneEventDefinition()

    def _run_hook(self, my_task: Task) -> bool:
        chosen = self.outputs[my_task.internal_data[CHOSEN_EVENT]]
        my_task._sync_children([chosen], TaskState.FUTURE)
        return True

    def create_successors(self, my_task: Task) -> None:
        """They were made when the event occurred."""


class _ThrowingEvent(BaseSpec):
    """The run throws; the token stays when that fails, or when it is an error, which goes to its catcher."""

    def _run_hook(self, my_task: Task) -> bool | None:
        throws = isinstance(self.event_definition, ThrowDefinition)
        if throws and not callbacks(my_task).throw(my_task):
            return None
        return bool(super()._run_hook(my_task))


class ThrowEvent(_ThrowingEvent, defaults.IntermediateThrowEvent):
    """An intermediate throw event; without a definition, a milestone."""


class EndEvent(_ThrowingEvent, defaults.EndEvent):
    """An end event; a terminate end cancels all that is open in its scope."""

    def _on_complete_hook(self, my_task: Task) -> None:
        BpmnTaskSpec._on_complete_hook(self, my_task)
        if isinstance(self.event_definition, TerminateEventDefinition):
            my_task.workflow.cancel()


def occurs_again(my_task: Task) -> bool:
    """Whether an event that does not interrupt, and has just occurred, is waited for again."""
    kind = my_task.task_spec.event_definition.kind
    return bool(my_task.internal_data.get(REPETITION)) if kind == "timer" else kind in REPEATABLE


def subscribe(parent: Task, spec: TaskSpec, previous: Task | None = None) -> None:
    """Make a task below `parent` that waits for an event, with the repetition of its `previous` occurrence."""
    waiting = parent._add_child(spec, TaskState.FUTURE)
    waiting.triggered = True
    for key in (REPETITION, CONDITION_VALUES):
        if previous is not None and key in previous.internal_data:
            waiting.internal_data[key] = previous.internal_data[key]
    spec._update(waiting)


def waiting_event_subprocesses(workflow: Any) -> list[Task]:
    """The starts of event subprocesses that wait in a scope."""
    return [
        task
        for task in workflow.tasks.values()
        if task.state == TaskState.WAITING and isinstance(task.task_spec, EventSubprocessStart)
    ]


def boundary_events(my_task: Task) -> list[Task]:
    """The boundary events that wait on a task's activity."""
    parent = my_task.parent
    if not is_boundary_split(parent):
        return []
    return [
        t for t in parent.children if isinstance(t.task_spec, BoundaryEvent) and t.state == TaskState.WAITING
    ]


def cancel_boundary_events(my_task: Task) -> None:
    """The activity has ended: nothing on its boundary is waited for any more."""
    for event in boundary_events(my_task):
        event.cancel()


def _cancel_rest_of_scope(my_task: Task) -> None:
    """Cancel all open tasks of a scope but this one and what is below it."""
    workflow = my_task.workflow
    kept, front = {my_task.id}, list(my_task.children)
    while front:
        task = front.pop()
        kept.add(task.id)
        front.extend(task.children)
    for task in list(workflow.tasks.values()):
        is_open = not task.has_state(TaskState.FINISHED_MASK) and task.id in workflow.tasks
        if is_open and task.id not in kept:
            task.cancel()
