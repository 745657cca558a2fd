"""The rows of closings. None is deleted: a closing that is withdrawn stays with who withdrew it, when and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from engine.access import ChangedBy
from engine.errors import InvalidInput, NotFound
from engine.localization import message
from engine.scheduling.calendars.change_log import check_reason, log_calendar_change
from engine.scheduling.calendars.models import Closing
from engine.storage.configuration_version import configuration_changed
from engine.storage.tables.calendars import chiusura
from engine.storage.types import new_id

MAX_CLOSING_DAYS = 366
"""Days of one closing."""
MAX_CLOSINGS = 1000
"""Closings in force of one scope."""
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2150, 12, 31)


def read_closings_in_force(connection: Connection, scopes: Iterable[str]) -> tuple[Closing, ...]:
    """The closings in force of these scopes, in order."""
    query = (
        select(chiusura)
        .where(chiusura.c.ambito.in_(list(scopes)), chiusura.c.tolta_at.is_(None))
        .order_by(chiusura.c.dal, chiusura.c.id)
    )
    return tuple(_closing(row) for row in connection.execute(query))


def own_closed_spans(connection: Connection, scope: str) -> frozenset[tuple[date, date]]:
    """First and last day of each closing in force of the scope itself."""
    query = select(chiusura.c.dal, chiusura.c.al).where(
        chiusura.c.ambito == scope, chiusura.c.tolta_at.is_(None)
    )
    return frozenset((row.dal, row.al) for row in connection.execute(query))


def withdrawn_closings(connection: Connection, scope: str, limit: int = 20) -> tuple[Closing, ...]:
    """The withdrawn closings of the scope itself, the latest first."""
    query = (
        select(chiusura)
        .where(chiusura.c.ambito == scope, chiusura.c.tolta_at.is_not(None))
        .order_by(chiusura.c.tolta_at.desc(), chiusura.c.id)
        .limit(limit)
    )
    return tuple(_closing(row) for row in connection.execute(query))


def get_closing(connection: Connection, closing_id: str) -> Closing:
    """A closing, also a withdrawn one. Raises NotFound."""
    row = connection.execute(select(chiusura).where(chiusura.c.id == closing_id)).one_or_none()
    if row is None:
        raise NotFound("CLOSING_NOT_FOUND", closing=f"{closing_id:.40}")
    return _closing(row)


def add_closing(
    connection: Connection, scope: str, first: date, last: date, reason: str, *, by: ChangedBy
) -> str:
    """Close the offices of a scope from `first` to `last`, both included, and return the id of the closing.

    Raises InvalidInput with `fields` (dal, al, motivo).
    """
    reason = check_reason(reason)
    check_span(first, last)
    spans = own_closed_spans(connection, scope)
    if (first, last) in spans:
        raise InvalidInput.for_field("dal", message("CLOSING_EXISTS", first=first, last=last))
    if len(spans) >= MAX_CLOSINGS:
        raise InvalidInput.for_field("dal", message("TOO_MANY_CLOSINGS", most=MAX_CLOSINGS))
    row = _new_row(scope, first, last, reason, by)
    connection.execute(insert(chiusura).values(row))
    configuration_changed(connection)
    log_calendar_change(connection, by, scope, [("closed", _logged(row))])
    return str(row["id"])


def add_closings(
    connection: Connection, scope: str, spans: Iterable[tuple[date, date, str]], reason: str, *, by: ChangedBy
) -> int:
    """Add the closings of these spans that are not in force yet and return how many were added.

    A span without a name gets the common reason. Raises InvalidInput with `fields`; then none is added.
    """
    reason = check_reason(reason)
    configuration_changed(
        connection
    )  # locks: who imports at the same time waits and then finds these closings
    closed = set(own_closed_spans(connection, scope))
    before, rows = len(closed), []
    for first, last, name in spans:
        check_span(first, last)
        if (first, last) not in closed:
            closed.add((first, last))
            rows.append(_new_row(scope, first, last, check_reason(name) if name.strip() else reason, by))
    if len(closed) > MAX_CLOSINGS:
        raise InvalidInput.for_field(
            "file", message("TOO_MANY_CLOSINGS_WITH_FILE", most=MAX_CLOSINGS, number=before)
        )
    if not rows:
        return 0
    connection.execute(insert(chiusura), rows)
    changes = [("closed", _logged(row)) for row in rows]
    imported = ("imported", {"closings": len(rows), "reason": reason})
    log_calendar_change(connection, by, scope, [*changes, imported])
    return len(rows)


def withdraw_closing(connection: Connection, closing_id: str, reason: str, *, by: ChangedBy) -> Closing:
    """Withdraw a closing: its days count again. Raises NotFound, or InvalidInput when it is withdrawn already."""
    found = get_closing(connection, closing_id)
    reason = check_reason(reason)
    changed = connection.execute(
        update(chiusura)
        .where(chiusura.c.id == closing_id, chiusura.c.tolta_at.is_(None))
        .values(tolta_at=by.at, tolta_da=by.actor_id, tolta_motivo=reason)
    ).rowcount
    if not changed:
        raise InvalidInput("CLOSING_WITHDRAWN_ALREADY")
    data = {"closing": closing_id, "first": found.first, "last": found.last, "reason": reason}
    configuration_changed(connection)
    log_calendar_change(connection, by, found.scope, [("opened", data)])
    return found


def check_span(first: date, last: date) -> None:
    """Raise InvalidInput (fields dal, al) when these days cannot be one closing."""
    if last < first:
        raise InvalidInput.for_field("al", message("CLOSING_ENDS_BEFORE_IT_BEGINS"))
    if not FIRST_DAY <= first <= last <= LAST_DAY:
        raise InvalidInput.for_field(
            "dal", message("CLOSING_OUT_OF_CALENDAR", first=FIRST_DAY.year, last=LAST_DAY.year)
        )
    if (last - first).days >= MAX_CLOSING_DAYS:
        raise InvalidInput.for_field("al", message("CLOSING_TOO_LONG", most=MAX_CLOSING_DAYS))


def _new_row(scope: str, first: date, last: date, reason: str, by: ChangedBy) -> dict[str, Any]:
    return {
        "id": new_id(),
        "ambito": scope,
        "dal": first,
        "al": last,
        "motivo": reason,
        "created_at": by.at,
        "created_by": by.actor_id,
    }


def _logged(row: dict[str, Any]) -> dict[str, Any]:
    return {"closing": row["id"], "first": row["dal"], "last": row["al"], "reason": row["motivo"]}


def _closing(row: Row[Any]) -> Closing:
    return Closing(
        row.id,
        row.ambito,
        row.dal,
        row.al,
        row.motivo,
        row.created_at,
        row.created_by,
        row.tolta_at,
        row.tolta_da,
        row.tolta_motivo,
    )
