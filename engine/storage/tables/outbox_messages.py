"""The table of messages to be delivered after the commit (transactional outbox)."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from engine.storage.metadata import metadata
from engine.storage.tables.columns import one_of
from engine.storage.types import Json, UtcDateTime

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("key", String(200), nullable=False, unique=True),  # idempotency key
    Column("instance_id", String(32)),
    Column("payload", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("last_error", Text),
    one_of("state", "waiting", "delivered", "failed"),
    Index("ix_outbox_due", "state", "due_at"),
)
