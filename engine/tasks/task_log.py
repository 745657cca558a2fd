"""Entries of the log about tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.access import Actor
from engine.execution import LockedTask
from engine.storage.event_log import LogEntry, append_event


def log_task(
    connection: Connection, row: LockedTask, actor: Actor, kind: str, data: Mapping[str, Any], now: datetime
) -> None:
    """Write an entry about a task."""
    append_event(
        connection,
        LogEntry(
            kind,
            now,
            actor.id,
            instance_id=row.instance_id,
            element_id=row.element_id,
            element_name=row.name,
            definition_id=row.definition_id,
            data=data,
        ),
    )
