"""The engine's own tables: definitions, running instances and what people and clocks wait for.

The state of an instance is one row of bytes with a revision; everything that is queried stands beside it in tables of
its own. Each moment is in UTC. Enumerated texts are checked by the database as well.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
    text,
)

from engine.storage.append_only import append_only
from engine.storage.metadata import metadata
from engine.storage.text_search import Words, words_of
from engine.storage.types import Json, UtcDateTime

BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER keys


def one_of(column: str, *values: str) -> CheckConstraint:
    """The constraint that a column holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _of_deadline(name: str, column: str) -> Index:
    """Narrow: whoever moves the rows of a deadline writes each of their entries anew."""
    dated = text(f"{column} IS NOT NULL")
    return Index(name, column, "state", postgresql_where=dated, sqlite_where=dated)


_WAITS = text("state = 'waiting'")

definition = Table(
    "definition",
    metadata,
    Column("id", String(160), primary_key=True),  # key:version
    Column("key", String(120), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("starters", Json, nullable=False),  # candidate starter groups
    Column("called", Json, nullable=False),  # called process key → pinned definition id
    Column("deployed_at", UtcDateTime, nullable=False),
    Column("deployed_by", String(80), nullable=False),
    Column("suspended_at", UtcDateTime),
    Column("suspended_batch", String(32)),  # the operation that suspended its cases with it
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
    Column(
        "words", Words, nullable=False, default=words_of("title")
    ),  # to be found by; whoever sets a title sets it
    Column("subject", String(80), index=True),
    Column("phase", String(40), nullable=False),  # the domain's state: bozza, candidato…
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

task = Table(
    "task",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("instance_id", ForeignKey(instance.c.id), nullable=False),
    Column("token", String(40), nullable=False),
    Column("definition_id", String(160), nullable=False),
    Column("element_id", String(160), nullable=False),
    Column("name", Text, nullable=False),
    Column("words", Words, nullable=False, default=words_of("name")),  # to be found by
    Column("instructions", Text, nullable=False),
    Column("form_id", String(160)),
    Column("process_id", String(160), nullable=False),  # the (called) process whose bundle holds the form
    Column("scope", String(160), nullable=False),
    Column("assignee", String(80)),
    Column("priority", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("due_order", UtcDateTime, nullable=False),  # due_at, or the end of time: one index for the inbox
    Column("due_runs", Boolean, nullable=False),  # the due date is a span whose clock stops while suspended
    Column("follow_up_at", UtcDateTime),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("completed_at", UtcDateTime),
    Column("completed_by", String(80)),
    Column("not_by", Text),  # elements: who completed any of them may not complete this one
    Column("restricted", Boolean, nullable=False),
    Column("begun_at", UtcDateTime),  # from when its dates count: created_at, and the time it stood suspended
    Column("case_started_at", UtcDateTime),  # from when offsets from the start of the case count
    Column("due_deadline", String(300)),  # which deadline its due date belongs to
    Column("due_default_at", UtcDateTime),  # what the diagram says
    Column("due_default_runs", Boolean),
    Column("due_by_hand", Boolean, nullable=False, server_default=false()),
    Column("follow_deadline", String(300)),
    Column("follow_default_at", UtcDateTime),
    Column("follow_by_hand", Boolean, nullable=False, server_default=false()),
    Column("moves", Text),  # the log's lines of the changes that have moved its dates, by number
    UniqueConstraint("instance_id", "token"),
    one_of("state", "open", "suspended", "completed", "cancelled"),
    _of_deadline("ix_task_due_deadline", "due_deadline"),
    _of_deadline("ix_task_follow_deadline", "follow_deadline"),
    Index("ix_task_instance", "instance_id", "state"),
    Index(
        "ix_task_words",
        "words",
        postgresql_using="gin",
        postgresql_where=text("state = 'open'"),
        sqlite_where=text("state = 'open'"),
    ),
)

task_candidate = Table(
    "task_candidate",
    metadata,
    Column("task_id", ForeignKey(task.c.id, ondelete="CASCADE"), primary_key=True),
    Column("kind", String(8), primary_key=True),  # role or user
    Column("name", String(120), primary_key=True),
    Index("ix_task_candidate_name", "kind", "name", "task_id"),
    one_of("kind", "role", "user"),
)

listing = Table(
    "listing",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column(
        "kind", String(8), nullable=False
    ),  # role, user: offered and free; holder: assigned; scope: every open task
    Column("name", String(120), nullable=False),  # of the role or user; empty for a scope
    Column("scope", String(160), nullable=False),
    Column("process", String(120), nullable=False),
    Column("priority", Integer, nullable=False),
    UniqueConstraint("kind", "name", "scope", "process", "priority"),
    one_of("kind", "role", "user", "holder", "scope"),
)

listed = Table(  # written by triggers; foreign keys would lock the rows of listing
    "listed",
    metadata,
    Column("task_id", String(32), primary_key=True),
    Column("listing_id", BigInteger, primary_key=True),
    Column("due_order", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_listed_due", "listing_id", "due_order", "task_id"),
    Index("ix_listed_created", "listing_id", "created_at", "task_id"),
)

timer = Table(
    "timer",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("instance_id", ForeignKey(instance.c.id), nullable=False),
    Column("token", String(48), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("element_id", String(160), nullable=False),
    Column("name", Text, nullable=False),
    Column("due_at", UtcDateTime),  # empty while suspended
    Column("fixed", Boolean, nullable=False),  # a date: stays where it is over a suspension
    Column("remaining_seconds", BigInteger),
    Column("suspended_due_at", UtcDateTime),
    Column("repetition", Json),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("fired_at", UtcDateTime),
    Column("deadline", String(300)),  # which deadline it belongs to; none for retries and delays
    Column("scope", String(160)),
    Column(
        "begun_at", UtcDateTime
    ),  # from when an offset counts: its beginning, and the time it stood suspended
    Column("case_started_at", UtcDateTime),  # from when offsets from the start of the case count
    Column("default_at", UtcDateTime),  # what the diagram says
    Column("default_fixed", Boolean),
    Column("default_repetition", Json),
    Column("by_hand", Boolean, nullable=False, server_default=false()),
    Column("moves", Text),  # the log's lines of the changes that have moved it, by number
    one_of("kind", "event", "retry", "overdue"),
    one_of("state", "waiting", "suspended", "fired", "cancelled", "failed"),
    Index("ix_timer_due", "due_at", postgresql_where=_WAITS, sqlite_where=_WAITS),
    Index("ix_timer_instance", "instance_id", "state"),
    _of_deadline("ix_timer_deadline", "deadline"),
)
timer_waits = timer.c.state == literal_column("'waiting'")
"""SQL: a timer waits; said by a literal, so that both databases see that the index of what is due serves."""

subscription = Table(
    "subscription",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("instance_id", ForeignKey(instance.c.id)),
    Column("token", String(48)),
    Column("definition_id", ForeignKey(definition.c.id)),  # set for message starts
    Column("element_id", String(160), nullable=False),
    Column("kind", String(16), nullable=False),
    Column(
        "message", String(160), nullable=False
    ),  # the name of the message or signal; the text of a condition
    Column("correlation_key", String(240), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    one_of("kind", "message", "signal", "condition"),
    one_of("state", "waiting", "suspended", "ended"),
    Index("ix_subscription_message", "message", "correlation_key", "state"),
    Index("ix_subscription_instance", "instance_id", "state"),
)

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

incident = Table(
    "incident",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("instance_id", ForeignKey(instance.c.id), index=True),
    Column("token", String(48)),
    Column("outbox_id", String(32)),
    Column("kind", String(24), nullable=False),
    Column("element_id", String(160), nullable=False),
    Column("element_name", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", String(80)),
    Column("reason", Text),
    one_of("kind", "operation", "expression", "timer", "outbox", "error"),
    one_of("state", "open", "retried", "resolved", "gone"),
    Index("ix_incident_state", "state", "created_at"),
)

event = append_only(
    Table(
        "event",
        metadata,
        Column("id", BIG, primary_key=True, autoincrement=True),
        Column("instance_id", ForeignKey(instance.c.id)),
        Column("at", UtcDateTime, nullable=False),
        Column("actor_id", String(80), nullable=False),
        Column("kind", String(40), nullable=False),
        Column("element_id", String(160)),
        Column("element_name", Text),
        Column("definition_id", String(160)),
        Column("data", Json),
        Index("ix_event_instance", "instance_id", "id"),
        Index("ix_event_kind", "kind", "id"),
    )
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("key", String(200), nullable=False, unique=True),  # idempotency
    Column("instance_id", String(32)),
    Column("payload", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("last_error", Text),
    one_of("state", "waiting", "delivered", "failed"),
    Index("ix_outbox_due", "state", "due_at"),
)

draft = Table(
    "draft",
    metadata,
    Column("task_id", ForeignKey(task.c.id, ondelete="CASCADE"), primary_key=True),
    Column("actor_id", String(80), primary_key=True),
    Column("content", Json, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
)

comment = Table(
    "comment",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
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

counter = Table(
    "counter",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
