"""What must hold before something is done with a task: it is open, and the actor may work on it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, exists, select

from engine.access import Actor, PermissionMatrix, require_instance
from engine.access.visibility import candidate_for
from engine.errors import Forbidden, InvalidState, NotFound
from engine.execution import LockedTask, TaskAccess, lock_task
from engine.storage.tables import task, task_candidate


def lock_visible_task(
    connection: Connection, task_id: str, actor: Actor, permissions: PermissionMatrix
) -> TaskAccess:
    """Lock a task and its instance. Raises NotFound; Forbidden, first of all, when the actor may not see the task."""
    access = lock_task(connection, task_id, actor)
    if not access.offered and actor.id not in (access.task.assignee, access.task.completed_by):
        require_instance(connection, access.instance, actor, permissions)
    return access


def find_task(connection: Connection, task_id: str) -> Row[Any]:
    """A task, not locked. Raises NotFound."""
    row = connection.execute(select(task).where(task.c.id == task_id)).one_or_none()
    if row is None:
        raise NotFound("TASK_NOT_FOUND")
    return row


def require_may_work(row: LockedTask | Row[Any], actor: Actor, offered: bool) -> None:
    """Raise Forbidden unless the actor is the assignee, or the task is offered to the actor and has no assignee."""
    if actor.is_system or row.assignee == actor.id or (row.assignee is None and offered):
        return
    if row.assignee:
        raise Forbidden("TASK_ASSIGNED_TO_ANOTHER", actor=actor.name, name=row.name, assignee=row.assignee)
    raise Forbidden("TASK_NOT_OFFERED", actor=actor.name, name=row.name)


def require_open(row: LockedTask | Row[Any]) -> None:
    """Raise InvalidState, with the reason, unless the task is open."""
    if row.state == "completed":
        raise InvalidState("TASK_COMPLETED", name=row.name, completed_by=row.completed_by)
    if row.state == "cancelled":
        raise InvalidState("TASK_CANCELLED", name=row.name)
    if row.state == "suspended":
        raise InvalidState("TASK_SUSPENDED", code="INSTANCE_SUSPENDED", name=row.name)


def may_take(connection: Connection, row: LockedTask | Row[Any], actor: Actor) -> bool:
    """Whether the task is offered to the actor."""
    return bool(
        connection.execute(
            select(exists(select(task.c.id).where(task.c.id == row.id, candidate_for(actor))))
        ).scalar_one()
    )


def may_work(connection: Connection, row: Row[Any], actor: Actor) -> bool:
    """Whether the actor is the assignee, or may take the task while it has none."""
    if actor.is_system or row.assignee == actor.id:
        return True
    return row.assignee is None and may_take(connection, row, actor)


def has_candidates(connection: Connection, task_id: str) -> bool:
    """Whether the task has candidates."""
    candidates = select(task_candidate.c.task_id).where(task_candidate.c.task_id == task_id)
    return connection.execute(candidates.limit(1)).first() is not None
