"""Every change of a deadline by an administrator: the latest one of a deadline and scope is the one in force."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from engine.storage.append_only import append_only
from engine.storage.metadata import metadata
from engine.storage.tables import BIG
from engine.storage.types import Json, UtcDateTime

deadline_change = append_only(
    Table(
        "deadline_change",
        metadata,
        Column("id", BIG, primary_key=True, autoincrement=True),
        Column("deadline", String(300), nullable=False),
        Column("scope", String(160), nullable=False),
        Column(
            "value", Json
        ),  # the term put in force; none: what holds above, in the end what the diagram says
        Column("old", Json),
        Column("reason", Text, nullable=False),
        Column("changed_at", UtcDateTime, nullable=False),
        Column("changed_by", String(80), nullable=False),
        Column("undoes", BigInteger),
        Column("moved", BigInteger, nullable=False),
        Column("overdue", BigInteger, nullable=False),
        Index("ix_deadline_change_deadline", "deadline", "scope", "id"),
    )
)
