"""The deadlines of one case as an administrator sees them: due when, time used and left, moved by hand, the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.scheduling.overrides.deadline_keys import FOLLOW_UP, TIMER
from engine.storage.tables.deadlines import clock_ledger
from engine.timers.deadlines.columns import PLACES, Place


@dataclass(frozen=True)
class LedgerEntry:
    """The clock was `stopped` or `started` at a moment (UTC): time used and left by then, and when it was due."""

    entry: str
    at: datetime
    used: timedelta
    left: timedelta | None
    due_at: datetime


@dataclass(frozen=True)
class CaseClock:
    """A timer, due date or follow-up date (`what`) that a case waits for.

    `left` is None for a fixed date, which stays where it is over a suspension; `runs` says that the case is not
    suspended, so that it may be moved by hand.
    """

    what: str
    id: str
    name: str
    due_at: datetime
    fixed: bool
    runs: bool
    by_hand: bool
    used: timedelta
    left: timedelta | None
    ledger: tuple[LedgerEntry, ...]


@dataclass(frozen=True)
class CaseClocks:
    """All the clocks of a case, the earliest due first, with what tells which case it is (nothing personal)."""

    id: str
    number: int
    definition_name: str
    scope: str
    state: str
    clocks: tuple[CaseClock, ...]


def clocks_of(connection: Connection, case: Row[Any], now: datetime) -> tuple[CaseClock, ...]:
    """All of them, the earliest due first."""
    ledger = _ledger(connection, case.id)
    stopped = case.suspended_at or now
    found: list[CaseClock] = []
    for place in PLACES.values():
        rows = connection.execute(
            select(place.table).where(
                place.c.instance_id == case.id, place.key.is_not(None), place.c.state.in_(place.standing)
            )
        )
        for row in rows:
            due = getattr(row, place.due.name) or (place.what == TIMER and row.suspended_due_at)
            if due:
                entries = tuple(ledger.get((place.what, row.id), ()))
                found.append(_clock(place, row, due, max(stopped, row.created_at), entries))
    return tuple(sorted(found, key=lambda one: (one.due_at, one.id)))


def _clock(
    place: Place, row: Row[Any], due: datetime, until: datetime, entries: tuple[LedgerEntry, ...]
) -> CaseClock:
    fixed = place.what == FOLLOW_UP or bool(row.fixed if place.what == TIMER else not row.due_runs)
    return CaseClock(
        place.what,
        row.id,
        row.name,
        due,
        fixed,
        row.state == place.open_state,
        bool(getattr(row, place.by_hand.name)),
        max(timedelta(0), until - (row.begun_at or row.created_at)),
        None if fixed else max(timedelta(0), due - until),
        entries,
    )


def _ledger(connection: Connection, instance_id: str) -> dict[tuple[str, str], list[LedgerEntry]]:
    found: dict[tuple[str, str], list[LedgerEntry]] = {}
    rows = connection.execute(
        select(clock_ledger).where(clock_ledger.c.instance_id == instance_id).order_by(clock_ledger.c.id)
    )
    for row in rows:
        left = None if row.left_seconds is None else timedelta(seconds=row.left_seconds)
        entry = LedgerEntry(row.entry, row.at, timedelta(seconds=row.used_seconds), left, row.due_at)
        found.setdefault((row.what, row.row_id), []).append(entry)
    return found
