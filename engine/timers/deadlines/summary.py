"""What the list of deadlines tells of each: how many wait on it, when the next is due, what is in force where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from engine.scheduling.overrides import sentence_of, start_key, term_of
from engine.storage.tables import definition, scheduled_start
from engine.storage.tables.deadlines import deadline_change
from engine.timers.deadlines.catalogue import Deadline
from engine.timers.deadlines.columns import PLACES
from engine.timers.deadlines.models import Standing

Waiting = Mapping[str, tuple[int, datetime | None]]
"""By deadline, how many running cases wait on it and when the next is due."""


def waiting(connection: Connection) -> Waiting:
    """Of every deadline; on what begins processes by itself no case waits."""
    found: dict[str, tuple[int, datetime | None]] = {}
    for place in PLACES.values():
        rows = connection.execute(
            select(place.key, func.count(), func.min(place.due))
            .where(place.key.is_not(None), place.c.state == place.open_state)
            .group_by(place.key)
        )
        for key, many, due in rows:
            before, earliest = found.get(key, (0, None))
            dues = [one for one in (earliest, due) if one is not None]
            found[key] = (before + many, min(dues, default=None))
    return found | _starting(connection)


def _starting(connection: Connection) -> dict[str, tuple[int, datetime | None]]:
    rows = connection.execute(
        select(definition.c.key, scheduled_start.c.element_id, func.min(scheduled_start.c.due_at))
        .join(definition, definition.c.id == scheduled_start.c.definition_id)
        .where(scheduled_start.c.state == "waiting")
        .group_by(definition.c.key, scheduled_start.c.element_id)
    )
    return {start_key(key, element_id): (0, due) for key, element_id, due in rows}


def together(deadline: Deadline, waiting: Waiting) -> tuple[int, datetime | None]:
    """How many wait on a deadline and when the next is due, those included that have it inside an expression."""
    keys = {deadline.key, *(f"{u.process_key}/{u.element_id}/{u.what}" for u in deadline.inside)}
    found = [waiting[key] for key in keys if key in waiting]
    return sum(many for many, _ in found), min((due for _, due in found if due), default=None)


def latest_ids() -> Select[Any]:
    """SQL: the changes that are the latest of their deadline and scope."""
    return select(func.max(deadline_change.c.id)).group_by(
        deadline_change.c.deadline, deadline_change.c.scope
    )


def in_force(connection: Connection) -> dict[str, list[Standing]]:
    """By deadline, the terms in force."""
    rows = connection.execute(
        select(deadline_change)
        .where(deadline_change.c.id.in_(latest_ids()))
        .order_by(deadline_change.c.scope)
    )
    found: dict[str, list[Standing]] = {}
    for row in rows:
        term = term_of(row.value)
        if term is not None:
            standing = Standing(
                row.scope, term, sentence_of(term), row.changed_at, row.changed_by, row.reason
            )
            found.setdefault(row.deadline, []).append(standing)
    return found
