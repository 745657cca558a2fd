"""What the list of deadlines shows of each: how many instances wait, the next due date, the overrides in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from engine.scheduling.overrides import describe_override, override_from_json, start_key
from engine.storage.tables import definition, scheduled_start
from engine.storage.tables.deadlines import deadline_change
from engine.timers.deadlines.catalogue import Deadline
from engine.timers.deadlines.columns import DUE_COLUMNS
from engine.timers.deadlines.models import ActiveOverride

WaitingByKey = Mapping[str, tuple[int, datetime | None]]
"""By deadline key, how many rows of running instances wait and the next due date (UTC)."""


def waiting_by_key(connection: Connection) -> WaitingByKey:
    """What waits for each deadline; for a timer start no instance waits."""
    found: dict[str, tuple[int, datetime | None]] = {}
    for column in DUE_COLUMNS.values():
        rows = connection.execute(
            select(column.key, func.count(), func.min(column.due))
            .where(column.key.is_not(None), column.c.state == column.open_state)
            .group_by(column.key)
        )
        for key, many, due in rows:
            before, earliest = found.get(key, (0, None))
            found[key] = (before + many, _earliest(earliest, due))
    return found | _scheduled_starts(connection)


def _scheduled_starts(connection: Connection) -> dict[str, tuple[int, datetime | None]]:
    rows = connection.execute(
        select(definition.c.key, scheduled_start.c.element_id, func.min(scheduled_start.c.due_at))
        .join(definition, definition.c.id == scheduled_start.c.definition_id)
        .where(scheduled_start.c.state == "waiting")
        .group_by(definition.c.key, scheduled_start.c.element_id)
    )
    return {start_key(key, element_id): (0, due) for key, element_id, due in rows}


def waiting_for(deadline: Deadline, waiting: WaitingByKey) -> tuple[int, datetime | None]:
    """How many rows wait for a deadline and the next due date, with those whose expressions contain it."""
    keys = {
        deadline.key,
        *(f"{use.process_key}/{use.element_id}/{use.kind}" for use in deadline.embedded_uses),
    }
    found = [waiting[key] for key in keys if key in waiting]
    return sum(many for many, _ in found), _earliest(*(due for _, due in found))


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)


def latest_change_ids() -> Select[Any]:
    """SQL: the ids of the latest change of each deadline and scope."""
    return select(func.max(deadline_change.c.id)).group_by(
        deadline_change.c.deadline, deadline_change.c.scope
    )


def active_overrides(connection: Connection) -> dict[str, list[ActiveOverride]]:
    """The overrides in force by deadline key."""
    rows = connection.execute(
        select(deadline_change)
        .where(deadline_change.c.id.in_(latest_change_ids()))
        .order_by(deadline_change.c.scope)
    )
    found: dict[str, list[ActiveOverride]] = {}
    for row in rows:
        override = override_from_json(row.value)
        if override is not None:
            sentence = describe_override(override)
            active = ActiveOverride(row.scope, override, sentence, row.changed_at, row.changed_by, row.reason)
            found.setdefault(row.deadline, []).append(active)
    return found
