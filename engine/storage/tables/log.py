"""The table of the event log; rows are only added."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from engine.storage.append_only import append_only
from engine.storage.metadata import metadata
from engine.storage.tables.instances import instance
from engine.storage.types import ROW_NUMBER, Json, UtcDateTime

event = append_only(
    Table(
        "event",
        metadata,
        Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        Column("instance_id", ForeignKey(instance.c.id)),
        Column("at", UtcDateTime, nullable=False),
        Column("actor_id", String(80), nullable=False),
        Column("kind", String(40), nullable=False),
        Column("element_id", String(160)),
        Column("element_name", Text),
        Column("definition_id", String(160)),
        Column("data", Json),
        Index("ix_event_instance", "instance_id", "id"),
        Index("ix_event_kind", "kind", "id"),
    )
)
