"""Table of documents. It is append-only: triggers of the database refuse changes and deletions."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from engine.storage.append_only import append_only
from engine.storage.metadata import metadata
from engine.storage.types import UtcDateTime

documento = append_only(
    Table(
        "documento",
        metadata,
        Column("id", String(32), primary_key=True),
        Column("instance_id", ForeignKey("instance.id"), nullable=False),
        Column("kind", String(40), nullable=False),
        Column("version", Integer, nullable=False),
        Column("protocol_year", Integer, nullable=False),
        Column("protocol_number", Integer, nullable=False),
        Column("title", Text, nullable=False),
        Column("filename", Text, nullable=False),
        Column("media_type", String(120), nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("content", LargeBinary, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("created_by", String(80), nullable=False),
        Column("element_id", String(160), nullable=False),
        Column("replaces", ForeignKey("documento.id")),  # the previous version
        UniqueConstraint("instance_id", "kind", "version"),
        UniqueConstraint("protocol_year", "protocol_number"),
        UniqueConstraint("replaces"),
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("(version = 1) = (replaces IS NULL)", name="replaces_the_one_before"),
        CheckConstraint("length(sha256) = 64", name="sha256_whole"),
    )
)
