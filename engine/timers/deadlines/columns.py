"""The columns that hold deadlines: timers, due dates and follow-up dates, described so that SQL treats them alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, select

from engine.access import within
from engine.scheduling.overrides import After, Override
from engine.scheduling.overrides.deadline_keys import DUE, FOLLOW_UP, SHARED, TIMER
from engine.scheduling.overrides.model import DIAGRAM, ELEMENT, START
from engine.storage.tables import task, timer


@dataclass(frozen=True)
class DueColumn:
    """The columns of one kind of deadlines, and the states of their rows: open, and final."""

    kind: str
    table: Any
    key: Any
    due: Any
    default: Any
    by_hand: Any
    open_state: str
    final_states: tuple[str, ...]

    @property
    def active_states(self) -> tuple[str, str]:
        """The states of rows that are not over: open and suspended."""
        return self.open_state, "suspended"

    @property
    def c(self) -> Any:
        """The columns of the table."""
        return self.table.c


DUE_COLUMNS: dict[str, DueColumn] = {
    TIMER: DueColumn(
        TIMER,
        timer,
        timer.c.deadline,
        timer.c.due_at,
        timer.c.default_at,
        timer.c.by_hand,
        "waiting",
        ("fired",),
    ),
    DUE: DueColumn(
        DUE,
        task,
        task.c.due_deadline,
        task.c.due_at,
        task.c.due_default_at,
        task.c.due_by_hand,
        "open",
        ("completed",),
    ),
    FOLLOW_UP: DueColumn(
        FOLLOW_UP,
        task,
        task.c.follow_deadline,
        task.c.follow_up_at,
        task.c.follow_default_at,
        task.c.follow_by_hand,
        "open",
        ("completed",),
    ),
}
"""By kind of deadline."""


def due_columns_of(key: str) -> tuple[DueColumn, ...]:
    """The columns that may hold a deadline: those of its kind, or all for a shared one."""
    return tuple(DUE_COLUMNS.values()) if key.startswith(SHARED) else (DUE_COLUMNS[key.rpartition("/")[2]],)


ScopeFilter = Callable[[Any], ColumnElement[bool]]
"""Given a column of scopes, the SQL condition that a row is in the right ones."""


def scope_filter(scope: str, overriding_scopes: Sequence[str]) -> ScopeFilter:
    """The scopes that an override in `scope` affects: it and those below, without those with their own override."""
    return lambda column: and_(
        within(column, scope), *(not_(within(column, one)) for one in sorted(overriding_scopes))
    )


@dataclass(frozen=True)
class Anchor:
    """SQL: the moment that an override counts from, and what the rows must be joined with to get it, if anything."""

    moment: Any
    source: Any = None
    on: Any = None

    def outer_join(self, column: DueColumn) -> Any:
        """The rows of the table, each with its anchor or without."""
        return column.table if self.source is None else column.table.outerjoin(self.source, self.on)

    def conditions(self) -> tuple[Any, ...]:
        """The conditions of an UPDATE of the rows that have the anchor."""
        return () if self.source is None else (self.on,)


def bulk_anchor(column: DueColumn, key: str, override: Override | None) -> Anchor:
    """The anchor in a statement over all rows of a deadline."""
    if isinstance(override, After) and override.anchor.startswith(ELEMENT):
        done, same = task.alias("done"), column.table.alias("same")
        same_key = same.c[column.key.name]
        instances = select(same.c.instance_id).where(same_key == key, same.c.state.in_(column.active_states))
        last = (
            select(done.c.instance_id, func.max(done.c.completed_at).label("moment"))
            .where(
                done.c.element_id == override.anchor.removeprefix(ELEMENT),
                done.c.state == "completed",
                done.c.instance_id.in_(instances),
            )
            .group_by(done.c.instance_id)
            .subquery()
        )
        return Anchor(last.c.moment, last, last.c.instance_id == column.c.instance_id)
    return Anchor(row_anchor(column, override))


def row_anchor(column: DueColumn, override: Override | None) -> Any:
    """SQL: the moment that an override counts from in a row, for a statement over a few rows."""
    if not isinstance(override, After):
        return column.c.begun_at
    if override.anchor == DIAGRAM:
        return column.default
    if override.anchor == START:
        return column.c.case_started_at
    if override.anchor.startswith(ELEMENT):
        done = task.alias("done")
        return (
            select(func.max(done.c.completed_at))
            .where(
                done.c.instance_id == column.c.instance_id,
                done.c.element_id == override.anchor.removeprefix(ELEMENT),
                done.c.state == "completed",
            )
            .scalar_subquery()
        )
    return column.c.begun_at
