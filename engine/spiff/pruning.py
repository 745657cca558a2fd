"""Forgetting what is past: finished tasks that no open task depends on leave the tree, so every turn costs the same.

An open task keeps its parent: a join reads there by which flow a token came, a boundary event finds its activity there.
Whatever else is finished is gone; the history of an instance is its log, not its tree.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

ENABLED = True
"""Tests switch it off, to show that nothing depends on what is forgotten."""


def prune(workflow: Any) -> None:
    """Drop the finished tasks of one workflow that nothing open depends on."""
    if not ENABLED:
        return
    tasks = workflow.tasks
    kept: set[UUID] = {workflow.task_tree.id}
    for task in tasks.values():
        if not task.has_state(TaskState.FINISHED_MASK):
            kept.add(task.id)
            if task._parent is not None:
                kept.add(task._parent)
    if len(kept) == len(tasks):
        return
    nearest: dict[UUID, UUID] = {}  # a parent is always made, and saved, before its children
    for task_id, task in tasks.items():
        above = nearest[task._parent] if task._parent is not None else task_id
        nearest[task_id] = task_id if task_id in kept else above
        if task_id in kept:
            task._parent = above if task._parent is not None else None
            task._children = []
            if task._parent is not None:
                tasks[above]._children.append(task_id)
    for task_id in [task_id for task_id in tasks if task_id not in kept]:
        del tasks[task_id]
