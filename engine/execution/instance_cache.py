"""Keeps the instances of the last steps in memory, so that the next step need not read and restore them.

A cached run belongs to a revision of its instance: a run of another revision is never used. A step takes the run out of
the cache and puts it back when it has committed, so no two threads share a run and nothing of a failed step remains.
With the run the cache has a snapshot of what the step left in the tables (`InstanceSnapshot`): the next step uses it
without reading, and the statement that writes the step checks that it still holds (optimistic locking).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cachetools import LRUCache

from engine.access import Actor
from engine.access.visibility import is_candidate
from engine.execution.locking import LockedInstance, LockedTask, TaskAccess
from engine.spiff import ProcessRun


class OpenTask(NamedTuple):
    """An open task with its candidates, as (kind, name)."""

    task: LockedTask
    candidates: tuple[tuple[str, str], ...]


class InstanceSnapshot(NamedTuple):
    """An instance as a step has left it: its columns, its open tasks by id, and the roles of some actors in it.

    It holds nothing that can change without a new revision of the instance, a change of the task's row or a new version
    of the configuration: these the writing statement checks. Participants change only in a step.
    """

    instance: LockedInstance
    tasks: Mapping[str, OpenTask]
    roles: Mapping[str, frozenset[str]]
    roles_complete: bool
    """Whether actors that are not in `roles` have no role in the instance; otherwise their roles are unknown."""


@dataclass(frozen=True)
class CachedInstance:
    """A run at a revision of its instance, with the snapshot of that revision if there is one."""

    revision: int
    run: ProcessRun
    snapshot: InstanceSnapshot | None = None

    def access(self, task_id: str, actor: Actor) -> TaskAccess | None:
        """The task and what the actor may do with it; None when that must be read. There may be a draft."""
        snapshot = self.snapshot
        if snapshot is None or task_id not in snapshot.tasks:
            return None
        roles = snapshot.roles.get(actor.id, frozenset() if snapshot.roles_complete else None)
        if roles is None:
            return None
        task, candidates = snapshot.tasks[task_id]
        offered = is_candidate(actor, candidates, task.scope, roles)
        if not offered and task.assignee != actor.id:
            return None
        return TaskAccess(task, snapshot.instance, offered, roles, has_draft=True)


def snapshot_before(
    instance: LockedInstance, actor: Actor, roles: frozenset[str] | None, cached: CachedInstance | None
) -> InstanceSnapshot:
    """The snapshot that a step begins with: the one of the cache with the row and the roles read since."""
    if cached is None or cached.snapshot is None:
        snapshot = InstanceSnapshot(instance, {}, {}, roles_complete=False)
    else:
        snapshot = cached.snapshot
    known = snapshot.roles if roles is None else {**snapshot.roles, actor.id: roles}
    return snapshot._replace(instance=instance, roles=known)


class InstanceCache:
    """The instances of the last steps, at most `size`; the one used longest ago makes room. Safe for threads."""

    def __init__(self, size: int) -> None:
        self._by_task: dict[str, str] = {}
        self._instances = _Instances(size, self._by_task)
        self._lock = threading.Lock()

    def take(self, instance_id: str, revision: int) -> CachedInstance | None:
        """Take out the run of an instance at this revision; None when it must be restored."""
        with self._lock:
            found = self._instances.pop(instance_id, None)
        return found if found is not None and found.revision == revision else None

    def take_by_task(self, task_id: str) -> CachedInstance | None:
        """Take out the run of the instance that has this open task; None when it is not cached."""
        with self._lock:
            instance_id = self._by_task.get(task_id)
            return None if instance_id is None else self._instances.pop(instance_id, None)

    def put(self, instance_id: str, cached: CachedInstance) -> None:
        """Put a run back after its step has committed."""
        with self._lock:
            self._instances.pop(instance_id, None)
            if self._instances.maxsize:
                self._instances[instance_id] = cached


class _Instances(LRUCache[str, CachedInstance]):
    """Instances by id, with an index by their open tasks that follows every change."""

    def __init__(self, size: int, by_task: dict[str, str]) -> None:
        super().__init__(size)
        self._by_task = by_task

    def __setitem__(self, instance_id: str, cached: CachedInstance) -> None:
        super().__setitem__(instance_id, cached)
        for task_id in cached.snapshot.tasks if cached.snapshot else ():
            self._by_task[task_id] = instance_id

    def __delitem__(self, instance_id: str) -> None:
        cached = self[instance_id]
        super().__delitem__(instance_id)
        for task_id in cached.snapshot.tasks if cached.snapshot else ():
            self._by_task.pop(task_id, None)
