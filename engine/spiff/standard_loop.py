"""The standard loop: an activity that is done again while its condition holds, before or after each turn."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.spiff.base_specs import Stepwise

TURNS = "turns"
AGAIN = "again"


class StandardLoop(Stepwise, defaults.StandardLoopTask):
    """One turn after the other; what a turn writes are the variables of the process, which the condition reads.

    Asking whether there is another turn may fail: then the loop waits, and asks again when it is retried.
    """

    def counter(self, child: Task) -> int:
        """The number of the turn that a child is, from one."""
        return int(child.parent.internal_data[TURNS]) + 1

    def _update_hook(self, my_task: Task) -> bool:
        run = my_task.workflow.top_workflow.run
        if my_task.state == TaskState.STARTED or not run.prepared(my_task, run.ask_loop):
            return False
        if not my_task.internal_data.pop(AGAIN):
            return True
        my_task._set_state(TaskState.STARTED)
        child = my_task._add_child(my_task.workflow.spec.task_specs[self.task_spec], TaskState.WAITING)
        child.triggered = True
        child.task_spec._update(child)
        return False

    def merge_child(self, workflow: object, child: Task) -> None:
        """A turn has ended."""
        my_task = child.parent
        my_task.internal_data[TURNS] += 1
        my_task._set_state(TaskState.WAITING)
        self._update(my_task)
