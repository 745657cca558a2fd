"""The preview of a changed override: counted in the database by a few statements, however many instances there are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, literal, null, or_, select

from engine.access.actors import covers
from engine.scheduling.overrides import (
    After,
    At,
    Every,
    Override,
    describe_override,
    due_moment,
    nearest_override,
    occurrence,
    override_to_json,
    overrides_in_force,
)
from engine.scheduling.overrides.calculation import Calendar
from engine.storage.sql.functions import RomeDay
from engine.storage.tables import instance, timer
from engine.storage.tables.deadlines import deadline_change
from engine.temporal import WorkingCalendar, start_of_day
from engine.timers.deadlines.columns import DueColumn, ScopeFilter, bulk_anchor, row_anchor, scope_filter

Calendars = Callable[[str], WorkingCalendar]
"""The working days of a scope."""

MAX_LISTED = 100
"""Changed due dates that a preview lists."""
NO_COUNTS = dict.fromkeys(("moves", "overdue", "suspended", "by_hand", "no_moment", "completed"), 0)


@dataclass(frozen=True)
class DueDateChange:
    """What happens to one row. `kind` is timer, due, follow_up or start; `old` and `new` are UTC.

    `outcome` is moves, overdue (moves to a moment in the past), suspended, by_hand or no_moment; of a timer start,
    which belongs to no instance, also `ends`: it starts none any more.
    """

    instance_id: str
    number: int
    row_id: str
    kind: str
    old: datetime | None
    new: datetime | None
    outcome: str


@dataclass(frozen=True)
class DeadlinePreview:
    """What a change would do. `before` and `after` describe the overrides; `changes` lists the first rows.

    `counts` has moves, overdue (among the moves), suspended, by_hand, no_moment and completed. Two previews with the
    same `fingerprint` change the same rows.
    """

    key: str
    scope: str
    override: Override | None
    before: str
    after: str
    counts: Mapping[str, int]
    changes: tuple[DueDateChange, ...]
    fingerprint: str

    def extended(
        self, counts: Mapping[str, int], changes: tuple[DueDateChange, ...], added: str
    ) -> DeadlinePreview:
        """The preview with other counts and changes; `added` identifies the rows that are new in it."""
        digest = hashlib.sha256((self.fingerprint + added).encode()).hexdigest()
        return replace(
            self, counts=counts, changes=changes, fingerprint=digest if added else self.fingerprint
        )


AnchorDays = Mapping[str, frozenset[tuple[str, date]]]
"""By kind of deadline, the scopes and days that new due dates are counted from."""


@dataclass(frozen=True)
class PlannedChange:
    """A change of an override: the one `requested`, and the one `effective` then (None: the diagram decides).

    Without a requested override the one of the scopes above takes effect. `affects` are the scopes that follow it;
    `overriding_scopes` are those below with their own.
    """

    key: str
    scope: str
    requested: Override | None
    effective: Override | None
    previous: Override | None
    affects: ScopeFilter
    last_change_id: int
    overriding_scopes: tuple[str, ...]

    @classmethod
    def plan(cls, connection: Connection, key: str, scope: str, requested: Override | None) -> PlannedChange:
        """The change of a deadline's override in a scope, given the overrides in force."""
        overrides = overrides_in_force(connection, key)
        overriding = tuple(sorted(one for _, one in overrides if one != scope and covers(scope, one)))
        others = {place: one for place, one in overrides.items() if place != (key, scope)}
        last = connection.execute(
            select(func.coalesce(func.max(deadline_change.c.id), 0)).where(deadline_change.c.deadline == key)
        ).scalar_one()
        return cls(
            key,
            scope,
            requested,
            nearest_override(others, key, scope) if requested is None else requested,
            nearest_override(overrides, key, scope),
            scope_filter(scope, overriding),
            int(last),
            overriding,
        )

    @property
    def identity(self) -> str:
        """What the fingerprint of a preview says of the change."""
        return repr((self.key, self.scope, override_to_json(self.requested), self.last_change_id))

    def preview(
        self, counts: Mapping[str, int], changes: tuple[DueDateChange, ...], fingerprint: str
    ) -> DeadlinePreview:
        """The preview of this change."""
        return DeadlinePreview(
            self.key,
            self.scope,
            self.requested,
            describe_override(self.previous),
            describe_override(self.effective),
            counts,
            changes,
            fingerprint,
        )


def is_day_based(override: Override | None) -> bool:
    """Whether the due date depends on nothing but a day and a scope."""
    return isinstance(override, Every) or (isinstance(override, After) and override.unit != "ore")


def due_from_day(override: Override | None, day: date, scope: str, calendars: Calendars) -> datetime | None:
    """The due date of a day-based override counted from a day; None after the end of a repetition."""
    assert override is not None
    return _due_from(override, start_of_day(day), lambda: calendars(scope))


def _due_from(override: Override, anchor: datetime, calendar: Calendar) -> datetime | None:
    if isinstance(override, Every):
        return occurrence(override, anchor, 1, calendar)
    return due_moment(override, anchor, calendar)


