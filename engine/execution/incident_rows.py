"""A clock that was due and did not go off: the incident that tells of it, for the timer of a case and for a start."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from engine.access.actors import SYSTEM
from engine.errors import EngineError
from engine.storage.tables import event, incident, instance
from engine.storage.types import new_id


def told(problem: Exception) -> str:
    """Why something failed, in a sentence."""
    if isinstance(problem, EngineError):
        return problem.message
    return f"{type(problem).__name__}: {problem}"


def open_clock_incident(
    connection: Connection,
    clock: Any,
    sentence: str,
    problem: Exception,
    now: datetime,
    *,
    instance_id: str | None = None,
    definition_id: str | None = None,
) -> None:
    """Open an incident, and say so in the log, for the row of a clock (its id, element and name) that did not go off.

    `sentence` says what did not happen. The caller holds the row, and the instance when the clock is that of a case.
    """
    connection.execute(
        insert(incident).values(
            id=new_id(),
            instance_id=instance_id,
            outbox_id=clock.id,
            kind="timer",
            element_id=clock.element_id,
            element_name=clock.name,
            sentence=f"{sentence}: {told(problem)}",
            attempts=1,
            state="open",
            created_at=now,
        )
    )
    connection.execute(
        insert(event).values(
            instance_id=instance_id,
            at=now,
            actor_id=SYSTEM.id,
            kind="incident.opened",
            element_id=clock.element_id,
            element_name=clock.name,
            definition_id=definition_id,
            data={"kind": "timer", "sentence": told(problem)},
        )
    )
    if instance_id is not None:
        connection.execute(
            update(instance).where(instance.c.id == instance_id).values(incidents=instance.c.incidents + 1)
        )
