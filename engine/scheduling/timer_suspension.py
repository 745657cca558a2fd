"""The clocks of a case that stand still and run again, and their ledger: time used and left at every stop and start.

A span resumes with what it had left; a fixed date stays where it is, and has nothing left to count.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update

from engine.scheduling.timer_definition import postponed
from engine.storage.tables import task, timer
from engine.storage.tables.deadlines import clock_ledger

STOPPED, STARTED = "stopped", "started"


def stop_clocks(connection: Connection, instance_id: str, now: datetime) -> None:
    """Let the timers and open tasks of a locked case stand still."""
    entries = []
    running = and_(task.c.instance_id == instance_id, task.c.state == "open")
    for row in connection.execute(select(task).where(running, task.c.due_at.is_not(None))).all():
        left = _seconds(row.due_at - now) if row.due_runs else None
        entries.append(_entry(row, "due", STOPPED, now, left, row.due_at))
    connection.execute(update(task).where(running).values(state="suspended"))
    for row in connection.execute(
        select(timer).where(timer.c.instance_id == instance_id, timer.c.state == "waiting")
    ).all():
        values = held(row.due_at, row.fixed, now)
        connection.execute(update(timer).where(timer.c.id == row.id).values(state="suspended", **values))
        if row.kind == "event":
            entries.append(_entry(row, "timer", STOPPED, now, values["remaining_seconds"], row.due_at))
    _write(connection, entries)


def held(due: datetime, fixed: bool, since: datetime) -> dict[str, Any]:
    """The columns of a timer whose clock stands still since a moment."""
    return {
        "due_at": None,
        "suspended_due_at": due,
        "remaining_seconds": None if fixed else _seconds(due - since),
    }


def start_clocks(connection: Connection, instance_id: str, stopped_at: datetime, now: datetime) -> None:
    """Let the clocks of a locked case, that stood still since a moment, go on with the time they had left."""
    entries = []
    for row in connection.execute(
        select(task).where(task.c.instance_id == instance_id, task.c.state == "suspended")
    ).all():
        stood = now - max(stopped_at, row.created_at)
        values: dict[str, Any] = {"state": "open", "begun_at": _later(row.begun_at, stood)}
        due = row.due_at
        if due is not None and row.due_runs:
            values["due_at"] = values["due_order"] = due = due + stood
        if row.due_default_runs:
            values["due_default_at"] = _later(row.due_default_at, stood)
        connection.execute(update(task).where(task.c.id == row.id).values(**values))
        if due is not None:
            left = _seconds(due - now) if row.due_runs else None
            entries.append(_entry(row, "due", STARTED, now, left, due, values["begun_at"]))
    for row in connection.execute(
        select(timer).where(timer.c.instance_id == instance_id, timer.c.state == "suspended")
    ).all():
        since = max(stopped_at, row.created_at)
        stood = now - since
        due = row.suspended_due_at if row.fixed else now + _left(row, since)
        values = {"state": "waiting", "due_at": due, "suspended_due_at": None, "remaining_seconds": None}
        values["begun_at"] = _later(row.begun_at, stood)
        if row.repetition and not row.fixed:
            values["repetition"] = postponed(row.repetition, stood)
        if row.default_fixed is False:
            values["default_at"] = _later(row.default_at, stood)
            if row.default_repetition:
                values["default_repetition"] = postponed(row.default_repetition, stood)
        connection.execute(update(timer).where(timer.c.id == row.id).values(**values))
        if row.kind == "event":
            left = None if row.fixed else _seconds(due - now)
            entries.append(_entry(row, "timer", STARTED, now, left, due, values["begun_at"]))
    _write(connection, entries)


def _left(row: Row[Any], stopped_at: datetime) -> timedelta:
    """How much time a timer had left when it stopped; a deadline moved meanwhile has left it to be worked out."""
    if row.remaining_seconds is not None:
        return timedelta(seconds=row.remaining_seconds)
    left: timedelta = max(timedelta(0), row.suspended_due_at - stopped_at)
    return left


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