def compute_preview(
    connection: Connection,
    columns: tuple[DueColumn, ...],
    change: PlannedChange,
    calendars: Calendars,
    now: datetime,
) -> tuple[DeadlinePreview, AnchorDays]:
    """The preview of a change, and the days whose due dates `update_rows` needs."""
    counts = dict(NO_COUNTS)
    digest = hashlib.sha256(change.identity.encode())
    changes: list[DueDateChange] = []
    days: dict[str, frozenset[tuple[str, date]]] = {}
    for column in columns:
        groups = _groups(connection, column, change, now)
        days[column.kind] = frozenset((row[0], row[3]) for row in groups if row[3] is not None and not row[2])
        for row in groups:
            digest.update(repr((column.kind, *row)).encode())
            _count(counts, row, change, calendars, now)
        counts["completed"] += connection.execute(
            select(func.count()).where(
                column.key == change.key,
                column.c.state.in_(column.final_states),
                change.affects(column.c.scope),
            )
        ).scalar_one()
        changes += _changes(connection, column, change, calendars, now, MAX_LISTED - len(changes))
    return change.preview(counts, tuple(changes), digest.hexdigest()), days


def affected_rows(column: DueColumn, change: PlannedChange, *states: str) -> Any:
    """SQL: the rows whose due date a change moves; a due date set by hand stays."""
    return and_(
        column.key == change.key,
        column.c.state.in_(states),
        change.affects(column.c.scope),
        or_(column.by_hand.is_(False), column.by_hand.is_(None)),
    )


def _groups(
    connection: Connection, column: DueColumn, change: PlannedChange, now: datetime
) -> list[tuple[Any, ...]]:
    """Counts of rows alike for the change: scope, state, by hand, day, has a new moment, how many, how many overdue."""
    override = change.effective
    anchor = bulk_anchor(column, change.key, override)
    source: Any = column.default if override is None else anchor.moment
    overdue: Any = literal(0)
    if override is None:
        overdue = case((column.default <= now, 1), else_=0)
    elif isinstance(override, After) and override.unit == "ore":
        overdue = case((anchor.moment <= now - timedelta(hours=override.count), 1), else_=0)
    elif isinstance(override, At):
        overdue, source = literal(int(override.at <= now)), column.key
    day: Any = RomeDay(anchor.moment) if is_day_based(override) else null()
    rows = (
        select(
            column.c.scope,
            column.c.state,
            column.by_hand.label("hand"),
            day.label("day"),
            source.is_not(None).label("has_moment"),
            overdue.label("overdue"),
        )
        .select_from(anchor.outer_join(column))
        .where(
            column.key == change.key,
            column.c.state.in_(column.active_states),
            change.affects(column.c.scope),
        )
        .subquery()
    )
    names = (rows.c.scope, rows.c.state, rows.c.hand, rows.c.day, rows.c.has_moment)
    counted = select(*names, func.count(), func.sum(rows.c.overdue)).group_by(*names)
    return sorted((tuple(row) for row in connection.execute(counted)), key=repr)


def _count(
    counts: dict[str, int],
    group: tuple[Any, ...],
    change: PlannedChange,
    calendars: Calendars,
    now: datetime,
) -> None:
    scope, state, by_hand, day, has_moment, many, overdue = group
    if by_hand:
        counts["by_hand"] += many
    elif state == "suspended":
        counts["suspended"] += many
    elif not has_moment:
        counts["no_moment"] += many
    elif day is not None:
        moment = due_from_day(change.effective, day, scope, calendars)
        counts["moves" if moment else "no_moment"] += many
        counts["overdue"] += many if moment and moment <= now else 0
    else:
        counts["moves"] += many
        counts["overdue"] += int(overdue)


def _changes(
    connection: Connection,
    column: DueColumn,
    change: PlannedChange,
    calendars: Calendars,
    now: datetime,
    limit: int,
) -> list[DueDateChange]:
    found: list[DueDateChange] = []
    old = func.coalesce(column.due, timer.c.suspended_due_at) if column.table is timer else column.due
    for state in (column.open_state, "suspended"):
        query = (
            select(
                column.c.instance_id,
                instance.c.number,
                column.c.id,
                old.label("old"),
                row_anchor(column, change.effective).label("anchor"),
                column.default.label("default"),
                column.by_hand.label("hand"),
                column.c.scope,
            )
            .join(instance, instance.c.id == column.c.instance_id)
            .where(column.key == change.key, column.c.state == state, change.affects(column.c.scope))
            .order_by(column.due)  # nothing more: a million rows may be due at the same moment
            .limit(max(0, limit - len(found)))
        )
        for row in connection.execute(query).all():
            new = _new_moment(change.effective, row, calendars)
            outcome = "by_hand" if row.hand else "suspended" if state == "suspended" else "moves"
            if outcome == "moves":
                outcome = "no_moment" if new is None else "overdue" if new <= now else "moves"
            found.append(
                DueDateChange(row.instance_id, row.number, row.id, column.kind, row.old, new, outcome)
            )
    return found


def _new_moment(override: Override | None, row: Any, calendars: Calendars) -> datetime | None:
    if row.hand:
        return None
    if override is None:
        default: datetime | None = row.default
        return default
    if not isinstance(override, At) and row.anchor is None:
        return None
    return _due_from(override, row.anchor, lambda: calendars(row.scope))
