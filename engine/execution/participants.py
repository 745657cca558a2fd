"""The participants of an instance: a role begins or ends, and its open tasks pass to the new holder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from engine.languages.bpmn.model import Element, ProcessModel
from engine.languages.bpmn.parser import role_id
from engine.storage.tables import participant, task


class ReassignedTask(NamedTuple):
    """An open task that has passed to another assignee."""

    element: Element
    task_id: str
    former_assignee: str


def add_participant(
    connection: Connection, instance_id: str, actor_id: str, role: str, now: datetime
) -> None:
    """Give a user a role in an instance, again if it had ended."""
    same = (
        (participant.c.instance_id == instance_id)
        & (participant.c.actor_id == actor_id)
        & (participant.c.role == role)
    )
    if connection.execute(select(participant.c.actor_id).where(same)).one_or_none() is None:
        connection.execute(
            insert(participant).values(
                instance_id=instance_id, actor_id=actor_id, role=role, since=now, until=None
            )
        )
    else:
        connection.execute(update(participant).where(same).values(until=None))


def end_participant(
    connection: Connection, instance_id: str, actor_id: str, role: str, now: datetime
) -> None:
    """End a user's role in an instance; nothing happens when the user does not have it."""
    connection.execute(
        update(participant)
        .where(
            participant.c.instance_id == instance_id,
            participant.c.actor_id == actor_id,
            participant.c.role == role,
            participant.c.until.is_(None),
        )
        .values(until=now)
    )


def reassign_tasks(
    connection: Connection, models: Mapping[str, ProcessModel], instance_id: str, role: str, assignee: str
) -> tuple[ReassignedTask, ...]:
    """Assign to `assignee` the open tasks of a role whose assignees no longer have it; gives these tasks.

    A task belongs to a role when its assignee is the variable of that name (``=tutor``), or when its lane or one of its
    candidate groups is that role. Completed tasks stay as they are.
    """
    former = select(participant.c.actor_id).where(
        participant.c.instance_id == instance_id, participant.c.role == role, participant.c.until.is_not(None)
    )
    rows = connection.execute(
        select(task.c.id, task.c.process_id, task.c.element_id, task.c.assignee).where(
            task.c.instance_id == instance_id,
            task.c.state.in_(("open", "suspended")),
            task.c.assignee.in_(former),
            task.c.assignee != assignee,
        )
    ).all()
    reassigned = []
    for row in rows:
        element = models[row.process_id].elements[row.element_id]
        if role in _roles_of(element):
            connection.execute(
                update(task)
                .where(task.c.id == row.id)
                .values(assignee=assignee, revision=task.c.revision + 1)
            )
            reassigned.append(ReassignedTask(element, row.id, row.assignee))
    return tuple(reassigned)


def _roles_of(element: Element) -> set[str]:
    assignment = element.assignment
    groups = {name.strip() for name in assignment.candidate_groups.split(",")}
    return groups | {assignment.assignee.removeprefix("=").strip(), role_id(element.lane)}
