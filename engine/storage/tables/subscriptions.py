"""The table of event subscriptions: messages, signals and conditions."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from engine.storage.metadata import metadata
from engine.storage.tables.columns import one_of
from engine.storage.tables.definitions import definition
from engine.storage.tables.instances import instance
from engine.storage.types import UtcDateTime

subscription = Table(
    "subscription",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("instance_id", ForeignKey(instance.c.id)),
    Column("token", String(48)),
    Column("definition_id", ForeignKey(definition.c.id)),  # set for message start events
    Column("element_id", String(160), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("message", String(160), nullable=False),  # name of the message or signal, or text of the condition
    Column("correlation_key", String(240), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    one_of("kind", "message", "signal", "condition"),
    one_of("state", "waiting", "suspended", "ended"),
    Index("ix_subscription_message", "message", "correlation_key", "state"),
    Index("ix_subscription_instance", "instance_id", "state"),
)
