"""The standard loop: an activity that is repeated while its condition holds, tested before or after each turn."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.spiff.base_specs import BaseSpec
from engine.spiff.internal_data import LOOP_AGAIN, LOOP_TURNS
from engine.spiff.spec_callbacks import callbacks


class StandardLoop(BaseSpec, defaults.StandardLoopTask):
    """Runs its activity turn by turn; a turn writes the variables of the process, which the condition reads.

    Evaluating the condition may fail: then the loop waits, and evaluates it again when it is retried.
    """

    def turn_of(self, child: Task) -> int:
        """The number of the turn that a child task is, from 1."""
        return int(child.parent.internal_data[LOOP_TURNS]) + 1

    def _update_hook(self, my_task: Task) -> bool:
        if my_task.state == TaskState.STARTED or not callbacks(my_task).evaluate_loop(my_task):
            return False
        if not my_task.internal_data.pop(LOOP_AGAIN):
            return True
        my_task._set_state(TaskState.STARTED)
        child = my_task._add_child(my_task.workflow.spec.task_specs[self.task_spec], TaskState.WAITING)
        child.triggered = True
        child.task_spec._update(child)
        return False

    def merge_child(self, workflow: object, child: Task) -> None:
        """A turn has ended."""
        my_task = child.parent
        my_task.internal_data[LOOP_TURNS] += 1
        my_task._set_state(TaskState.WAITING)
        self._update(my_task)
