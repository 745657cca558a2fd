"""Where documents are kept. Rows are written once: the database itself refuses to change or delete them."""

from sqlalchemy import (
    DDL,
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
    event,
)

from engine.storage.metadata import metadata
from engine.storage.types import UtcDateTime

documento = Table(
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
    Column("replaces", ForeignKey("documento.id")),  # the version before; that row itself never changes
    UniqueConstraint("instance_id", "kind", "version"),
    UniqueConstraint("protocol_year", "protocol_number"),
    UniqueConstraint("replaces"),
    CheckConstraint("version >= 1", name="version_positive"),
    CheckConstraint("(version = 1) = (replaces IS NULL)", name="replaces_the_one_before"),
    CheckConstraint("length(sha256) = 64", name="sha256_whole"),
)

_REFUSAL = "Un documento emesso non si modifica e non si elimina: se ne emette una nuova versione"

_ON_SQLITE = tuple(
    f"CREATE TRIGGER documento_refuses_{verb.lower()} BEFORE {verb} ON documento "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for verb in ("UPDATE", "DELETE")
)
_ON_POSTGRESQL = (
    "CREATE FUNCTION documento_refuses() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$",
    "CREATE TRIGGER documento_refuses_change BEFORE UPDATE OR DELETE ON documento "
    "FOR EACH ROW EXECUTE FUNCTION documento_refuses()",
    "CREATE TRIGGER documento_refuses_truncate BEFORE TRUNCATE ON documento "
    "FOR EACH STATEMENT EXECUTE FUNCTION documento_refuses()",
)

for _statement in _ON_SQLITE:
    event.listen(documento, "after_create", DDL(_statement).execute_if(dialect="sqlite"))
for _statement in _ON_POSTGRESQL:
    event.listen(documento, "after_create", DDL(_statement).execute_if(dialect="postgresql"))
event.listen(
    documento,
    "after_drop",
    DDL("DROP FUNCTION IF EXISTS documento_refuses()").execute_if(dialect="postgresql"),
)
