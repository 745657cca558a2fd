"""Suspending and resuming the timers and due dates of an instance, with a record of the time used and left.

A duration resumes with the time it had left; a fixed date does not change.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update

from engine.scheduling.timer_definition import RecurrenceState
from engine.storage.tables import task, timer
from engine.storage.tables.deadlines import clock_ledger

STOPPED, STARTED = "stopped", "started"


def suspend_tasks_and_timers(connection: Connection, instance_id: str, now: datetime) -> None:
    """Suspend the timers and open tasks of a locked instance."""
    entries = []
    running = and_(task.c.instance_id == instance_id, task.c.state == "open")
    for row in connection.execute(select(task).where(running, task.c.due_at.is_not(None))).all():
        left = _seconds(row.due_at - now) if row.due_runs else None
        entries.append(_entry(row, "due", STOPPED, now, left, row.due_at))
    connection.execute(update(task).where(running).values(state="suspended"))
    for row in connection.execute(
        select(timer).where(timer.c.instance_id == instance_id, timer.c.state == "waiting")
    ).all():
        values = suspended_columns(row.due_at, row.fixed, now)
        connection.execute(update(timer).where(timer.c.id == row.id).values(state="suspended", **values))
        if row.kind == "event":
            entries.append(_entry(row, "timer", STOPPED, now, values["remaining_seconds"], row.due_at))
    _write(connection, entries)


def suspended_columns(due: datetime, fixed: bool, since: datetime) -> dict[str, Any]:
    """The columns of a timer that is suspended since a moment."""
    return {
        "due_at": None,
        "suspended_due_at": due,
        "remaining_seconds": None if fixed else _seconds(due - since),
    }


def resume_tasks_and_timers(
    connection: Connection, instance_id: str, suspended_at: datetime, now: datetime
) -> None:
    """Resume the timers and tasks of a locked instance that was suspended at `suspended_at`."""
    entries = []
    for row in connection.execute(
        select(task).where(task.c.instance_id == instance_id, task.c.state == "suspended")
    ).all():
        suspended_for = now - max(suspended_at, row.created_at)
        values: dict[str, Any] = {"state": "open", "begun_at": _later(row.begun_at, suspended_for)}
        due = row.due_at
        if due is not None and row.due_runs:
            values["due_at"] = values["due_order"] = due = due + suspended_for
        if row.due_default_runs:
            values["due_default_at"] = _later(row.due_default_at, suspended_for)
        connection.execute(update(task).where(task.c.id == row.id).values(**values))
        if due is not None:
            left = _seconds(due - now) if row.due_runs else None
            entries.append(_entry(row, "due", STARTED, now, left, due, values["begun_at"]))
    for row in connection.execute(
        select(timer).where(timer.c.instance_id == instance_id, timer.c.state == "suspended")
    ).all():
        since = max(suspended_at, row.created_at)
        suspended_for = now - since
        due = row.suspended_due_at if row.fixed else now + _left(row, since)
        values = {"state": "waiting", "due_at": due, "suspended_due_at": None, "remaining_seconds": None}
        values["begun_at"] = _later(row.begun_at, suspended_for)
        if row.repetition and not row.fixed:
            values["repetition"] = _postponed(row.repetition, suspended_for)
        if row.default_fixed is False:
            values["default_at"] = _later(row.default_at, suspended_for)
            if row.default_repetition:
                values["default_repetition"] = _postponed(row.default_repetition, suspended_for)
        connection.execute(update(timer).where(timer.c.id == row.id).values(**values))
        if row.kind == "event":
            left = None if row.fixed else _seconds(due - now)
            entries.append(_entry(row, "timer", STARTED, now, left, due, values["begun_at"]))
    _write(connection, entries)


def _left(row: Row[Any], suspended_at: datetime) -> timedelta:
    """The time a timer had left when it was suspended; a moved deadline has no stored value and is computed."""
    if row.remaining_seconds is not None:
        return timedelta(seconds=row.remaining_seconds)
    left: timedelta = max(timedelta(0), row.suspended_due_at - suspended_at)
    return left


def _postponed(repetition: dict[str, Any], by: timedelta) -> dict[str, Any]:
    return RecurrenceState.from_json(repetition).postponed(by).to_json()


def _seconds(span: timedelta) -> int:
    return max(0, int(span.total_seconds()))


def _later(moment: datetime | None, by: timedelta) -> datetime | None:
    return None if moment is None else moment + by


def _entry(
    row: Row[Any],
    what: str,
    entry: str,
    now: datetime,
    left: int | None,
    due: datetime,
    begun: datetime | None = None,
) -> dict[str, Any]:
    begun = begun or row.begun_at or row.created_at
    return {
        "instance_id": row.instance_id,
        "what": what,
        "row_id": row.id,
        "entry": entry,
        "at": now,
        "used_seconds": _seconds(now - begun),
        "left_seconds": left,
        "due_at": due,
    }


def _write(connection: Connection, entries: list[dict[str, Any]]) -> None:
    if entries:
        connection.execute(insert(clock_ledger), entries)
