"""Task specs of multi-instance activities: items from FEEL, a variable scope for each iteration, results in order."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.spiff.base_specs import BaseSpec
from engine.spiff.internal_data import ENDED_ITERATIONS, FAILURE, INDEX, ITEMS
from engine.spiff.spec_callbacks import callbacks
from engine.spiff.standard_loop import StandardLoop


class _MultiInstance(BaseSpec):
    """What the parallel and the sequential multi-instance activity share."""

    task_spec: str

    def begin(self, my_task: Task) -> list[Any] | None:
        """The items, the first time; None when the activity has begun already or the items cannot be found."""
        if my_task.has_state(TaskState.STARTED) or not callbacks(my_task).evaluate_items(my_task):
            return None
        BpmnTaskSpec._update_hook(self, my_task)
        items: list[Any] = my_task.internal_data[ITEMS]
        if items:
            my_task._set_state(TaskState.STARTED)
        return items

    def merge_child(self, workflow: Any, child: Task) -> None:
        """An iteration has ended: add its result."""
        my_task = child.parent
        my_task.internal_data[ENDED_ITERATIONS].append(child.id.hex)
        callbacks(my_task).collect_result(my_task, child)
        self.continue_or_complete(my_task)

    def all_ended(self, my_task: Task) -> bool:
        """Whether every iteration has ended."""
        return len(my_task.internal_data[ENDED_ITERATIONS]) == len(my_task.internal_data[ITEMS])

    def continue_or_complete(self, my_task: Task) -> None:
        """Evaluate the completion condition, after an iteration or a retry: complete the activity or go on with it."""
        complete = self.all_ended(my_task) or callbacks(my_task).completion_condition(my_task)
        if complete is None:
            return  # the condition cannot be evaluated
        if not complete:
            self.start_next(my_task)
            return
        my_task.internal_data.pop(FAILURE, None)
        for other in my_task.children:
            if other.triggered and not other.has_state(TaskState.FINISHED_MASK):
                other.cancel()
        my_task._set_state(TaskState.READY)

    def remove_iteration(self, my_task: Task, child: Task) -> None:
        """Cancel an iteration as if its item did not exist: no result, and no condition is evaluated."""
        child.cancel()
        callbacks(my_task).discard_iteration(child)
        my_task.internal_data[ENDED_ITERATIONS].append(child.id.hex)
        if self.all_ended(my_task):
            my_task.internal_data.pop(FAILURE, None)
            my_task._set_state(TaskState.READY)
        else:
            self.start_next(my_task)

    def start_next(self, my_task: Task) -> None:
        """Start the iteration that follows one that has ended, where there is one."""

    def start_iteration(self, my_task: Task, index: int) -> None:
        """Start the iteration of one item."""
        child = my_task._add_child(my_task.workflow.spec.task_specs[self.task_spec], TaskState.WAITING)
        child.triggered = True
        child.internal_data[INDEX] = index
        callbacks(my_task).open_iteration(my_task, child, index)
        child.task_spec._update(child)


class ParallelMultiInstance(_MultiInstance, defaults.ParallelMultiInstanceTask):
    """All iterations at the same time."""

    def _update_hook(self, my_task: Task) -> bool:
        items = self.begin(my_task)
        if not items:
            return items is not None
        for index in range(len(items)):
            self.start_iteration(my_task, index)
        return False


class SequentialMultiInstance(_MultiInstance, defaults.SequentialMultiInstanceTask):
    """One iteration after the other."""

    def _update_hook(self, my_task: Task) -> bool:
        items = self.begin(my_task)
        if not items:
            return items is not None
        self.start_iteration(my_task, 0)
        return False

    def start_next(self, my_task: Task) -> None:
        """Start the next iteration."""
        self.start_iteration(my_task, len(my_task.internal_data[ENDED_ITERATIONS]))


MULTI_INSTANCE = (ParallelMultiInstance, SequentialMultiInstance)
LOOP_ACTIVITIES = (*MULTI_INSTANCE, StandardLoop)
"""The activities that run another as their child."""
