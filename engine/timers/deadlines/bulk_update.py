"""Moving every waiting row of a deadline: a number of statements that does not grow with the number of cases.

The distinct days and scopes are read once, each gets its moment in Python on the working days of that scope, and one
UPDATE joins the moments to the rows.
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

from engine.execution.step import COORDINATOR_AFTER, working_days_late
from engine.scheduling.overrides import After, At, Every
from engine.scheduling.overrides.model import DIAGRAM
from engine.scheduling.timer_definition import rearmed
from engine.storage.sql.functions import LaterBy, RomeDay
from engine.storage.tables import task, timer
from engine.storage.types import Json, UtcDateTime
from engine.temporal import start_of_day
from engine.timers.deadlines.columns import Place, anchor_of_all
from engine.timers.deadlines.preview import Aim, Calendars, Days, by_days, day_moment, moving

_STAGED = MetaData()
MOMENTS = Table(
    "deadline_moments",
    _STAGED,
    Column("scope", String(160), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("moment", UtcDateTime, nullable=False),
    Column("repetition", Json),
    prefixes=["TEMPORARY"],
)


def move(connection: Connection, place: Place, aim: Aim, line: int, days: Days, calendars: Calendars) -> int:
    """Move what waits and say how much; what is suspended gets its new moment for when it goes on.

    `days` are what `measure` has found under the same lock; `line` is the number of the log's line that tells of it.
    """
    term = aim.effective
    anchor = anchor_of_all(place, aim.key, term)
    if by_days(term):
        MOMENTS.create(connection)
        try:
            _stage(connection, days[place.what], aim, calendars)
            day = (MOMENTS.c.scope == place.c.scope, MOMENTS.c.day == RomeDay(anchor.moment))
            moved = _update(connection, place, aim, line, MOMENTS.c.moment, *day, *anchor.joined())
        finally:
            MOMENTS.drop(connection)
    else:
        new: Any = place.default
        if isinstance(term, At):
            new = literal(term.at, UtcDateTime())
        elif isinstance(term, After):
            new = LaterBy(anchor.moment, literal(term.count * 3600))
        moved = _update(connection, place, aim, line, new, new.is_not(None), *anchor.joined())
    if place.due is task.c.due_at:
        _move_delays(connection, place, aim, calendars)
    return moved


def _stage(connection: Connection, days: Iterable[tuple[str, date]], aim: Aim, calendars: Calendars) -> None:
    rows = []
    for scope, day in sorted(days):
        moment = day_moment(aim.effective, day, scope, calendars)
        if moment is not None:
            armed = None
            if isinstance(aim.effective, Every):
                armed = rearmed(aim.effective, start_of_day(day), None)
            rows.append({"scope": scope, "day": day, "moment": moment, "repetition": armed})
    if rows:
        _write(connection, rows)


def _write(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(insert(MOMENTS), rows)
    if connection.dialect.name == "postgresql":  # which knows nothing of a table just made, and would guess
        connection.exec_driver_sql(f"ANALYZE {MOMENTS.name}")


def _update(connection: Connection, place: Place, aim: Aim, line: int, new: Any, *joined: Any) -> int:
    values = _values(place, aim, new)
    values["moves"] = func.coalesce(place.c.moves, "").concat(f" {line}")
    waiting = update(place.table).where(moving(place, aim, place.open_state), *joined).values(**values)
    moved = connection.execute(waiting, execution_options={"preserve_rowcount": True}).rowcount
    still = dict(values)
    if place.table is timer:
        still |= {"suspended_due_at": still.pop("due_at"), "remaining_seconds": None}
    connection.execute(update(place.table).where(moving(place, aim, "suspended"), *joined).values(**still))
    return int(moved)


def _values(place: Place, aim: Aim, new: Any) -> dict[str, Any]:
    term = aim.effective
    drawn_fixed = timer.c.default_fixed if place.table is timer else not_(task.c.due_default_runs)
    as_drawn = term is None or (isinstance(term, After) and term.anchor == DIAGRAM)
    fixed: Any = drawn_fixed if as_drawn else literal(isinstance(term, At))
    if place.table is timer:
        values: dict[str, Any] = {"due_at": new, "fixed": fixed}
        if isinstance(term, Every):
            values["repetition"] = MOMENTS.c.repetition
        elif term is None:
            values["repetition"] = timer.c.default_repetition
        return values
    if place.due is task.c.due_at:
        runs: Any = task.c.due_default_runs if as_drawn else literal(isinstance(term, After))
        return {"due_at": new, "due_order": new, "due_runs": runs}
    return {"follow_up_at": new}


def _move_delays(connection: Connection, place: Place, aim: Aim, calendars: Calendars) -> None:
    """Who is told of a late task is told after the new date."""
    concerned = and_(moving(place, aim, place.open_state), task.c.due_at.is_not(None))
    days = connection.execute(
        select(task.c.scope, RomeDay(task.c.due_at).label("day")).where(concerned).distinct()
    ).all()
    if not days:
        return
    MOMENTS.create(connection)
    try:
        rows = [
            {
                "scope": row.scope,
                "day": row.day,
                "moment": working_days_late(
                    start_of_day(row.day) + timedelta(hours=12), COORDINATOR_AFTER, calendars(row.scope)
                ),
                "repetition": None,
            }
            for row in days
        ]
        _write(connection, rows)
        connection.execute(
            update(timer)
            .where(
                timer.c.instance_id == task.c.instance_id,
                timer.c.token == task.c.token,
                timer.c.kind == "overdue",
                timer.c.state == "waiting",
                concerned,
                MOMENTS.c.scope == task.c.scope,
                MOMENTS.c.day == RomeDay(task.c.due_at),
            )
            .values(due_at=MOMENTS.c.moment, attempts=0)
        )
    finally:
        MOMENTS.drop(connection)
