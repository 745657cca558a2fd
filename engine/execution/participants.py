"""When a part in a case passes to somebody else, the open tasks of that part pass too; what was done stays theirs."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select, update

from engine.languages.bpmn.model import Element, ProcessModel
from engine.languages.bpmn.parser import slug
from engine.storage.tables import participant, task


def pass_on(
    connection: Connection, models: Mapping[str, ProcessModel], instance_id: str, role: str, to: str
) -> tuple[tuple[Element, str, str], ...]:
    """Give `to` the open tasks of `role` held by those whose part has ended: (element, task id, former holder).

    A task belongs to a role when its assignee is the variable of that name (``=tutor``), or its lane or groups say so.
    """
    former = select(participant.c.actor_id).where(
        participant.c.instance_id == instance_id, participant.c.role == role, participant.c.until.is_not(None)
    )
    rows = connection.execute(
        select(task.c.id, task.c.process_id, task.c.element_id, task.c.assignee).where(
            task.c.instance_id == instance_id,
            task.c.state.in_(("open", "suspended")),
            task.c.assignee.in_(former),
            task.c.assignee != to,
        )
    ).all()
    passed = []
    for row in rows:
        element = models[row.process_id].elements[row.element_id]
        if role in _roles_of(element):
            connection.execute(
                update(task).where(task.c.id == row.id).values(assignee=to, revision=task.c.revision + 1)
            )
            passed.append((element, row.id, row.assignee))
    return tuple(passed)


def _roles_of(element: Element) -> set[str]:
    assigned = element.assignment
    groups = {name.strip() for name in assigned.candidate_groups.split(",")}
    return groups | {assigned.assignee.removeprefix("=").strip(), slug(element.lane)}
