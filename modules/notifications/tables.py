"""Table of the notices in the bell: one row for each user and event."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, UniqueConstraint, text

from engine.storage.metadata import metadata
from engine.storage.types import ROW_NUMBER, UtcDateTime

notifica = Table(
    "notifica",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column("recipient", String(80), nullable=False),  # user id
    Column("event", String(60), nullable=False),
    Column("title", Text, nullable=False),
    Column("link", Text, nullable=False),  # path inside the application
    Column("instance_id", ForeignKey("instance.id")),
    Column("key", String(200), nullable=False),  # idempotency key of the outbox message that caused it
    Column("created_at", UtcDateTime, nullable=False),
    Column("read_at", UtcDateTime),
    UniqueConstraint("recipient", "key"),
    Index("ix_notifica_recipient", "recipient", "id"),
    Index(
        "ix_notifica_unread",
        "recipient",
        sqlite_where=text("read_at IS NULL"),
        postgresql_where=text("read_at IS NULL"),
    ),
)
