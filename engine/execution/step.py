"""A step: one transaction of one instance, from the action that causes it to its next wait states."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from engine.access import Actor
from engine.execution.environment import StepEnvironment
from engine.execution.instance_cache import InstanceSnapshot, OpenTask
from engine.execution.locking import LockedTask, OpenRow
from engine.settings import Settings
from engine.spiff import ProcessRun
from engine.storage import Statement

_NO_SNAPSHOT = frozenset({"incident", "retry"})
"""Open rows of a failed step: the next step reads everything."""
_PARTICIPANT_EVENTS = frozenset({"participant.added", "participant.ended", "task.handed_over"})


@dataclass
class Step:
    """What one step has done; `write_step` writes it.

    `phase`, `state` and `revision` are those before the step; whoever ends the instance sets `state`.
    """

    instance_id: str
    revision: int
    phase: str
    state: str
    run: ProcessRun
    environment: StepEnvironment
    actor: Actor
    now: datetime
    settings: Settings
    snapshot: InstanceSnapshot | None = None
    """The instance before the step, where it is known."""
    optimistic: bool = False
    """Whether `snapshot` comes from memory and nothing is locked: the writing statement checks that it still holds."""
    completed_task: LockedTask | Row[Any] | None = None
    """The task that the actor has completed, as it was before."""
    fired_timer: str | None = None
    open_before: list[OpenRow] | None = None
    """The open rows before the step; None when they must be read."""
    open_after: list[OpenRow] = field(default_factory=list)
    """The open rows after the step, once it is written."""
    new_tasks: list[OpenTask] = field(default_factory=list)
    new_rows: defaultdict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """The rows to insert, by table."""
    updates: list[tuple[bool, Statement, dict[str, Any]]] = field(default_factory=list)
    """The statements that end rows, with their values; the flag of `add_update` first."""
    incidents_closed: bool = False
    new_incidents: int = 0
    written: bool = False

    def add_row(self, table: str, row: dict[str, Any]) -> None:
        """Add a row to insert when the step is written."""
        self.new_rows[table].append(row)

    def add_update(self, statement: Statement, *, expect_one_row: bool = False, **values: Any) -> None:
        """Add a statement to execute when the step is written.

        With `expect_one_row` the step fails (OptimisticLockError) when the statement does not change one row.
        """
        self.updates.append((expect_one_row, statement, values))

    def snapshot_after(self) -> InstanceSnapshot | None:
        """The instance after the step, for the next step; None when the next step had better read it."""
        if self.snapshot is None or self.state != "active":
            return None
        if any(row.kind in _NO_SNAPSHOT for row in self.open_after):
            return None
        instance, tasks, roles, roles_complete = self.snapshot
        environment = self.environment
        if any(entry.kind in _PARTICIPANT_EVENTS for entry in environment.log):
            tasks, roles, roles_complete = {}, {}, False
        subject, title = environment.subject or (instance.subject, instance.title)
        new_tasks = {opened.task.id: opened for opened in self.new_tasks}
        tasks = {row.id: tasks[row.id] for row in self.open_after if row.id in tasks} | new_tasks
        instance = instance._replace(
            revision=self.revision + 1,
            phase=self.run.phase or self.phase,
            subject=subject,
            title=title,
            run_state=b"",
            configuration_version=environment.configuration_version,
            open_rows=self.open_after,
        )
        return InstanceSnapshot(instance, tasks, roles, roles_complete)
