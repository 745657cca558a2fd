"""The log entries of changes to calendars, and the reason that each change needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from engine.access import ChangedBy
from engine.errors import InvalidInput
from engine.localization import message
from engine.storage.event_log import LogEntry, append_events


def log_calendar_change(
    connection: Connection, by: ChangedBy, scope: str, changes: Iterable[tuple[str, Mapping[str, Any]]]
) -> None:
    """Log what has changed in the calendar of a scope: kind and data of each change."""
    append_events(
        connection,
        [
            LogEntry("calendar.changed", by.at, by.actor_id, data={"scope": scope, "what": what, **data})
            for what, data in changes
        ],
    )


def check_reason(reason: str) -> str:
    """The reason with single spaces. Raises InvalidInput (field `motivo`) when empty or longer than 300 characters."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > 300:
        raise InvalidInput.for_field("motivo", message("CALENDAR_REASON_INVALID"))
    return reason
