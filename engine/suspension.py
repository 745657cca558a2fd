"""An instance that stands still and goes on again: its tasks, what it waits for, and the time its clocks have left."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from engine.actors import Actor
from engine.moments import postponed
from engine.storage.tables import event, instance, subscription, task, timer


def stand_still(connection: Connection, row: Row[Any], reason: str, actor: Actor, now: datetime) -> None:
    """Suspend the instance of a locked row: nothing of it can be done or comes due until `go_on`."""
    connection.execute(
        update(instance)
        .where(instance.c.id == row.id)
        .values(state="suspended", suspended_at=now, revision=instance.c.revision + 1)
    )
    connection.execute(
        update(task).where(task.c.instance_id == row.id, task.c.state == "open").values(state="suspended")
    )
    connection.execute(
        update(subscription)
        .where(subscription.c.instance_id == row.id, subscription.c.state == "waiting")
        .values(state="suspended")
    )
    for found in connection.execute(
        select(timer).where(timer.c.instance_id == row.id, timer.c.state == "waiting")
    ).all():
        left = None if found.fixed else max(0, int((found.due_at - now).total_seconds()))
        connection.execute(
            update(timer)
            .where(timer.c.id == found.id)
            .values(state="suspended", suspended_due_at=found.due_at, due_at=None, remaining_seconds=left)
        )
    _note(connection, row, "instance.suspended", {"reason": reason}, actor, now)


def go_on(connection: Connection, row: Row[Any], actor: Actor, now: datetime) -> None:
    """Resume the suspended instance of a locked row: spans have the time they had left, dates stay where they were."""
    stood = now - row.suspended_at
    connection.execute(
        update(instance)
        .where(instance.c.id == row.id)
        .values(state="active", suspended_at=None, revision=instance.c.revision + 1)
    )
    for found in connection.execute(
        select(task).where(task.c.instance_id == row.id, task.c.state == "suspended")
    ).all():
        values: dict[str, Any] = {"state": "open", "begun_at": _later(found.begun_at, stood)}
        if found.due_at is not None and found.due_runs:
            values["due_at"] = values["due_order"] = found.due_at + stood
        if found.due_default_runs:
            values["due_default_at"] = _later(found.due_default_at, stood)
        connection.execute(update(task).where(task.c.id == found.id).values(**values))
    connection.execute(
        update(subscription)
        .where(subscription.c.instance_id == row.id, subscription.c.state == "suspended")
        .values(state="waiting")
    )
    for found in connection.execute(
        select(timer).where(timer.c.instance_id == row.id, timer.c.state == "suspended")
    ).all():
        due = found.suspended_due_at if found.fixed else now + _left(found, row.suspended_at)
        values = {"state": "waiting", "due_at": due, "suspended_due_at": None, "remaining_seconds": None}
        values["begun_at"] = _later(found.begun_at, stood)
        if found.repetition and not found.fixed:
            values["repetition"] = postponed(found.repetition, stood)
        if found.default_fixed is False:
            values["default_at"] = _later(found.default_at, stood)
            if found.default_repetition:
                values["default_repetition"] = postponed(found.default_repetition, stood)
        connection.execute(update(timer).where(timer.c.id == found.id).values(**values))
    data = {"stood_seconds": int(stood.total_seconds())}
    _note(connection, row, "instance.resumed", data, actor, now)


def _later(moment: datetime | None, by: timedelta) -> datetime | None:
    return None if moment is None else moment + by


def _left(row: Row[Any], suspended_at: datetime) -> timedelta:
    """How much time a timer had left when it stopped; a deadline moved meanwhile has left it to be worked out."""
    if row.remaining_seconds is not None:
        return timedelta(seconds=row.remaining_seconds)
    left: timedelta = max(timedelta(0), row.suspended_due_at - suspended_at)
    return left


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
