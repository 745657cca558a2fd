"""Tables of timers of instances and of timer start events."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    literal_column,
    text,
)

from engine.storage.metadata import metadata
from engine.storage.tables.columns import deadline_index, one_of
from engine.storage.tables.definitions import definition
from engine.storage.tables.instances import instance
from engine.storage.types import Json, UtcDateTime

_WAITS = text("state = 'waiting'")

timer = Table(
    "timer",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("instance_id", ForeignKey(instance.c.id), nullable=False),
    Column("token", String(48), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("element_id", String(160), nullable=False),
    Column("name", Text, nullable=False),
    Column("due_at", UtcDateTime),  # null while suspended
    Column("fixed", Boolean, nullable=False),  # a date: a suspension does not move it
    Column("remaining_seconds", BigInteger),
    Column("suspended_due_at", UtcDateTime),
    Column("repetition", Json),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("fired_at", UtcDateTime),
    Column("deadline", String(300)),  # key of its deadline; null for retries and overdue timers
    Column("scope", String(160)),
    Column("begun_at", UtcDateTime),  # start of its duration: its creation plus the time of suspensions
    Column("case_started_at", UtcDateTime),  # the start of the instance
    Column("default_at", UtcDateTime),  # the date of the diagram
    Column("default_fixed", Boolean),
    Column("default_repetition", Json),
    Column("by_hand", Boolean, nullable=False, server_default=false()),
    Column("moves", Text),  # numbers of the log entries that have moved it
    one_of("kind", "event", "retry", "overdue"),
    one_of("state", "waiting", "suspended", "fired", "cancelled", "failed"),
    Index("ix_timer_due", "due_at", postgresql_where=_WAITS, sqlite_where=_WAITS),
    Index("ix_timer_instance", "instance_id", "state"),
    deadline_index("ix_timer_deadline", "deadline"),
)
timer_waits = timer.c.state == literal_column("'waiting'")
"""SQL: a timer is waiting. A literal, not a parameter, so that both databases use the partial index."""

scheduled_start = Table(
    "scheduled_start",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("definition_id", ForeignKey(definition.c.id), nullable=False, index=True),
    Column("element_id", String(160), nullable=False),
    Column("name", Text, nullable=False),
    Column("scope", String(160), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("repetition", Json),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("fired_at", UtcDateTime),
    one_of("state", "waiting", "ended", "failed"),
    Index("ix_scheduled_start_due", "state", "due_at", "id"),
)
