"""Upgrades states saved by earlier versions before they are restored.

Version 1 predicted the tasks to come, and joined ends and boundary events by tasks of their own; a parallel or
inclusive join kept one waiting token and marked the others that had arrived as cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.util.task import TaskState

from engine.spiff.executable_process import ExecutableProcess
from engine.spiff.gateway_joins import Join

_REMOVED_SPECS = ("End", ".EndJoin", ".BoundaryEventJoin", "StartEventJoin")
_ID, _PARENT, _STATE, _SPEC = 0, 1, 2, 3


def upgrade_version_1(executable: ExecutableProcess, tree: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The workflows of a state of version 1 as rows of the present version."""
    owner: dict[str, BpmnProcessSpec] = {}
    changed = []
    for part in tree:
        spec = executable.spec if part["parent"] is None else owner[part["parent"]]
        for row in part["tasks"]:
            called = getattr(spec.task_specs.get(row[_SPEC]), "spec", None)
            if isinstance(called, str):
                owner[row[_ID]] = executable.subprocess_specs[called]
        changed.append({**part, "tasks": _rows(spec.task_specs, part["tasks"])})
    return changed


def _rows(task_specs: Mapping[str, Any], rows: list[list[Any]]) -> list[list[Any]]:
    kept = [
        list(row)
        for row in rows
        if row[_STATE] > TaskState.FUTURE
        and not (row[_SPEC] not in task_specs and row[_SPEC].endswith(_REMOVED_SPECS))
    ]
    states = {row[_ID]: row[_STATE] for row in kept}
    waiting = {row[_SPEC] for row in kept if row[_STATE] == TaskState.WAITING}
    for row in kept:
        joins = isinstance(task_specs[row[_SPEC]], Join) and row[_SPEC] in waiting
        if joins and row[_STATE] == TaskState.CANCELLED and states.get(row[_PARENT]) == TaskState.COMPLETED:
            row[_STATE] = TaskState.WAITING
    return kept
