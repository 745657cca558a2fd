"""Overrides of timer start events: previewed like those of any deadline, then written with the change.

A timer start belongs to one scope, that of the instances it starts. The change replaces all starts that wait; a
repetition continues its count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from engine.access.actors import covers
from engine.definitions.repository import Repository
from engine.errors import InvalidInput
from engine.languages.bpmn.model import Element
from engine.localization import message
from engine.scheduling.overrides import After, Override
from engine.scheduling.overrides.deadline_keys import STARTS
from engine.scheduling.timer_definition import Due, recurrence_from_column
from engine.scheduling.timer_start_events import calendar_of_scope, insert_start, next_start, start_scope
from engine.storage.tables import definition, scheduled_start
from engine.timers.deadlines.preview import NO_COUNTS, DeadlinePreview, DueDateChange, PlannedChange


@dataclass(frozen=True)
class StartChange:
    """A timer start, its waiting rows (none when it is over) and when it will be due (None: never again)."""

    definition_id: str
    start: Element
    rows: tuple[Row[Any], ...]
    due: Due | None


def require_start_override(override: Override | None, label: str) -> None:
    """Raise InvalidInput for an offset: before the instance starts there is nothing to count from."""
    if isinstance(override, After):
        raise InvalidInput(
            "START_OVERRIDE_IS_OFFSET",
            label=label,
            fields={"genere": message("START_NEEDS_DATE_OR_REPETITION")},
        )


def preview_starts(
    repository: Repository, connection: Connection, change: PlannedChange, now: datetime, *, lock: bool
) -> tuple[DeadlinePreview, Sequence[StartChange]]:
    """The preview of a change for a timer start, and what to write. `lock` locks its rows."""
    found = _start_changes(repository, connection, change, now, lock)
    counts, changes = dict(NO_COUNTS), []
    identity = change.identity
    for one in found:
        old = min((row.due_at for row in one.rows), default=None)
        new = one.due.at if one.due else None
        outcome = "ends" if new is None else "overdue" if new <= now else "moves"
        counts["moves"] += 1
        counts["overdue"] += outcome == "overdue"
        row_id = one.rows[0].id if one.rows else ""
        changes.append(DueDateChange("", 0, row_id, STARTS, old, new, outcome))
        identity += repr((one.definition_id, [row.id for row in one.rows], old, new))
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()
    return change.preview(counts, tuple(changes), fingerprint), found


def _start_changes(
    repository: Repository, connection: Connection, change: PlannedChange, now: datetime, lock: bool
) -> list[StartChange]:
    key, element_id, _ = change.key.rsplit("/", 2)
    newest = connection.execute(
        select(definition).where(definition.c.key == key).order_by(definition.c.version.desc()).limit(1)
    ).one_or_none()
    if newest is None or newest.state != "active":
        return []
    start = repository.compiled(newest.id).executable.models[key].elements.get(element_id)
    if start is None or start.timer is None:
        return []
    scope = start_scope(start)
    if not covers(change.scope, scope) or any(covers(one, scope) for one in change.overriding_scopes):
        return []
    rows = _waiting(connection, newest.id, element_id, lock)
    recurrence = recurrence_from_column(next((row.repetition for row in rows if row.repetition), None))
    if recurrence is not None:
        begun = recurrence.previous_occurrence()
    else:
        begun = rows[0].created_at if rows else newest.deployed_at
    calendar = calendar_of_scope(connection, scope)
    due = next_start(change.effective, start.timer, newest.deployed_at, begun, recurrence, now, calendar)
    return [StartChange(newest.id, start, rows, due)]


def _waiting(connection: Connection, definition_id: str, element_id: str, lock: bool) -> tuple[Row[Any], ...]:
    query = (
        select(scheduled_start)
        .where(
            scheduled_start.c.definition_id == definition_id,
            scheduled_start.c.element_id == element_id,
            scheduled_start.c.state == "waiting",
        )
        .order_by(scheduled_start.c.due_at)
    )
    if lock:
        query = query.with_for_update()
        connection.execute(query)  # and again below: a start that fires meanwhile leaves a new row
    return tuple(connection.execute(query))


def write_starts(connection: Connection, changes: Sequence[StartChange], now: datetime) -> None:
    """Let each timer start wait for its new moment only."""
    for change in changes:
        first, *others = change.rows or (None,)
        ended = [row.id for row in (others if change.due else change.rows)]
        if ended:
            connection.execute(
                update(scheduled_start).where(scheduled_start.c.id.in_(ended)).values(state="ended")
            )
        if change.due and first:
            connection.execute(
                update(scheduled_start)
                .where(scheduled_start.c.id == first.id)
                .values(due_at=change.due.at, repetition=change.due.repetition)
            )
        elif change.due:
            insert_start(connection, change.definition_id, change.start, change.due, now)
