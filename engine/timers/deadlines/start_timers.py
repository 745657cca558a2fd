"""What begins processes by itself, moved like any deadline: seen beforehand, then written with the change.

A start has one ambito, that of the cases it begins, and no case waits on it. The change takes the place of all that has
not begun yet; a repetition goes on counting from where it was.
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
from engine.scheduling.overrides import After, Term, sentence, values_of
from engine.scheduling.overrides.deadline_keys import STARTS
from engine.scheduling.timer_definition import Due, latest_nominal
from engine.scheduling.timer_start_events import calendar_of, due_under, insert_start, scope_of
from engine.storage.tables import definition, scheduled_start
from engine.timers.deadlines.preview import NO_COUNTS, Aim, CaseMove, Preview


@dataclass(frozen=True)
class Restart:
    """A start, the rows that wait for it (none when it is over), and when it would be due."""

    definition_id: str
    start: Element
    rows: tuple[Row[Any], ...]
    due: Due | None


def require_start_term(term: Term | None, label: str) -> None:
    """Raise InvalidInput for an offset: what begins a process has no case yet to count from."""
    if isinstance(term, After):
        raise InvalidInput(
            f"«{label}» fa cominciare il processo: non c'è ancora una pratica da cui contare. "
            "Serve una data con la sua ora, o una ripetizione",
            fields={"genere": "Per un avvio serve una data, o una ripetizione"},
        )


def measure_starts(
    repository: Repository, connection: Connection, aim: Aim, now: datetime, *, hold: bool
) -> tuple[Preview, Sequence[Restart]]:
    """What a change would do to a start, and what to write. `hold` locks its rows until the transaction ends."""
    found = _restarts(repository, connection, aim, now, hold)
    counts, cases = dict(NO_COUNTS), []
    told = repr((aim.key, aim.scope, values_of(aim.asked), aim.last_change))
    for one in found:
        old = min((row.due_at for row in one.rows), default=None)
        new = one.due.at if one.due else None
        fate = "ends" if new is None else "overdue" if new <= now else "moves"
        counts["moves"] += 1
        counts["overdue"] += fate == "overdue"
        row_id = one.rows[0].id if one.rows else ""
        cases.append(CaseMove("", 0, row_id, STARTS, old, new, fate))
        told += repr((one.definition_id, [row.id for row in one.rows], old, new))
    preview = Preview(
        aim.key,
        aim.scope,
        aim.asked,
        sentence(values_of(aim.before)),
        sentence(values_of(aim.effective)),
        counts,
        tuple(cases),
        hashlib.sha256(told.encode()).hexdigest(),
    )
    return preview, found


def _restarts(
    repository: Repository, connection: Connection, aim: Aim, now: datetime, hold: bool
) -> list[Restart]:
    key, element_id, _ = aim.key.rsplit("/", 2)
    newest = connection.execute(
        select(definition).where(definition.c.key == key).order_by(definition.c.version.desc()).limit(1)
    ).one_or_none()
    if newest is None or newest.state != "active":
        return []
    start = repository.compiled(newest.id).program.models[key].elements.get(element_id)
    if start is None or start.timer is None:
        return []
    scope = scope_of(start)
    if not covers(aim.scope, scope) or any(covers(one, scope) for one in aim.nearer):
        return []
    rows = _waiting(connection, newest.id, element_id, hold)
    armed = next((row.repetition for row in rows if row.repetition), None)
    begun = latest_nominal(armed) if armed else rows[0].created_at if rows else newest.deployed_at
    calendar = calendar_of(connection, scope)
    due = due_under(aim.effective, start.timer, newest.deployed_at, begun, armed, now, calendar)
    return [Restart(newest.id, start, rows, due)]


def _waiting(connection: Connection, definition_id: str, element_id: str, hold: bool) -> tuple[Row[Any], ...]:
    query = (
        select(scheduled_start)
        .where(
            scheduled_start.c.definition_id == definition_id,
            scheduled_start.c.element_id == element_id,
            scheduled_start.c.state == "waiting",
        )
        .order_by(scheduled_start.c.due_at)
    )
    if hold:
        query = query.with_for_update()
        connection.execute(
            query
        )  # asked twice: one that has just begun a case leaves its repetition in a new row
    return tuple(connection.execute(query))


def write_starts(connection: Connection, restarts: Sequence[Restart], now: datetime) -> None:
    """Let each start wait for its new moment alone."""
    for one in restarts:
        kept, *others = one.rows or (None,)
        over = [row.id for row in (others if one.due else one.rows)]
        if over:
            connection.execute(
                update(scheduled_start).where(scheduled_start.c.id.in_(over)).values(state="ended")
            )
        if one.due and kept:
            connection.execute(
                update(scheduled_start)
                .where(scheduled_start.c.id == kept.id)
                .values(due_at=one.due.at, repetition=one.due.repetition)
            )
        elif one.due:
            insert_start(connection, one.definition_id, one.start, one.due, now)
