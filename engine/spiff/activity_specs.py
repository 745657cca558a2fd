"""Our specs of activities and gateways: the library's, with variables in scopes. Those of events: `event_specs`.

A spec is shared by every instance of its definition, so none of these classes keeps anything of a run; the run is
reached through `my_task.workflow.top_workflow.run`. Each spec of a drawn element carries that `element`.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.spiff.base_specs import Chosen, Stepwise
from engine.spiff.gateway_joins import FAILURE, InclusiveGateway, ParallelGateway
from engine.spiff.standard_loop import StandardLoop

__all__ = ["InclusiveGateway", "ParallelGateway"]


class UserTask(Stepwise, defaults.UserTask):
    """Waits for a person."""


class PassThrough(Stepwise, defaults.NoneTask):
    """A task without implementation: the token passes, as in other engines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = False


class AutomaticTask(Stepwise, defaults.NoneTask):
    """A service, send, script or business rule task: what it does is the run's to decide.

    When the run answers that it is not done, the task stays STARTED until it is tried again.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = False

    def _run_hook(self, my_task: Task) -> bool | None:
        return True if my_task.workflow.top_workflow.run.perform(my_task) else None


class EmbeddedSubprocess(Stepwise, defaults.SubWorkflowTask):
    """A subprocess drawn inside its parent: it shares the parent's variables."""

    def copy_data(self, my_task: Task, subworkflow: Any) -> None:
        """Nothing to copy: variables live in scopes."""
        my_task.workflow.top_workflow.run.entered(my_task)

    def update_data(self, my_task: Task, subworkflow: Any) -> None:
        """Nothing to copy back."""


class Transaction(EmbeddedSubprocess):
    """A subprocess that can be cancelled: all that it has done is undone, then it is left by its cancel event."""


class CallActivity(Stepwise, defaults.CallActivity):
    """Calls another process with a set of variables of its own."""

    def _update_hook(self, my_task: Task) -> bool | None:
        run = my_task.workflow.top_workflow.run
        if my_task.id not in my_task.workflow.top_workflow.subprocesses and not run.prepared(
            my_task, run.enter_call
        ):
            return False
        result: bool | None = super()._update_hook(my_task)
        return result

    def copy_data(self, my_task: Task, subworkflow: Any) -> None:
        """The called process's variables were filled, as camunda:in says, before it was made."""

    def update_data(self, my_task: Task, subworkflow: Any) -> None:
        """Bring back what camunda:out says."""
        my_task.workflow.top_workflow.run.leave_call(my_task)


class ExclusiveGateway(Chosen, defaults.ExclusiveGateway):
    """Leaves by the first flow whose condition holds, or by the default."""

    def _run_hook(self, my_task: Task) -> bool:
        return bool(super()._run_hook(my_task)) if self._outputs else True


class StartEvent(Stepwise, defaults.StartEvent):
    """Where a process begins."""


class IntermediateCatchEvent(Stepwise, defaults.IntermediateCatchEvent):
    """Waits for an event."""


class ReceiveTask(Stepwise, defaults.ReceiveTask):
    """Waits for a message."""


class _Repeated:
    """What our two multi-instance tasks share: items from FEEL, a scope of its own for each run, results in order."""

    def begin(self, my_task: Task) -> list[Any] | None:
        """The items to run over, the first time; None when it has begun already, or when they cannot be had."""
        run = my_task.workflow.top_workflow.run
        if my_task.has_state(TaskState.STARTED) or not run.prepared(my_task, run.open_items):
            return None
        BpmnTaskSpec._update_hook(self, my_task)
        items: list[Any] = my_task.internal_data["items"]
        if items:
            my_task._set_state(TaskState.STARTED)
        return items

    def merge_child(self, workflow: Any, child: Task) -> None:
        """Keep the child's results in their place."""
        my_task = child.parent
        my_task.internal_data["merged"].append(child.id.hex)
        workflow.top_workflow.run.gather(my_task, child)
        self.go_on(my_task)

    def all_done(self, my_task: Task) -> bool:
        """Whether every run has ended."""
        return len(my_task.internal_data["merged"]) == len(my_task.internal_data["items"])

    def go_on(self, my_task: Task) -> None:
        """A run has ended, or the completion condition is asked again: end the activity, or go on with it."""
        done = self.all_done(my_task)
        held = done or my_task.workflow.top_workflow.run.completion_condition(my_task)
        if held is None:
            return  # it cannot be worked out
        if not held:
            self.next_run(my_task)
            return
        my_task.internal_data.pop(FAILURE, None)
        for other in my_task.children:
            if other.triggered and not other.has_state(TaskState.FINISHED_MASK):
                other.cancel()
        my_task._set_state(TaskState.READY)

    def leave_out(self, my_task: Task, child: Task) -> None:
        """Take one run away, as if its item had not been there: it leaves no result, and no condition is asked."""
        run = my_task.workflow.top_workflow.run
        child.cancel()
        run.scopes.close("item", child)
        my_task.internal_data["merged"].append(child.id.hex)
        if self.all_done(my_task):
            my_task.internal_data.pop(FAILURE, None)
            my_task._set_state(TaskState.READY)
        else:
            self.next_run(my_task)

    def next_run(self, my_task: Task) -> None:
        """What follows a run where others are left."""

    def start_child(self, my_task: Task, index: int) -> None:
        """Start the run for one item."""
        spec = my_task.workflow.spec.task_specs[self.task_spec]  # type: ignore[attr-defined]
        child = my_task._add_child(spec, TaskState.WAITING)
        child.triggered = True
        child.internal_data["index"] = index
        my_task.workflow.top_workflow.run.open_item(my_task, child, index)
        child.task_spec._update(child)


class ParallelMultiInstance(_Repeated, Stepwise, defaults.ParallelMultiInstanceTask):
    """All runs at once."""

    def _update_hook(self, my_task: Task) -> bool:
        items = self.begin(my_task)
        if not items:
            return items is not None
        for index in range(len(items)):
            self.start_child(my_task, index)
        return False


class SequentialMultiInstance(_Repeated, Stepwise, defaults.SequentialMultiInstanceTask):
    """One run after the other."""

    def _update_hook(self, my_task: Task) -> bool:
        items = self.begin(my_task)
        if not items:
            return items is not None
        self.start_child(my_task, 0)
        return False

    def next_run(self, my_task: Task) -> None:
        """Start it."""
        self.start_child(my_task, len(my_task.internal_data["merged"]))


MULTI_INSTANCE = (ParallelMultiInstance, SequentialMultiInstance)
REPEATED = (*MULTI_INSTANCE, StandardLoop)
"""The activities that run another as their child."""
