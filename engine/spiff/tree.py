"""The library's workflow objects with what slows them or fails mended, and their way to rows and back.

The state is a list of rows a workflow: identifier, parent, state, spec, internal data. The specs are not in it.
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

from engine.spiff.program import Program


class _Scanning:
    """Looks at the tasks in the order of their making instead of walking the tree: no limit of depth, far faster."""

    tasks: dict[UUID, Task]

    def update_waiting_tasks(self) -> None:
        """Joins and events look again whether they may go on."""
        for task in [t for t in self.tasks.values() if t.state == TaskState.WAITING]:
            task.task_spec._update(task)


class Subworkflow(_Scanning, BpmnSubWorkflow):
    """The run of a subprocess or of a called process."""


class TopWorkflow(_Scanning, BpmnWorkflow):
    """The run of an instance; `run` is our side of it."""

    run: Any = None

    def create_subprocess(self, my_task: Task, spec_name: str) -> Subworkflow:
        """Begin a subprocess for a task."""
        subprocess = Subworkflow(
            self.subprocess_specs[spec_name], parent_task_id=my_task.id, top_workflow=self
        )
        self.subprocesses[my_task.id] = subprocess
        return subprocess

    def find(self, task_id: UUID) -> Task | None:
        """The task of an identifier, wherever it is; None when it is gone."""
        for workflow in self.all():
            if task_id in workflow.tasks:
                return workflow.tasks[task_id]
        return None

    def get_task_from_id(self, task_id: UUID) -> Task:
        """The library's name for `find`, used by its subprocesses."""
        task = self.find(task_id)
        if task is None:
            raise KeyError(task_id)
        return task

    def all(self) -> Iterator[Any]:
        """This workflow and those of its subprocesses."""
        yield self
        yield from self.subprocesses.values()

    def forget_finished(self) -> None:
        """Drop the inner trees of subprocesses that are over: nothing looks at them again."""
        while True:
            over = [
                task_id
                for task_id in self.subprocesses
                if (task := self.find(task_id)) is None or task.has_state(TaskState.FINISHED_MASK)
            ]
            if not over:
                return
            for task_id in over:
                del self.subprocesses[task_id]


def dump_tree(top: TopWorkflow) -> list[dict[str, Any]]:
    """The workflows as plain data, outer ones first."""
    ordered = sorted(top.all(), key=lambda workflow: workflow.depth)
    return [_dump(workflow) for workflow in ordered]


def _dump(workflow: Any) -> dict[str, Any]:
    return {
        "parent": workflow.parent_task_id.hex if workflow.parent_task_id else None,
        "completed": workflow.completed,
        "success": workflow.success,
        "last": workflow.last_task.id.hex if workflow.last_task is not None else None,
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


def restore_tree(program: Program, data: list[dict[str, Any]]) -> TopWorkflow:
    """The workflows of `dump_tree`, on the program's specs."""
    top = TopWorkflow(program.spec, program.subprocess_specs, deserializing=True)
    _fill(top, data[0])
    for part in data[1:]:
        parent = top.get_task_from_id(UUID(part["parent"]))
        spec = program.subprocess_specs[parent.task_spec.spec]
        inner = Subworkflow(spec, parent_task_id=parent.id, top_workflow=top, deserializing=True)
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
    workflow.last_task = workflow.tasks.get(UUID(data["last"])) if data["last"] else None
