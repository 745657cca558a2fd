"""How our specs go forward: a task is made only when a token comes to it, and none waits for another to be looked at.

The library foresees the tasks to come and looks at all waiting ones after each step; both grow with the diagram and
with what has happened. Here a finished task makes what follows it, a join counts the tokens that lie on its flows
(`engine.spiff.gateway_joins`), and a process is over when nothing in it is open (`engine.spiff.workflow_tree`).
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask, SimpleBpmnTask
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.specs.MultiChoice import MultiChoice
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import ExecutionFailed

BOUNDARY_SPLIT = ".BoundaryEventSplit"


class Stepwise(TaskSpec):
    """What every spec of ours has in front of the library's.

    A spec whose waiting tasks do not keep their process open (they listen for what may never come) says so with
    `listens`.
    """

    element: Any = None
    listens = False

    def _predict(
        self, my_task: Task, seen: Any = None, looked_ahead: int = 0, mask: int = TaskState.PREDICTED_MASK
    ) -> None:
        """Nothing is foreseen."""

    def _on_complete(self, my_task: Task) -> None:
        self.follow(my_task)
        super()._on_complete(my_task)

    def follow(self, my_task: Task) -> None:
        """Make the tasks of all flows that leave; a gateway that chooses has made its own."""
        my_task._sync_children(self.outputs, TaskState.FUTURE)

    def test(self) -> None:
        """The lint has looked at the diagram; an activity may be the first or the last of its process."""


class Chosen(Stepwise, MultiChoice):
    """A gateway whose `_run_hook` makes the tasks of the flows it takes."""

    def _run_hook(self, my_task: Task) -> bool | None:
        try:
            taken: bool | None = super()._run_hook(my_task)
        except WorkflowException as problem:
            name = my_task.task_spec.element.label if my_task.task_spec.element else my_task.task_spec.name
            raise ExecutionFailed(
                f"«{name}»: nessuna condizione dei flussi in uscita è vera e nessuno è predefinito"
            ) from problem
        return taken

    def follow(self, my_task: Task) -> None:
        """They are there already."""


class Start(Stepwise, BpmnStartTask):
    """Where a process begins, before its start events."""


class BoundarySplit(Stepwise, SimpleBpmnTask):
    """Begins an activity together with the events on its boundary; it is the parent of them all."""


class ProcessSpec(BpmnProcessSpec):
    """A process that ends when nothing in it is open: no join of ends, so an end needs no drawing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.task_specs.clear()
        self.start = Start(self, "Start")
        self.end = None


def is_split(task: Task | None) -> bool:
    """Whether this is the task that an activity with boundary events begins with."""
    return task is not None and task.task_spec.name.endswith(BOUNDARY_SPLIT)
