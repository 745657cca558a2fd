"""Which instances and tasks an actor may see: by scope, as a participant, as a candidate of a task."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, false, or_, select, true

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.errors import Forbidden, NotFound
from engine.storage.tables import instance, participant, task, task_candidate


def within(column: Any, scope: str) -> ColumnElement[bool]:
    """SQL: the scope in `column` is `scope` or one that it contains."""
    if not scope:
        return true()
    return or_(column == scope, column.startswith(scope + "/", autoescape=True))


def is_participant(actor: Actor) -> ColumnElement[bool]:
    """SQL: the actor is a participant of the instance."""
    return exists(
        select(participant.c.instance_id).where(
            participant.c.instance_id == instance.c.id,
            participant.c.actor_id == actor.id,
            participant.c.until.is_(None),
        )
    )


def visible_instances(actor: Actor, permissions: PermissionMatrix) -> ColumnElement[bool]:
    """SQL: the instances that the actor may see."""
    scopes = permissions.scopes(actor, Permission.CASE_READ)
    return or_(*(within(instance.c.scope, scope) for scope in sorted(scopes)), is_participant(actor))


def candidate_for(actor: Actor) -> ColumnElement[bool]:
    """SQL: the actor is a candidate of the task, by name or by a role held in its scope or in its instance."""
    if actor.is_system:
        return true()
    by_scope: dict[str, list[str]] = {}
    for held in actor.memberships:
        by_scope.setdefault(held.scope, []).append(held.role)
    offers: list[ColumnElement[bool]] = [
        and_(task_candidate.c.kind == "user", task_candidate.c.name == actor.id)
    ]
    for scope, roles in sorted(by_scope.items()):
        offers.append(
            and_(
                task_candidate.c.kind == "role",
                task_candidate.c.name.in_(sorted(roles)),
                within(task.c.scope, scope),
            )
        )
    offers.append(
        and_(
            task_candidate.c.kind == "role",
            exists(
                select(participant.c.role).where(
                    participant.c.instance_id == task.c.instance_id,
                    participant.c.actor_id == actor.id,
                    participant.c.role == task_candidate.c.name,
                    participant.c.until.is_(None),
                )
            ),
        )
    )
    return exists(select(task_candidate.c.task_id).where(task_candidate.c.task_id == task.c.id, or_(*offers)))


def is_candidate(
    actor: Actor, candidates: Iterable[tuple[str, str]], scope: str, roles_in_instance: Collection[str]
) -> bool:
    """Whether the actor is a candidate of a task that has been read: `candidate_for` without the database.

    `candidates` are pairs of kind (user or role) and name, `scope` is that of the task, `roles_in_instance` are those
    of the actor as a participant.
    """
    if actor.is_system:
        return True
    roles = actor.roles_in(scope)
    return any(
        name == actor.id if kind == "user" else name in roles or name in roles_in_instance
        for kind, name in candidates
    )


def roles_in_instance(connection: Connection, instance_id: str, actor: Actor) -> frozenset[str]:
    """The current roles of the actor as a participant of an instance."""
    held = select(participant.c.role).where(
        participant.c.instance_id == instance_id,
        participant.c.actor_id == actor.id,
        participant.c.until.is_(None),
    )
    return frozenset(connection.execute(held).scalars())


class VisibleInstance(Protocol):
    """The fields of an instance that `may_see_instance` reads."""

    @property
    def id(self) -> Any:
        """Identifier."""

    @property
    def number(self) -> Any:
        """Number shown to users."""

    @property
    def scope(self) -> Any:
        """Scope."""


def may_see_instance(
    connection: Connection, row: VisibleInstance | Row[Any], actor: Actor, permissions: PermissionMatrix
) -> bool:
    """Whether the actor may see an instance: by permission, as a participant, or by one of its open tasks."""
    if actor.is_system or permissions.allows(actor, Permission.CASE_READ, row.scope):
        return True
    as_participant = select(participant.c.actor_id).where(
        participant.c.instance_id == row.id, participant.c.actor_id == actor.id, participant.c.until.is_(None)
    )
    held = select(task.c.id).where(
        task.c.instance_id == row.id,
        task.c.state == "open",
        or_(task.c.assignee == actor.id, and_(task.c.assignee.is_(None), candidate_for(actor))),
    )
    return bool(connection.execute(select(or_(exists(as_participant), exists(held)))).scalar_one())


def read_instance(connection: Connection, instance_id: str) -> Row[Any]:
    """The row of an instance, not locked. Raises NotFound."""
    row: Row[Any] | None = connection.execute(
        select(instance).where(instance.c.id == instance_id)
    ).one_or_none()
    if row is None:
        raise NotFound("INSTANCE_NOT_FOUND")
    return row


def read_visible_instance(
    connection: Connection, instance_id: str, actor: Actor, permissions: PermissionMatrix
) -> Row[Any]:
    """The row of an instance that the actor may see. Raises NotFound, Forbidden."""
    row = read_instance(connection, instance_id)
    require_instance(connection, row, actor, permissions)
    return row


def require_instance(
    connection: Connection, row: VisibleInstance | Row[Any], actor: Actor, permissions: PermissionMatrix
) -> None:
    """Raise Forbidden unless the actor may see the instance."""
    if not may_see_instance(connection, row, actor, permissions):
        raise Forbidden("INSTANCE_NOT_VISIBLE", actor=actor.name, number=row.number)


def where_allowed(actor: Actor, permission: Permission, permissions: PermissionMatrix) -> ColumnElement[bool]:
    """SQL: the instance is in a scope where the actor has the permission."""
    scopes = permissions.scopes(actor, permission)
    return or_(false(), *(within(instance.c.scope, scope) for scope in sorted(scopes)))
