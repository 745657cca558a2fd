"""Tables of comments and attachments."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, LargeBinary, String, Table, Text

from engine.storage.metadata import metadata
from engine.storage.tables.instances import instance
from engine.storage.types import ROW_NUMBER, UtcDateTime

comment = Table(
    "comment",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column("instance_id", ForeignKey(instance.c.id), nullable=False, index=True),
    Column("task_id", String(32)),
    Column("actor_id", String(80), nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text", Text, nullable=False),
)

attachment = Table(
    "attachment",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("instance_id", ForeignKey(instance.c.id), nullable=False, index=True),
    Column("task_id", String(32)),
    Column("filename", Text, nullable=False),
    Column("media_type", String(120), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("actor_id", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("restricted", Boolean, nullable=False),
)
