"""Reports of late tasks: what a timer of kind `overdue` does when it fires."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from engine.execution import enqueue
from engine.scheduling.overdue import overdue_moment
from engine.scheduling.overrides.calculation import Calendar
from engine.storage.tables import task, timer


def report_overdue(
    connection: Connection, row: Row[Any], escalation_days: int, calendar: Calendar, now: datetime
) -> None:
    """Report the late task of an `overdue` timer, whose instance is locked, by the outbox message `task.overdue`.

    The first report lets the timer wait until the task is late by `escalation_days` working days; the second one is
    `escalated` and the last. A task that is no longer open is not reported.
    """
    late = connection.execute(
        select(task.c.id, task.c.due_at).where(
            task.c.instance_id == row.instance_id, task.c.token == row.token, task.c.state == "open"
        )
    ).one_or_none()
    escalated = bool(row.attempts)
    if late is None or escalated:
        values: dict[str, Any] = {"state": "fired", "fired_at": now}
    else:
        values = {"attempts": 1, "due_at": overdue_moment(late.due_at, escalation_days, calendar())}
    connection.execute(update(timer).where(timer.c.id == row.id).values(**values))
    if late is not None:
        payload = {"task_id": late.id, "escalated": escalated}
        key = f"task.overdue:{late.id}:{row.id}:{row.attempts}"
        enqueue(connection, "task.overdue", payload, key, now=now, instance_id=row.instance_id)


def reschedule_overdue(connection: Connection, instance_id: str, token: str, moment: datetime) -> None:
    """Let the first report of a task come at another moment, because its due date has changed."""
    connection.execute(
        update(timer)
        .where(
            timer.c.instance_id == instance_id,
            timer.c.token == token,
            timer.c.kind == "overdue",
            timer.c.state == "waiting",
        )
        .values(due_at=moment, attempts=0)
    )
