"""The rows of task lists: the statement that reads them and the `TaskRow` made of each."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, literal_column, select

from engine.storage.sql.functions import StringAgg, split_lines
from engine.storage.tables import definition, instance, task, task_candidate
from engine.tasks.inbox_queries import SOON
from engine.tasks.models import TaskRow
from engine.temporal import day_in_rome

_CANDIDATES = (
    select(StringAgg(task_candidate.c.kind + literal_column("':'") + task_candidate.c.name))
    .where(task_candidate.c.task_id == task.c.id)
    .scalar_subquery()
    .label("candidates")
)
_COLUMNS = (
    "id", "name", "instance_id", "scope", "assignee", "priority", "created_at", "due_at", "due_order", "state",
)  # fmt: skip
_LIST_COLUMNS = tuple(task.c[name] for name in _COLUMNS)


def select_tasks(*columns: Any) -> Select[Any]:
    """Tasks with what a list shows of their instance; `columns` of the tasks, by default those of a list."""
    return (
        select(
            *(columns or _LIST_COLUMNS),
            instance.c.number,
            instance.c.title,
            instance.c.phase,
            instance.c.definition_key,
            definition.c.name.label("definition_name"),
            _CANDIDATES,
        )
        .join(instance, instance.c.id == task.c.instance_id)
        .join(definition, definition.c.id == instance.c.definition_id)
    )


def task_row(row: Any, now: datetime) -> TaskRow:
    """The `TaskRow` of a row of `select_tasks`."""
    roles, users = _candidates(row.candidates)
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
def _candidates(text: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The candidate roles and users in the text of `_CANDIDATES`; many tasks have the same."""
    candidates = [line.partition(":") for line in split_lines(text)]
    roles = sorted(name for kind, _, name in candidates if kind != "user")
    return tuple(roles), tuple(sorted(name for kind, _, name in candidates if kind == "user"))


def urgency(due: datetime | None, now: datetime) -> str:
    """The urgency of a due date: overdue, today, soon (within three days), later, or none."""
    if due is None:
        return "none"
    if due < now:
        return "overdue"
    if due > now + SOON:
        return "later"
    return "today" if day_in_rome(due) == day_in_rome(now) else "soon"
