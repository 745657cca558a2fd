"""Dispatches signals and messages between instances through the outbox.

The transaction of the sender writes one outbox message for each subscription that receives the event; it locks no
other instance. Each delivery then has a transaction of its own; one that fails does not hold up the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, or_, select

from engine.execution.outbox import enqueue, message_row
from engine.storage.tables import definition, instance, outbox, subscription
from engine.storage.types import new_id

DELIVERY = "event.delivery"
"""The kind of outbox message that delivers an event to one subscription."""
MESSAGE = "event.message"
"""The kind of outbox message that correlates a message after the commit of its sender."""


def dispatch_signal(
    connection: Connection,
    name: str,
    values: Mapping[str, Any],
    *,
    now: datetime,
    scope: str,
    sender: str | None = None,
    where: ColumnElement[bool] | None = None,
) -> int:
    """Write a delivery for each subscription to the signal `name`; gives how many.

    The instance `sender` gets none. `where` is a condition on `instance`. Processes that the signal starts are started
    in `scope`; none are when it is empty.
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
    subscriptions = connection.execute(query.order_by(subscription.c.id)).all()
    return _enqueue_deliveries(connection, subscriptions, "signal", name, values, now, scope)


def send_message(
    connection: Connection,
    name: str,
    key: str,
    values: Mapping[str, Any],
    *,
    now: datetime,
    scope: str,
    sender: str | None,
) -> None:
    """Write a message of the instance `sender`, to be correlated after the commit."""
    payload = {"name": name, "key": key, "values": dict(values), "scope": scope}
    enqueue(connection, MESSAGE, payload, f"{MESSAGE}:{new_id()}", now=now, instance_id=sender)


def correlate_message(
    connection: Connection, name: str, key: str, values: Mapping[str, Any], now: datetime, scope: str
) -> int:
    """Write a delivery for each subscription of an instance to a message with this correlation key; gives how many.

    When there is none, for one process that the message starts.
    """
    awaited = select(subscription.c.id, subscription.c.instance_id).where(
        subscription.c.kind == "message", subscription.c.message == name, subscription.c.state == "waiting"
    )
    subscriptions = connection.execute(
        awaited.where(subscription.c.instance_id.is_not(None), subscription.c.correlation_key == key)
    ).all()
    if not subscriptions:
        starts = awaited.join(definition, definition.c.id == subscription.c.definition_id)
        subscriptions = connection.execute(starts.where(definition.c.state == "active").limit(1)).all()
    return _enqueue_deliveries(connection, subscriptions, "message", name, values, now, scope)


def _enqueue_deliveries(
    connection: Connection,
    subscriptions: Sequence[Any],
    kind: str,
    name: str,
    values: Mapping[str, Any],
    now: datetime,
    scope: str,
) -> int:
    rows = [
        message_row(
            DELIVERY,
            {"subscription": row.id, "kind": kind, "name": name, "values": dict(values), "scope": scope},
            f"{DELIVERY}:{new_id()}",
            now=now,
            instance_id=row.instance_id,
        )
        for row in subscriptions
    ]
    if rows:
        connection.execute(insert(outbox), rows)
    return len(rows)
