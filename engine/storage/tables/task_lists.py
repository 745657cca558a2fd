"""Tables of the task lists, written by triggers (`engine.storage.triggers.task_lists`)."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, UniqueConstraint

from engine.storage.metadata import metadata
from engine.storage.tables.columns import one_of
from engine.storage.types import ROW_NUMBER, UtcDateTime

listing = Table(
    "listing",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column(
        "kind", String(8), nullable=False
    ),  # role, user: candidates; holder: assignee; scope: all open tasks
    Column("name", String(120), nullable=False),  # the role or the user; empty for a scope
    Column("scope", String(160), nullable=False),
    Column("process", String(120), nullable=False),
    Column("priority", Integer, nullable=False),
    UniqueConstraint("kind", "name", "scope", "process", "priority"),
    one_of("kind", "role", "user", "holder", "scope"),
)

listed = Table(  # no foreign keys: they would lock the rows of listing
    "listed",
    metadata,
    Column("task_id", String(32), primary_key=True),
    Column("listing_id", BigInteger, primary_key=True),
    Column("due_order", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_listed_due", "listing_id", "due_order", "task_id"),
    Index("ix_listed_created", "listing_id", "created_at", "task_id"),
)
