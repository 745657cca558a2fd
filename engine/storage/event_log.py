"""The append-only event log: the one place that writes rows of `event`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from engine.storage.tables import event


@dataclass(frozen=True)
class LogEntry:
    """One entry of the log: what happened (`kind`, for example ``task.completed``), when (UTC) and who did it.

    `instance_id`, `definition_id` and the element are None where the event concerns none. `data` is stored as JSON.
    """

    kind: str
    at: datetime
    actor_id: str
    instance_id: str | None = None
    element_id: str | None = None
    element_name: str | None = None
    definition_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """The values of the columns."""
        return {
            "instance_id": self.instance_id,
            "at": self.at,
            "actor_id": self.actor_id,
            "kind": self.kind,
            "element_id": self.element_id,
            "element_name": self.element_name,
            "definition_id": self.definition_id,
            "data": dict(self.data),
        }


def append_event(connection: Connection, entry: LogEntry) -> None:
    """Write an entry in the caller's transaction."""
    append_events(connection, [entry])


def append_events(connection: Connection, entries: Iterable[LogEntry]) -> None:
    """Write entries, in their order, in the caller's transaction."""
    rows = [entry.row() for entry in entries]
    if rows:
        connection.execute(insert(event), rows)


def append_numbered_event(connection: Connection, entry: LogEntry) -> int:
    """Write an entry in the caller's transaction and return its id."""
    return int(connection.execute(insert(event).values(entry.row()).returning(event.c.id)).scalar_one())
