"""Moves all waiting rows of a deadline by a number of statements that does not grow with the number of instances.

The distinct days and scopes are read once; the due date of each is computed in Python on the working days of the scope
and put in a temporary table, which one UPDATE joins with the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    MetaData,
    String,
    Table,
    and_,
    func,
    insert,
    literal,
    not_,
    select,
    update,
)

from engine.scheduling.overdue import overdue_moment
from engine.scheduling.overrides import After, At, Every
from engine.scheduling.overrides.model import DIAGRAM
from engine.scheduling.timer_definition import RecurrenceState
from engine.storage.sql.functions import AddSeconds, RomeDay
from engine.storage.tables import task, timer
from engine.storage.types import Json, UtcDateTime
from engine.temporal import start_of_day
from engine.timers.deadlines.columns import DueColumn, bulk_anchor
from engine.timers.deadlines.preview import (
    AnchorDays,
    Calendars,
    PlannedChange,
    affected_rows,
    due_from_day,
    is_day_based,
)

NEW_DUE_DATES = Table(
    "deadline_moments",
    MetaData(),
    Column("scope", String(160), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("moment", UtcDateTime, nullable=False),
    Column("repetition", Json),
    prefixes=["TEMPORARY"],
)


def update_rows(
    connection: Connection,
    column: DueColumn,
    change: PlannedChange,
    log_id: int,
    days: AnchorDays,
    calendars: Calendars,
    reminder_days: int,
) -> int:
    """Move the due dates of what waits and return how many moved; suspended rows get theirs for when they resume.

    `days` is what `compute_preview` found under the same lock. `log_id` is the log entry that the rows refer to. Late
    tasks are then reported `reminder_days` working days after the new due date.
    """
    override = change.effective
    anchor = bulk_anchor(column, change.key, override)
    if is_day_based(override):
        NEW_DUE_DATES.create(connection)
        try:
            _insert_due_dates(connection, days[column.kind], change, calendars)
            same_day = (
                NEW_DUE_DATES.c.scope == column.c.scope,
                NEW_DUE_DATES.c.day == RomeDay(anchor.moment),
            )
            moved = _update(
                connection, column, change, log_id, NEW_DUE_DATES.c.moment, *same_day, *anchor.conditions()
            )
        finally:
            NEW_DUE_DATES.drop(connection)
    else:
        new: Any = column.default
        if isinstance(override, At):
            new = literal(override.at, UtcDateTime())
        elif isinstance(override, After):
            new = AddSeconds(anchor.moment, literal(override.count * 3600))
        moved = _update(connection, column, change, log_id, new, new.is_not(None), *anchor.conditions())
    if column.due is task.c.due_at:
        _move_reminders(connection, column, change, calendars, reminder_days)
    return moved


def _insert_due_dates(
    connection: Connection, days: Iterable[tuple[str, date]], change: PlannedChange, calendars: Calendars
) -> None:
    rows = []
    for scope, day in sorted(days):
        moment = due_from_day(change.effective, day, scope, calendars)
        if moment is not None:
            repetition = None
            if isinstance(change.effective, Every):
                repetition = RecurrenceState.of_rule(change.effective, start_of_day(day)).to_json()
            rows.append({"scope": scope, "day": day, "moment": moment, "repetition": repetition})
    if rows:
        _insert(connection, rows)


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(insert(NEW_DUE_DATES), rows)
    if connection.dialect.name == "postgresql":  # it has no statistics of a new table and would plan badly
        connection.exec_driver_sql(f"ANALYZE {NEW_DUE_DATES.name}")


def _update(
    connection: Connection, column: DueColumn, change: PlannedChange, log_id: int, new: Any, *conditions: Any
) -> int:
    values = _values(column, change, new)
    values["moves"] = func.coalesce(column.c.moves, "").concat(f" {log_id}")
    open_rows = affected_rows(column, change, column.open_state)
    moved = connection.execute(
        update(column.table).where(open_rows, *conditions).values(**values),
        execution_options={"preserve_rowcount": True},
    ).rowcount
    if column.table is timer:
        values |= {"suspended_due_at": values.pop("due_at"), "remaining_seconds": None}
    suspended = affected_rows(column, change, "suspended")
    connection.execute(update(column.table).where(suspended, *conditions).values(**values))
    return int(moved)


def _values(column: DueColumn, change: PlannedChange, new: Any) -> dict[str, Any]:
    override = change.effective
    default_fixed = timer.c.default_fixed if column.table is timer else not_(task.c.due_default_runs)
    as_in_diagram = override is None or (isinstance(override, After) and override.anchor == DIAGRAM)
    fixed: Any = default_fixed if as_in_diagram else literal(isinstance(override, At))
    if column.table is timer:
        values: dict[str, Any] = {"due_at": new, "fixed": fixed}
        if isinstance(override, Every):
            values["repetition"] = NEW_DUE_DATES.c.repetition
        elif override is None:
            values["repetition"] = timer.c.default_repetition
        return values
    if column.due is task.c.due_at:
        runs: Any = task.c.due_default_runs if as_in_diagram else literal(isinstance(override, After))
        return {"due_at": new, "due_order": new, "due_runs": runs}
    return {"follow_up_at": new}


def _move_reminders(
    connection: Connection,
    column: DueColumn,
    change: PlannedChange,
    calendars: Calendars,
    reminder_days: int,
) -> None:
    """Let late tasks be reported after their new due date."""
    tasks = and_(affected_rows(column, change, column.open_state), task.c.due_at.is_not(None))
    days = connection.execute(
        select(task.c.scope, RomeDay(task.c.due_at).label("day")).where(tasks).distinct()
    ).all()
    if not days:
        return
    NEW_DUE_DATES.create(connection)
    try:
        rows = [
            {
                "scope": row.scope,
                "day": row.day,
                "moment": overdue_moment(
                    start_of_day(row.day) + timedelta(hours=12), reminder_days, calendars(row.scope)
                ),
                "repetition": None,
            }
            for row in days
        ]
        _insert(connection, rows)
        connection.execute(
            update(timer)
            .where(
                timer.c.instance_id == task.c.instance_id,
                timer.c.token == task.c.token,
                timer.c.kind == "overdue",
                timer.c.state == "waiting",
                tasks,
                NEW_DUE_DATES.c.scope == task.c.scope,
                NEW_DUE_DATES.c.day == RomeDay(task.c.due_at),
            )
            .values(due_at=NEW_DUE_DATES.c.moment, attempts=0)
        )
    finally:
        NEW_DUE_DATES.drop(connection)
