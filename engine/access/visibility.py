"""Who sees which cases and tasks: the scopes of one's roles, the cases one takes part in, the tasks one may take."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, false, or_, select, true

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.errors import Forbidden
from engine.storage.tables import instance, participant, task, task_candidate


def within(column: Any, scope: str) -> ColumnElement[bool]:
    """SQL: the scope in `column` is `scope` or below it."""
    if not scope:
        return true()
    return or_(column == scope, column.startswith(scope + "/", autoescape=True))


def takes_part(actor: Actor) -> ColumnElement[bool]:
    """SQL: the actor takes part in the row's instance."""
    return exists(
        select(participant.c.instance_id).where(
            participant.c.instance_id == instance.c.id,
            participant.c.actor_id == actor.id,
            participant.c.until.is_(None),
        )
    )


def visible_cases(actor: Actor, permissions: PermissionMatrix) -> ColumnElement[bool]:
    """SQL: the instances that the actor may see."""
    scopes = permissions.scopes(actor, Permission.CASE_READ)
    return or_(*(within(instance.c.scope, scope) for scope in sorted(scopes)), takes_part(actor))


def candidate_for(actor: Actor) -> ColumnElement[bool]:
    """SQL: the task is offered to one of the actor's roles, where it is held, or to the actor by name."""
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


def offered_to(
    actor: Actor, candidates: Iterable[tuple[str, str]], scope: str, parts: Collection[str]
) -> bool:
    """`candidate_for`, asked of one task already read: its candidates as (kind, name), its scope, and the roles in
    which the actor takes part in its instance."""
    if actor.is_system:
        return True
    roles = actor.roles_in(scope)
    return any(
        name == actor.id if kind == "user" else name in roles or name in parts for kind, name in candidates
    )


def roles_in_case(connection: Connection, instance_id: str, actor: Actor) -> frozenset[str]:
    """The roles in which the actor takes part in an instance now."""
    held = select(participant.c.role).where(
        participant.c.instance_id == instance_id,
        participant.c.actor_id == actor.id,
        participant.c.until.is_(None),
    )
    return frozenset(connection.execute(held).scalars())


class Case(Protocol):
    """What `may_see_case` asks of an instance."""

    @property
    def id(self) -> Any:
        """Identifier."""

    @property
    def number(self) -> Any:
        """Number that people read."""

    @property
    def scope(self) -> Any:
        """Ambito."""


def may_see_case(
    connection: Connection, row: Case | Row[Any], actor: Actor, permissions: PermissionMatrix
) -> bool:
    """Whether the actor may see an instance: by scope, by taking part, or by holding one of its open tasks."""
    if actor.is_system or permissions.allows(actor, Permission.CASE_READ, row.scope):
        return True
    part = select(participant.c.actor_id).where(
        participant.c.instance_id == row.id, participant.c.actor_id == actor.id, participant.c.until.is_(None)
    )
    held = select(task.c.id).where(
        task.c.instance_id == row.id,
        task.c.state == "open",
        or_(task.c.assignee == actor.id, and_(task.c.assignee.is_(None), candidate_for(actor))),
    )
    return bool(connection.execute(select(or_(exists(part), exists(held)))).scalar_one())


def require_case(
    connection: Connection, row: Case | Row[Any], actor: Actor, permissions: PermissionMatrix
) -> None:
    """Raise Forbidden unless the actor may see the instance."""
    if not may_see_case(connection, row, actor, permissions):
        raise Forbidden(f"{actor.name} non può vedere la pratica n. {row.number}")


def where_allowed(actor: Actor, permission: Permission, permissions: PermissionMatrix) -> ColumnElement[bool]:
    """SQL over `instance`: the cases of the scopes in which the actor has the permission."""
    scopes = permissions.scopes(actor, permission)
    return or_(false(), *(within(instance.c.scope, scope) for scope in sorted(scopes)))
