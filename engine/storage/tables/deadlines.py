"""Every change of a deadline by an administrator, the latest of a deadline and scope in force; the ledger of clocks."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from engine.storage.append_only import append_only
from engine.storage.metadata import metadata
from engine.storage.tables import BIG, instance, one_of
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

clock_ledger = append_only(
    Table(  # what a timer (or a due date) had used and had left whenever its case was suspended and resumed
        "clock_ledger",
        metadata,
        Column("id", BIG, primary_key=True, autoincrement=True),
        Column("instance_id", ForeignKey(instance.c.id), nullable=False),
        Column("what", String(8), nullable=False),
        Column("row_id", String(32), nullable=False),
        Column("entry", String(8), nullable=False),
        Column("at", UtcDateTime, nullable=False),
        Column("used_seconds", BigInteger, nullable=False),
        Column("left_seconds", BigInteger),  # none: a fixed date
        Column("due_at", UtcDateTime, nullable=False),
        one_of("what", "timer", "due"),
        one_of("entry", "stopped", "started"),
        Index("ix_clock_ledger_instance", "instance_id", "id"),
    )
)
