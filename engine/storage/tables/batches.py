"""Tables of batches: an operation on many instances or incidents, and each of them with its outcome."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from engine.storage.metadata import metadata
from engine.storage.tables.columns import one_of
from engine.storage.types import Json, UtcDateTime

batch = Table(
    "batch",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("payload", Json, nullable=False),
    Column("asked", Json),  # the filter that selected the targets; null when they were listed
    Column("reason", Text, nullable=False),
    Column("actor_id", String(80), nullable=False),
    Column("actor", Json, nullable=False),  # name and roles when the batch was created
    Column("state", String(16), nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    one_of("state", "running", "done", "cancelled"),
    Index("ix_batch_state", "state", "number"),
)

batch_item = Table(
    "batch_item",
    metadata,
    Column("batch_id", ForeignKey(batch.c.id), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("target", String(32), nullable=False),  # id of an instance, or of an incident for some kinds
    Column("state", String(16), nullable=False),
    Column("outcome", Text),
    Column("ended_at", UtcDateTime),
    one_of("state", "waiting", "done", "failed", "skipped", "cancelled"),
    Index("ix_batch_item_state", "batch_id", "state", "position"),
    Index("ix_batch_item_target", "target"),
)
