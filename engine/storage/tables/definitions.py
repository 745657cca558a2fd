"""Tables of deployed definitions, their files and their parameters."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from engine.storage.metadata import metadata
from engine.storage.tables.columns import one_of
from engine.storage.types import Json, UtcDateTime

definition = Table(
    "definition",
    metadata,
    Column("id", String(160), primary_key=True),  # key:version
    Column("key", String(120), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("starters", Json, nullable=False),  # candidate starter groups (candidateStarterGroups)
    Column("called", Json, nullable=False),  # called process key → pinned definition id
    Column("deployed_at", UtcDateTime, nullable=False),
    Column("deployed_by", String(80), nullable=False),
    Column("suspended_at", UtcDateTime),
    Column("suspended_batch", String(32)),  # the batch that suspended its instances
    UniqueConstraint("key", "version"),
    one_of("state", "active", "retired"),
)

definition_resource = Table(
    "definition_resource",
    metadata,
    Column("definition_id", ForeignKey(definition.c.id), primary_key=True),
    Column("path", String(240), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    one_of("kind", "bpmn", "dmn", "form", "parameters", "readme"),
)

parameter = Table(
    "parameter",
    metadata,
    Column("definition_key", String(120), primary_key=True),
    Column("name", String(120), primary_key=True),
    Column("scope", String(160), primary_key=True),
    Column("value", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", String(80), nullable=False),
)
