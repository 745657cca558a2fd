"""The log entry of a changed override, shown by every instance that it moves, and a message for each assignee."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, union

from engine.execution.outbox import message_row
from engine.storage.event_log import LogEntry, append_numbered_event
from engine.storage.sql.insert_once import insert_many_once
from engine.storage.tables import outbox, task
from engine.timers.deadlines.columns import DUE_COLUMNS, DueColumn
from engine.timers.deadlines.preview import PlannedChange, affected_rows


def log_change(connection: Connection, actor_id: str, now: datetime, data: Mapping[str, Any]) -> int:
    """Log a change and return the id of the entry; the rows it moves keep that id for the history of their instance."""
    return append_numbered_event(connection, LogEntry("deadline.changed", now, actor_id, data=data))


def notify_assignees(
    connection: Connection,
    columns: tuple[DueColumn, ...],
    change: PlannedChange,
    embedding_keys: frozenset[str],
    change_id: int,
    label: str,
    now: datetime,
) -> None:
    """Send a message to every assignee of an open task of an instance that moves. To be called before the update.

    `embedding_keys` are the deadlines whose expressions contain the changed one.
    """
    moving = [_instances(column, change) for column in columns]
    if embedding_keys:
        moving += [_embedding_instances(column, change, embedding_keys) for column in DUE_COLUMNS.values()]
    instances = union(*moving).subquery()
    assignees = connection.execute(
        select(task.c.assignee, func.count(task.c.instance_id.distinct()), func.min(task.c.instance_id))
        .join(instances, instances.c.instance_id == task.c.instance_id)
        .where(task.c.state == "open", task.c.assignee.is_not(None))
        .group_by(task.c.assignee)
    ).all()
    rows = [
        message_row(
            "deadline.moved",
            {"user": user, "label": label, "cases": many, "instance_id": one},
            f"deadline.moved:{change_id}:{user}",
            now=now,
        )
        for user, many, one in assignees
    ]
    insert_many_once(connection, outbox, rows)


def _instances(column: DueColumn, change: PlannedChange) -> Any:
    return select(column.c.instance_id).where(affected_rows(column, change, *column.active_states))


def _embedding_instances(column: DueColumn, change: PlannedChange, keys: frozenset[str]) -> Any:
    return select(column.c.instance_id).where(
        column.key.in_(keys),
        column.c.state.in_(column.active_states),
        change.affects(column.c.scope),
        column.by_hand.is_(False),
    )
