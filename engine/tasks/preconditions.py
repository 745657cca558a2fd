"""What holds of every task before anything is done with it: is it open, may this person work on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select

from engine.access.actors import Actor
from engine.access.permissions import PermissionMatrix
from engine.access.visibility import candidate_for, require_case
from engine.errors import Forbidden, InvalidState, NotFound
from engine.execution.locking import Held, HeldTask, hold_task
from engine.storage.tables import event, task, task_candidate


def held_for(connection: Connection, task_id: str, actor: Actor, permissions: PermissionMatrix) -> Held:
    """The task, its instance held; Forbidden, before anything is said of it, to who may not see it."""
    held = hold_task(connection, task_id, actor)
    if not held.offered and actor.id not in (held.task.assignee, held.task.completed_by):
        require_case(connection, held.case, actor, permissions)
    return held


def find_task(connection: Connection, task_id: str) -> Row[Any]:
    """A task, not held. Raises NotFound."""
    row = connection.execute(select(task).where(task.c.id == task_id)).one_or_none()
    if row is None:
        raise NotFound("Il compito non c'è")
    return row


def require_working(row: HeldTask | Row[Any], actor: Actor, taking: bool) -> None:
    """Raise Forbidden unless the actor holds the task, or may take (`taking`) one that nobody holds."""
    if not (actor.is_system or row.assignee == actor.id or (row.assignee is None and taking)):
        held = f": è in carico a {row.assignee}" if row.assignee else ""
        raise Forbidden(f"{actor.name} non può lavorare su «{row.name}»{held}")


def require_open(row: HeldTask | Row[Any]) -> None:
    """Raise InvalidState, saying by whom and when, unless the task is open."""
    if row.state == "completed":
        raise InvalidState(
            f"«{row.name}» è già stato completato da {row.completed_by}", code="TASK_COMPLETED"
        )
    if row.state == "cancelled":
        raise InvalidState(f"«{row.name}» non serve più: il processo è andato avanti", code="TASK_CANCELLED")
    if row.state == "suspended":
        raise InvalidState(f"«{row.name}» è fermo, perché la pratica è sospesa", code="INSTANCE_SUSPENDED")


def may_take(connection: Connection, row: HeldTask | Row[Any], actor: Actor) -> bool:
    """Whether the task is offered to the actor."""
    return bool(
        connection.execute(
            select(exists(select(task.c.id).where(task.c.id == row.id, candidate_for(actor))))
        ).scalar_one()
    )


def may_work(connection: Connection, row: Row[Any], actor: Actor) -> bool:
    """Whether the actor holds the task, or may take it while nobody does."""
    if actor.is_system or row.assignee == actor.id:
        return True
    return row.assignee is None and may_take(connection, row, actor)


def has_candidates(connection: Connection, task_id: str) -> bool:
    """Whether the task is offered to groups or people."""
    return (
        connection.execute(
            select(task_candidate.c.task_id).where(task_candidate.c.task_id == task_id).limit(1)
        ).first()
        is not None
    )


def log_task(
    connection: Connection,
    row: HeldTask | Row[Any],
    actor: Actor,
    kind: str,
    data: Mapping[str, Any],
    now: datetime,
) -> None:
    """A line of the log about a task."""
    connection.execute(
        insert(event).values(
            instance_id=row.instance_id,
            at=now,
            actor_id=actor.id,
            kind=kind,
            element_id=row.element_id,
            element_name=row.name,
            definition_id=row.definition_id,
            data=dict(data),
        )
    )
