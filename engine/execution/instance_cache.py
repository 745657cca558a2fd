"""Runs kept in memory between two steps of an instance: whoever steps next need not restore them.

The revision guards them: what another process has changed meanwhile is never used. A step takes the run out, and only
its commit gives it back, so no two threads share one and nothing of a step that failed is kept. With the run stays what
its last step left in the tables (`Left`), so that a task can be completed without reading them: whether all of it still
holds is asked by the statement that writes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from engine.access.actors import Actor
from engine.access.visibility import offered_to
from engine.execution.locking import Held, HeldCase, HeldTask
from engine.spiff import ProcessRun


class OpenTask(NamedTuple):
    """A task that a step has opened, with those it is offered to as (kind, name)."""

    task: HeldTask
    offers: tuple[tuple[str, str], ...]


class Left(NamedTuple):
    """An instance as a step has left it: its columns, open tasks by id, and the roles in it of some actors."""

    case: HeldCase
    tasks: Mapping[str, OpenTask]
    parts: Mapping[str, frozenset[str]]
    nobody_else: bool
    """Whether only those in `parts` take part in it; else it is not known of the others."""


@dataclass(frozen=True)
class LiveRun:
    """A run as it is at a revision of its instance."""

    revision: int
    run: ProcessRun
    left: Left | None = None

    def held(self, task_id: str, actor: Actor) -> Held | None:
        """The task as it is to the actor; None when that must be read. There may be a draft."""
        if self.left is None or task_id not in self.left.tasks:
            return None
        parts = self.left.parts.get(actor.id, frozenset() if self.left.nobody_else else None)
        if parts is None:
            return None
        task, offers = self.left.tasks[task_id]
        offered = offered_to(actor, offers, task.scope, parts)
        if not offered and task.assignee != actor.id:
            return None
        return Held(task, self.left.case, offered, parts, has_draft=True)


class LiveRuns:
    """The last so many instances that stepped."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._runs: OrderedDict[str, LiveRun] = OrderedDict()
        self._by_task: dict[str, str] = {}
        self._lock = threading.Lock()

    def take(self, instance_id: str, revision: int) -> LiveRun | None:
        """The run of an instance at this very revision, now the caller's alone; None when it must be restored."""
        with self._lock:
            found = self._out(instance_id)
        return found if found is not None and found.revision == revision else None

    def take_by_task(self, task_id: str) -> LiveRun | None:
        """The run in which a task was open when it last stepped here, now the caller's alone."""
        with self._lock:
            instance_id = self._by_task.get(task_id)
            return None if instance_id is None else self._out(instance_id)

    def keep(self, instance_id: str, live: LiveRun) -> None:
        """Give a run back after its step is durable; the one that stepped longest ago makes room."""
        with self._lock:
            self._out(instance_id)
            self._runs[instance_id] = live
            for task_id in live.left.tasks if live.left else ():
                self._by_task[task_id] = instance_id
            while len(self._runs) > self._most:
                self._out(next(iter(self._runs)))

    def _out(self, instance_id: str) -> LiveRun | None:
        found = self._runs.pop(instance_id, None)
        for task_id in found.left.tasks if found is not None and found.left else ():
            self._by_task.pop(task_id, None)
        return found
