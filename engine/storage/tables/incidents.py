"""The table of incidents."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from engine.storage.metadata import metadata
from engine.storage.tables.columns import one_of
from engine.storage.tables.instances import instance
from engine.storage.types import Json, UtcDateTime

incident = Table(
    "incident",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("instance_id", ForeignKey(instance.c.id), index=True),
    Column("token", String(48)),
    Column("source_kind", String(16)),  # the table of the row that failed; null for a failed step
    Column("source_id", String(32)),
    Column("kind", String(24), nullable=False),
    Column("element_id", String(160), nullable=False),
    Column("element_name", Text, nullable=False),
    Column("sentence", Text, nullable=False),  # in Italian
    Column("message_code", Text),  # of `sentence` in the catalogue, with its parameters; null: Italian only
    Column("message_parameters", Json),
    Column("attempts", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", String(80)),
    Column("reason", Text),
    one_of("kind", "operation", "expression", "timer", "outbox", "error"),
    one_of("source_kind", "outbox", "timer", "scheduled_start"),
    one_of("state", "open", "retried", "resolved", "gone"),
    Index("ix_incident_state", "state", "created_at"),
)
