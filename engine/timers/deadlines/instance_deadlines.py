"""The deadlines of one instance as an administrator sees them, with the record of their suspensions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.scheduling.overrides.deadline_keys import FOLLOW_UP, TIMER
from engine.storage.tables.deadlines import clock_ledger
from engine.timers.deadlines.columns import DUE_COLUMNS, DueColumn


@dataclass(frozen=True)
class SuspensionRecord:
    """A suspension (`entry` stopped) or a resumption (started): when (UTC), time used and left by then, the due date.

    `left` is None for a fixed date.
    """

    entry: str
    at: datetime
    used: timedelta
    left: timedelta | None
    due_at: datetime


@dataclass(frozen=True)
class InstanceDeadline:
    """A timer, due date or follow-up date (`kind`) of an instance; `due_at` is UTC.

    `left` is None for a fixed date, which a suspension does not move. `running` is False while the instance is
    suspended: then it cannot be set by hand.
    """

    kind: str
    id: str
    name: str
    due_at: datetime
    fixed: bool
    running: bool
    by_hand: bool
    used: timedelta
    left: timedelta | None
    suspensions: tuple[SuspensionRecord, ...]


@dataclass(frozen=True)
class InstanceDeadlines:
    """The deadlines of an instance, the earliest first, with what identifies the instance but nothing personal."""

    id: str
    number: int
    definition_name: str
    scope: str
    state: str
    deadlines: tuple[InstanceDeadline, ...]


def read_instance_deadlines(
    connection: Connection, instance_row: Row[Any], now: datetime
) -> tuple[InstanceDeadline, ...]:
    """The deadlines of an instance, the earliest first."""
    records = _suspensions(connection, instance_row.id)
    until = instance_row.suspended_at or now
    found: list[InstanceDeadline] = []
    for column in DUE_COLUMNS.values():
        rows = connection.execute(
            select(column.table).where(
                column.c.instance_id == instance_row.id,
                column.key.is_not(None),
                column.c.state.in_(column.active_states),
            )
        )
        for row in rows:
            due = getattr(row, column.due.name) or (column.kind == TIMER and row.suspended_due_at)
            if due:
                suspensions = tuple(records.get((column.kind, row.id), ()))
                found.append(_deadline(column, row, due, max(until, row.created_at), suspensions))
    return tuple(sorted(found, key=lambda one: (one.due_at, one.id)))


def _deadline(
    column: DueColumn,
    row: Row[Any],
    due: datetime,
    until: datetime,
    suspensions: tuple[SuspensionRecord, ...],
) -> InstanceDeadline:
    fixed = column.kind == FOLLOW_UP or bool(row.fixed if column.kind == TIMER else not row.due_runs)
    return InstanceDeadline(
        column.kind,
        row.id,
        row.name,
        due,
        fixed,
        row.state == column.open_state,
        bool(getattr(row, column.by_hand.name)),
        max(timedelta(0), until - (row.begun_at or row.created_at)),
        None if fixed else max(timedelta(0), due - until),
        suspensions,
    )


def _suspensions(connection: Connection, instance_id: str) -> dict[tuple[str, str], list[SuspensionRecord]]:
    found: dict[tuple[str, str], list[SuspensionRecord]] = {}
    rows = connection.execute(
        select(clock_ledger).where(clock_ledger.c.instance_id == instance_id).order_by(clock_ledger.c.id)
    )
    for row in rows:
        left = None if row.left_seconds is None else timedelta(seconds=row.left_seconds)
        record = SuspensionRecord(row.entry, row.at, timedelta(seconds=row.used_seconds), left, row.due_at)
        found.setdefault((row.what, row.row_id), []).append(record)
    return found
