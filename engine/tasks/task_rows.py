"""Tasks as rows of a list: what is read of them, in one statement, and how it becomes what a page shows."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, literal_column, select

from engine.storage.sql.functions import JoinedText, lines
from engine.storage.tables import definition, instance, task, task_candidate
from engine.tasks.inbox_queries import SOON
from engine.tasks.models import TaskRow
from engine.temporal import day_in_rome

_OFFERED = (
    select(JoinedText(task_candidate.c.kind + literal_column("':'") + task_candidate.c.name))
    .where(task_candidate.c.task_id == task.c.id)
    .scalar_subquery()
    .label("offered")
)
_READ = (
    "id", "name", "instance_id", "scope", "assignee", "priority", "created_at", "due_at", "due_order", "state",
)  # fmt: skip
SHOWN = tuple(task.c[name] for name in _READ)


def rows(*columns: Any) -> Select[Any]:
    """Tasks with what a list shows of their case; `columns` of the tasks, else only those that a list needs."""
    return (
        select(
            *(columns or SHOWN),
            instance.c.number,
            instance.c.title,
            instance.c.phase,
            instance.c.definition_key,
            definition.c.name.label("definition_name"),
            _OFFERED,
        )
        .join(instance, instance.c.id == task.c.instance_id)
        .join(definition, definition.c.id == instance.c.definition_id)
    )


def view(row: Any, now: datetime) -> TaskRow:
    """A row of `rows` as a list shows it."""
    roles, users = _offered(row.offered)
    return TaskRow(
        row.id,
        row.name,
        row.instance_id,
        row.number,
        row.title,
        row.phase,
        row.definition_key,
        row.definition_name,
        row.scope,
        row.assignee,
        roles,
        users,
        row.priority,
        row.created_at,
        row.due_at,
        urgency(row.due_at, now),
        row.state,
    )


@lru_cache(maxsize=1024)
def _offered(text: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roles and the users of the text of `_OFFERED`: many tasks are offered to the same."""
    offers = [offer.partition(":") for offer in lines(text)]
    roles = sorted(name for kind, _, name in offers if kind != "user")
    return tuple(roles), tuple(sorted(name for kind, _, name in offers if kind == "user"))


def urgency(due: datetime | None, now: datetime) -> str:
    """overdue, today, soon (within three days), later, or none: what colour and word a due date deserves."""
    if due is None:
        return "none"
    if due < now:
        return "overdue"
    if due > now + SOON:
        return "later"
    return "today" if day_in_rome(due) == day_in_rome(now) else "soon"
