"""Tables of deadline overrides (the last one of a deadline and scope is in force) and of suspended time."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from engine.storage.append_only import append_only
from engine.storage.metadata import metadata
from engine.storage.tables.columns import one_of
from engine.storage.tables.instances import instance
from engine.storage.types import ROW_NUMBER, Json, UtcDateTime

deadline_change = append_only(
    Table(
        "deadline_change",
        metadata,
        Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        Column("deadline", String(300), nullable=False),
        Column("scope", String(160), nullable=False),
        Column("value", Json),  # the override; null: the one of the scope above, or the diagram
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
    Table(  # time used and left of a timer or due date, at each suspension and resumption of its instance
        "clock_ledger",
        metadata,
        Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        Column("instance_id", ForeignKey(instance.c.id), nullable=False),
        Column("what", String(8), nullable=False),
        Column("row_id", String(32), nullable=False),
        Column("entry", String(8), nullable=False),
        Column("at", UtcDateTime, nullable=False),
        Column("used_seconds", BigInteger, nullable=False),
        Column("left_seconds", BigInteger),  # null: a fixed date
        Column("due_at", UtcDateTime, nullable=False),
        one_of("what", "timer", "due"),
        one_of("entry", "stopped", "started"),
        Index("ix_clock_ledger_instance", "instance_id", "id"),
    )
)
