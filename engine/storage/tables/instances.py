"""Tables of process instances and their participants."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from engine.storage.metadata import metadata
from engine.storage.tables.columns import one_of
from engine.storage.tables.definitions import definition
from engine.storage.text_search import SearchWords, words_of
from engine.storage.types import UtcDateTime

instance = Table(
    "instance",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("definition_id", ForeignKey(definition.c.id), nullable=False, index=True),
    Column("definition_key", String(120), nullable=False),
    Column("business_key", String(160), nullable=False),
    Column("scope", String(160), nullable=False),
    Column("title", Text, nullable=False),
    Column("words", SearchWords, nullable=False, default=words_of("title")),  # to be updated with the title
    Column("subject", String(80), index=True),
    Column("phase", String(40), nullable=False),  # the state in the domain: bozza, candidato…
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("linked_from", ForeignKey("instance.id"), index=True),
    Column("run_state", LargeBinary, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("started_by", String(80), nullable=False),
    Column("ended_at", UtcDateTime),
    Column("suspended_at", UtcDateTime),
    Column("incidents", Integer, nullable=False, server_default="0"),
    one_of("state", "active", "suspended", "completed", "cancelled"),
    Index("ix_instance_scope_state", "scope", "state", "number"),
    Index("ix_instance_business_key", "business_key"),
    Index("ix_instance_words", "words", postgresql_using="gin"),
)

participant = Table(
    "participant",
    metadata,
    Column("instance_id", ForeignKey(instance.c.id), primary_key=True),
    Column("actor_id", String(80), primary_key=True),
    Column("role", String(80), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Index("ix_participant_actor", "actor_id", "instance_id"),
)
