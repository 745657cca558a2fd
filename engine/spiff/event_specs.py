"""Events as specs: what waits, what throws, the boundary events, and the event subprocesses armed in their scope.

As in `specs`, nothing of a run is kept here: what happened to a token stands in its `internal_data`.
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
from engine.spiff.base_specs import Stepwise, is_split

FIRED = "event_fired"
CHOSEN = "chosen"
REPETITION = "repetition"
HELD = "held"
"""The last values of a token's conditions, by place among the events of its gateway (``""`` outside a gateway)."""

REPEATABLE = frozenset({"message", "signal", "escalation", "condition"})
"""The kinds that can happen again and again where they do not interrupt; a timer says itself whether it repeats."""


class WaitedEvent(EventDefinition):
    """An event that only the engine makes happen: its tables, or the run itself (errors, escalations, conditions).

    It never asks a clock and never matches by itself: `ProcessRun` marks the waiting task and updates it.
    """

    def __init__(self, kind: str, name: str = "") -> None:
        super().__init__(name)
        self.kind = kind

    def catches(self, my_task: Task, event: Any) -> bool:
        """Never: deliveries come from outside, to an exact token."""
        return False

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


class ThrownEvent(EventDefinition):
    """What a throwing event gives: an error, an escalation, a signal, a message. The run does the throwing."""

    def __init__(self, kind: str, name: str = "") -> None:
        super().__init__(name)
        self.kind = kind

    def throw(self, my_task: Task) -> None:
        """Nothing: `ProcessRun.throw` has done it."""


def kind_of(element: Element) -> str:
    """What a drawn event (or receive task) waits for: timer, message, signal, condition, error, escalation."""
    return kind_named(element.events[0] if element.events else "message")


def kind_named(event: str) -> str:
    """The kind of a wait for the event that BPMN names so."""
    return {"conditional": "condition"}.get(event, event)


class BoundaryEvent(Stepwise, defaults.BoundaryEvent):
    """A boundary event: it ends its activity, or can happen again while its activity is open."""

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        split = my_task.parent
        main = next((t for t in split.children if not isinstance(t.task_spec, BoundaryEvent)), None)
        if main is None or main.has_state(TaskState.FINISHED_MASK):
            return
        if self.cancel_activity:
            main.cancel()
            leave_boundary(main)
        elif repeats(my_task):
            arm(split, self, after=my_task)


class ArmedStart(Stepwise, defaults.IntermediateCatchEvent):
    """The start of an event subprocess, waiting beside the flow of its scope; its one output is the subprocess.

    Every scope has a task of it below its first task, from its beginning to its end. When it interrupts, all else
    in the scope is cancelled; when not, it waits again.
    """

    listens = True

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        if self.element.interrupting:
            _cancel_all_but(my_task)
        elif repeats(my_task):
            arm(my_task.parent, self, after=my_task)


class EventBasedGateway(Stepwise, defaults.EventBasedGateway):
    """Waits for the first of several events; which one is told by the run, not found by comparing definitions."""

    def connect(self, child: BpmnTaskSpec) -> None:
        """The gateway waits in the place of its events, which then happen at once."""
        TaskSpec.connect(self, child)
        child.event_definition = NoneEventDefinition()

    def _run_hook(self, my_task: Task) -> bool:
        chosen = self.outputs[my_task.internal_data[CHOSEN]]
        my_task._sync_children([chosen], TaskState.FUTURE)
        return True

    def follow(self, my_task: Task) -> None:
        """What follows was made when the event happened."""


class _Throwing:
    """What throwing events share: the run throws; when that fails, or an error goes to its catcher, the token stays."""

    def _run_hook(self, my_task: Task) -> bool | None:
        thrown = isinstance(self.event_definition, ThrownEvent)  # type: ignore[attr-defined]
        if thrown and not my_task.workflow.top_workflow.run.throw(my_task):
            return None
        return bool(super()._run_hook(my_task))  # type: ignore[misc]


class ThrowEvent(_Throwing, Stepwise, defaults.IntermediateThrowEvent):
    """An intermediate throw event; without a definition, a milestone."""


class EndEvent(_Throwing, Stepwise, defaults.EndEvent):
    """An end; one that terminates cancels all that is open in its scope."""

    def _on_complete_hook(self, my_task: Task) -> None:
        BpmnTaskSpec._on_complete_hook(self, my_task)
        if isinstance(self.event_definition, TerminateEventDefinition):
            my_task.workflow.cancel()


def repeats(my_task: Task) -> bool:
    """Whether an event that does not interrupt, and has just happened, waits again."""
    kind = my_task.task_spec.event_definition.kind
    return bool(my_task.internal_data.get(REPETITION)) if kind == "timer" else kind in REPEATABLE


def arm(parent: Task, spec: TaskSpec, after: Task | None = None) -> None:
    """Let an event wait below `parent`; `after` is the time it happened before, whose repetition it goes on with."""
    again = parent._add_child(spec, TaskState.FUTURE)
    again.triggered = True
    for key in (REPETITION, HELD):
        if after is not None and key in after.internal_data:
            again.internal_data[key] = after.internal_data[key]
    spec._update(again)


def armed(workflow: Any) -> list[Task]:
    """The event subprocesses that wait in a scope."""
    return [
        task
        for task in workflow.tasks.values()
        if task.state == TaskState.WAITING and isinstance(task.task_spec, ArmedStart)
    ]


def boundary_events(my_task: Task) -> list[Task]:
    """The boundary events that wait on this task's activity."""
    parent = my_task.parent
    if not is_split(parent):
        return []
    return [
        t for t in parent.children if isinstance(t.task_spec, BoundaryEvent) and t.state == TaskState.WAITING
    ]


def leave_boundary(my_task: Task) -> None:
    """The activity is over: what waited on its boundary waits no more."""
    for event in boundary_events(my_task):
        event.cancel()


def _cancel_all_but(my_task: Task) -> None:
    workflow = my_task.workflow
    kept, front = {my_task.id}, list(my_task.children)
    while front:
        task = front.pop()
        kept.add(task.id)
        front.extend(task.children)
    for task in list(workflow.tasks.values()):
        open_still = not task.has_state(TaskState.FINISHED_MASK) and task.id in workflow.tasks
        if open_still and task.id not in kept:
            task.cancel()
