"""The base of our task specs: a task is made only when a token reaches it, and no waiting task is ever polled.

The library predicts the tasks to come and visits all waiting ones after each step; both costs grow with the diagram and
with the history. Here a finished task makes its successors, a join counts the tokens on its flows
(`engine.spiff.gateway_joins`), and a process ends when nothing in it is open (`engine.spiff.workflow_tree`).
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.control import SimpleBpmnTask
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.specs.MultiChoice import MultiChoice
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import ExecutionFailed

BOUNDARY_SPLIT = ".BoundaryEventSplit"


class BaseSpec(TaskSpec):
    """Mixed in before a task spec of the library.

    `element` is the drawn element, None for a spec that the library or we added. `listens`: a waiting task of this spec
    does not keep its process open, since its event may never occur.
    """

    element: Any = None
    listens = False

    def _predict(
        self, my_task: Task, seen: Any = None, looked_ahead: int = 0, mask: int = TaskState.PREDICTED_MASK
    ) -> None:
        """Nothing is predicted."""

    def _on_complete(self, my_task: Task) -> None:
        self.create_successors(my_task)
        super()._on_complete(my_task)

    def create_successors(self, my_task: Task) -> None:
        """Make the tasks of all outgoing flows; a gateway that chooses has made its own."""
        my_task._sync_children(self.outputs, TaskState.FUTURE)

    def test(self) -> None:
        """The lint has checked the diagram; an activity may be the first or the last of its process."""


class ChoosingGateway(BaseSpec, MultiChoice):
    """A gateway whose `_run_hook` makes the tasks of the flows that it takes."""

    def _run_hook(self, my_task: Task) -> bool | None:
        try:
            taken: bool | None = super()._run_hook(my_task)
        except WorkflowException as problem:
            name = my_task.task_spec.element.label if my_task.task_spec.element else my_task.task_spec.name
            raise ExecutionFailed("NO_FLOW_TAKEN", element=name) from problem
        return taken

    def create_successors(self, my_task: Task) -> None:
        """They exist already."""


class BoundarySplit(BaseSpec, SimpleBpmnTask):
    """Begins an activity together with its boundary events; it is the parent of them all."""


def is_boundary_split(task: Task | None) -> bool:
    """Whether this task is the parent of an activity and its boundary events."""
    return task is not None and task.task_spec.name.endswith(BOUNDARY_SPLIT)
