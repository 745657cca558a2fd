"""The library's workflow objects without walks over the whole tree, and their conversion to rows and back.

The saved state is a list of rows for each workflow (task id, parent, state, spec name, internal data…), without specs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.spiff.compensation_specs import subprocess_name
from engine.spiff.executable_process import ExecutableProcess
from engine.spiff.spec_callbacks import SpecCallbacks

OPEN = TaskState.DEFINITE_MASK


class _WorkflowTree:
    """Visits only open tasks: no recursion, so no limit of depth, and no cost that grows with the history."""

    tasks: dict[UUID, Task]
    completed: bool
    success: bool
    completed_event: Any
    top_workflow: Any

    def update_waiting_tasks(self) -> None:
        """Nothing to do: joins count their tokens, and events are triggered from outside."""

    def _task_completed_notify(self, task: Task) -> None:
        if self.completed:  # by a terminate end
            self.completed_event(self)

    def has_ended(self) -> bool:
        """Whether no open task keeps it open; tasks that only listen do not."""
        return not any(t.has_state(OPEN) and not t.task_spec.listens for t in self.tasks.values())

    def finish(self) -> None:
        """End it, and notify the task whose subprocess it is."""
        for task in [t for t in self.tasks.values() if t.has_state(OPEN)]:
            task.cancel()
        self.completed = True
        self.completed_event(self)

    def cancel(self, *_: Any) -> list[Task]:
        """Cancel all open tasks, also in subprocesses."""
        self.success = False
        self.completed = True
        cancelled = [task for task in self.tasks.values() if task.has_state(TaskState.NOT_FINISHED_MASK)]
        for task in cancelled:
            task.cancel()
        return cancelled

    def _remove_task(self, task_id: UUID) -> None:
        """Remove a task and all below it from the tree; open tasks and subprocesses among them are cancelled."""
        self.tasks[self.tasks[task_id]._parent]._children.remove(task_id)
        front = [task_id]
        while front:
            task = self.tasks.pop(front.pop())
            front.extend(task._children)
            inner = self.top_workflow.subprocesses.get(task.id)
            if inner is not None:
                inner.cancel()
            if not task.has_state(TaskState.FINISHED_MASK):
                task._state = TaskState.CANCELLED


class Subworkflow(_WorkflowTree, BpmnSubWorkflow):
    """The run of a subprocess or of a called process; `parent_task` is its task in the outer workflow."""

    def __init__(self, spec: Any, parent_task: Task, top_workflow: TopWorkflow, **kwargs: Any) -> None:
        self.parent_task = parent_task
        super().__init__(spec, parent_task_id=parent_task.id, top_workflow=top_workflow, **kwargs)

    @property
    def parent_workflow(self) -> Any:
        """The workflow that its task belongs to."""
        return self.parent_task.workflow

    def _calculate_depth(self) -> int:
        return int(self.parent_task.workflow.depth) + 1

    @property
    def is_open(self) -> bool:
        """Whether its task is open, and all workflows around it are."""
        task = self.parent_task
        return (
            not task.has_state(TaskState.FINISHED_MASK)
            and task.workflow.tasks.get(task.id) is task
            and (not isinstance(task.workflow, Subworkflow) or task.workflow.is_open)
        )


class TopWorkflow(_WorkflowTree, BpmnWorkflow):
    """The workflow of a process instance; `callbacks` is what its task specs call."""

    callbacks: SpecCallbacks

    def create_subprocess(self, my_task: Task, spec_name: str) -> Subworkflow:
        """Start a subprocess for a task."""
        subprocess = Subworkflow(self.subprocess_specs[spec_name], my_task, self)
        self.subprocesses[my_task.id] = subprocess
        return subprocess

    def find(self, task_id: UUID) -> Task | None:
        """The task with this id in any workflow; None when there is none."""
        for workflow in self.all_workflows():
            if task_id in workflow.tasks:
                found: Task = workflow.tasks[task_id]
                return found
        return None

    def get_task_from_id(self, task_id: UUID) -> Task:
        """Like `find`, under the name by which the library calls it. Raises KeyError."""
        task = self.find(task_id)
        if task is None:
            raise KeyError(task_id)
        return task

    def all_workflows(self) -> Iterator[Any]:
        """This workflow and those of its subprocesses."""
        yield self
        yield from self.subprocesses.values()

    def innermost_first(self) -> list[Any]:
        """All workflows, the innermost first."""
        if not self.subprocesses:
            return [self]
        return [*sorted(self.subprocesses.values(), key=lambda w: w.depth, reverse=True), self]

    def remove_closed_subprocesses(self) -> None:
        """Remove the workflows of subprocesses that are not open any more."""
        for task_id in [key for key, inner in self.subprocesses.items() if not inner.is_open]:
            del self.subprocesses[task_id]


def dump_tree(top: TopWorkflow) -> list[dict[str, Any]]:
    """The workflows as plain data, outer ones first."""
    ordered = sorted(top.all_workflows(), key=lambda workflow: workflow.depth)
    return [_dump(workflow) for workflow in ordered]


def _dump(workflow: Any) -> dict[str, Any]:
    return {
        "parent": workflow.parent_task_id.hex if workflow.parent_task_id else None,
        "completed": workflow.completed,
        "success": workflow.success,
        "tasks": [
            [
                task.id.hex,
                task._parent.hex if task._parent else None,
                task.state,
                task.task_spec.name,
                task.internal_data or None,
                int(task.triggered),
                task.last_state_change,
                task.thread_id,
            ]
            for task in workflow.tasks.values()
        ],
    }


def restore_tree(executable: ExecutableProcess, data: list[dict[str, Any]]) -> TopWorkflow:
    """The workflows of `dump_tree`, on the specs of an executable process."""
    top = TopWorkflow(executable.spec, executable.subprocess_specs, deserializing=True)
    _fill(top, data[0])
    for part in data[1:]:
        parent = top.get_task_from_id(UUID(part["parent"]))
        spec = executable.subprocess_specs[subprocess_name(parent)]
        inner = Subworkflow(spec, parent, top, deserializing=True)
        top.subprocesses[parent.id] = inner
        _fill(inner, part)
        inner.completed_event.connect(parent.task_spec._on_subworkflow_completed, parent)
    return top


def _fill(workflow: Any, data: dict[str, Any]) -> None:
    specs: dict[str, TaskSpec] = workflow.spec.task_specs
    for task_id, parent_id, state, spec_name, internal, triggered, changed, thread in data["tasks"]:
        parent = workflow.tasks[UUID(parent_id)] if parent_id else None
        task = Task(workflow, specs[spec_name], parent=parent, state=state, id=UUID(task_id))
        task.internal_data = internal or {}
        task.triggered = bool(triggered)
        task.last_state_change = changed
        task.thread_id = thread
        if parent is None:
            workflow.task_tree = task
    workflow.completed = data["completed"]
    workflow.success = data["success"]
