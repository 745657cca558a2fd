"""Signals and messages between cases: who is to receive is written down with the sending, each delivery comes after.

A signal reaches whoever waits for it at the moment it is thrown: one row of the outbox for each, written in one
statement in the sender's transaction, which locks no other case. Each receiver then gets it in a transaction of its
own, once, and one that fails holds back no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, or_, select

from engine.execution.outbox import enqueue
from engine.storage.tables import definition, instance, outbox, subscription
from engine.storage.types import new_id

DELIVERY = "event.delivery"
"""The kind of outbox message that brings an event to one subscription."""
MESSAGE = "event.message"
"""The kind that looks, after the commit of its sender, for those who wait for a message."""


def spread(
    connection: Connection,
    name: str,
    values: Mapping[str, Any],
    *,
    now: datetime,
    scope: str,
    sender: str | None = None,
    where: ColumnElement[bool] | None = None,
) -> int:
    """Write a delivery for each that waits for the signal `name`, except the sender; says how many.

    `where` narrows the cases; processes that a signal starts are started in `scope` (in none when it is empty).
    """
    query = (
        select(subscription.c.id, subscription.c.instance_id)
        .join(instance, instance.c.id == subscription.c.instance_id, isouter=True)
        .join(definition, definition.c.id == subscription.c.definition_id, isouter=True)
        .where(
            subscription.c.kind == "signal",
            subscription.c.message == name,
            subscription.c.state == "waiting",
            or_(subscription.c.instance_id.is_not(None), definition.c.state == "active"),
        )
    )
    if sender is not None:
        query = query.where(or_(subscription.c.instance_id.is_(None), subscription.c.instance_id != sender))
    if where is not None:
        query = query.where(or_(subscription.c.instance_id.is_(None), where))
    if not scope:
        query = query.where(subscription.c.instance_id.is_not(None))
    found = connection.execute(query.order_by(subscription.c.id)).all()
    return _deliver_to(connection, found, "signal", name, values, now, scope)


def post(
    connection: Connection,
    name: str,
    key: str,
    values: Mapping[str, Any],
    *,
    now: datetime,
    scope: str,
    sender: str | None,
) -> None:
    """Put a message of a case on its way."""
    payload = {"name": name, "key": key, "values": dict(values), "scope": scope}
    enqueue(connection, MESSAGE, payload, f"{MESSAGE}:{new_id()}", now=now, instance_id=sender)


def address(
    connection: Connection, name: str, key: str, values: Mapping[str, Any], now: datetime, scope: str
) -> int:
    """Write a delivery for each case that waits for a message with its key; when none does, for a process that it
    starts. Says how many."""
    awaited = select(subscription.c.id, subscription.c.instance_id).where(
        subscription.c.kind == "message", subscription.c.message == name, subscription.c.state == "waiting"
    )
    found = connection.execute(
        awaited.where(subscription.c.instance_id.is_not(None), subscription.c.correlation_key == key)
    ).all()
    if not found:
        starts = awaited.join(definition, definition.c.id == subscription.c.definition_id)
        found = connection.execute(starts.where(definition.c.state == "active").limit(1)).all()
    return _deliver_to(connection, found, "message", name, values, now, scope)


def _deliver_to(
    connection: Connection,
    found: Any,
    kind: str,
    name: str,
    values: Mapping[str, Any],
    now: datetime,
    scope: str,
) -> int:
    rows = [
        {
            "id": new_id(),
            "kind": DELIVERY,
            "key": f"{DELIVERY}:{new_id()}",
            "instance_id": row.instance_id,
            "payload": {
                "subscription": row.id,
                "kind": kind,
                "name": name,
                "values": dict(values),
                "scope": scope,
            },
            "state": "waiting",
            "due_at": now,
            "attempts": 0,
            "created_at": now,
        }
        for row in found
    ]
    if rows:
        connection.execute(insert(outbox), rows)
    return len(rows)
