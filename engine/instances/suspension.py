"""Suspends and resumes a locked instance: its tasks, timers and subscriptions. `Instances.suspend` checks who may."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from engine.access import Actor
from engine.execution import LockedInstance
from engine.scheduling.timer_suspension import resume_tasks_and_timers, suspend_tasks_and_timers
from engine.storage.event_log import LogEntry, append_event
from engine.storage.tables import instance, subscription


def suspend_rows(
    connection: Connection, locked: LockedInstance, reason: str, actor: Actor, now: datetime
) -> None:
    """Suspend a locked instance: until `resume_rows` no task can be completed and no timer fires."""
    connection.execute(
        update(instance)
        .where(instance.c.id == locked.id)
        .values(state="suspended", suspended_at=now, revision=instance.c.revision + 1)
    )
    connection.execute(
        update(subscription)
        .where(subscription.c.instance_id == locked.id, subscription.c.state == "waiting")
        .values(state="suspended")
    )
    suspend_tasks_and_timers(connection, locked.id, now)
    _log(connection, locked, "instance.suspended", {"reason": reason}, actor, now)


def resume_rows(connection: Connection, locked: LockedInstance, actor: Actor, now: datetime) -> None:
    """Resume a locked, suspended instance: durations go on with the time they had left, dates stay the same."""
    if locked.suspended_at is None:
        raise RuntimeError(f"Instance {locked.id} is not suspended")
    connection.execute(
        update(instance)
        .where(instance.c.id == locked.id)
        .values(state="active", suspended_at=None, revision=instance.c.revision + 1)
    )
    connection.execute(
        update(subscription)
        .where(subscription.c.instance_id == locked.id, subscription.c.state == "suspended")
        .values(state="waiting")
    )
    resume_tasks_and_timers(connection, locked.id, locked.suspended_at, now)
    suspended_seconds = int((now - locked.suspended_at).total_seconds())
    _log(connection, locked, "instance.resumed", {"stood_seconds": suspended_seconds}, actor, now)


def _log(
    connection: Connection,
    locked: LockedInstance,
    kind: str,
    data: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    append_event(
        connection,
        LogEntry(
            instance_id=locked.id,
            at=now,
            actor_id=actor.id,
            kind=kind,
            definition_id=locked.definition_id,
            data=data,
        ),
    )
