"""Removes finished tasks that no open task depends on, so that every turn of a loop costs the same.

An open task keeps its parent: a join reads there by which flow a token came, a boundary event finds its activity there.
All other finished tasks go; the history of an instance is its log, not this tree.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

ENABLED = True
"""Tests switch it off, to show that nothing depends on the tasks that are removed."""


def prune(workflow: Any) -> None:
    """Remove the finished tasks of one workflow that no open task depends on."""
    if not ENABLED:
        return
    tasks = workflow.tasks
    needed: set[UUID] = {workflow.task_tree.id}
    for task in tasks.values():
        if not task.has_state(TaskState.FINISHED_MASK):
            needed.add(task.id)
            if task._parent is not None:
                needed.add(task._parent)
    if len(needed) == len(tasks):
        return
    nearest: dict[UUID, UUID] = {}  # a parent is always made, and saved, before its children
    for task_id, task in tasks.items():
        ancestor = nearest[task._parent] if task._parent is not None else task_id
        nearest[task_id] = task_id if task_id in needed else ancestor
        if task_id in needed:
            task._parent = ancestor if task._parent is not None else None
            task._children = []
            if task._parent is not None:
                tasks[ancestor]._children.append(task_id)
    for task_id in [task_id for task_id in tasks if task_id not in needed]:
        del tasks[task_id]
