"""An instance that stands still and goes on again: its tasks, what it waits for, and the time its clocks have left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, update

from engine.access.actors import Actor
from engine.scheduling.timer_suspension import start_clocks, stop_clocks
from engine.storage.tables import event, instance, subscription


def stand_still(connection: Connection, row: Row[Any], reason: str, actor: Actor, now: datetime) -> None:
    """Suspend the instance of a locked row: nothing of it can be done or comes due until `go_on`."""
    connection.execute(
        update(instance)
        .where(instance.c.id == row.id)
        .values(state="suspended", suspended_at=now, revision=instance.c.revision + 1)
    )
    connection.execute(
        update(subscription)
        .where(subscription.c.instance_id == row.id, subscription.c.state == "waiting")
        .values(state="suspended")
    )
    stop_clocks(connection, row.id, now)
    _note(connection, row, "instance.suspended", {"reason": reason}, actor, now)


def go_on(connection: Connection, row: Row[Any], actor: Actor, now: datetime) -> None:
    """Resume the suspended instance of a locked row: spans have the time they had left, dates stay where they were."""
    stood = now - row.suspended_at
    connection.execute(
        update(instance)
        .where(instance.c.id == row.id)
        .values(state="active", suspended_at=None, revision=instance.c.revision + 1)
    )
    connection.execute(
        update(subscription)
        .where(subscription.c.instance_id == row.id, subscription.c.state == "suspended")
        .values(state="waiting")
    )
    start_clocks(connection, row.id, row.suspended_at, now)
    data = {"stood_seconds": int(stood.total_seconds())}
    _note(connection, row, "instance.resumed", data, actor, now)


def _note(
    connection: Connection, row: Row[Any], kind: str, data: dict[str, Any], actor: Actor, now: datetime
) -> None:
    connection.execute(
        insert(event).values(
            instance_id=row.id,
            at=now,
            actor_id=actor.id,
            kind=kind,
            definition_id=row.definition_id,
            data=data,
        )
    )
