"""Tables of user tasks, their candidates and the drafts of their forms."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from engine.storage.metadata import metadata
from engine.storage.tables.columns import deadline_index, one_of
from engine.storage.tables.instances import instance
from engine.storage.text_search import SearchWords, words_of
from engine.storage.types import Json, UtcDateTime

task = Table(
    "task",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("instance_id", ForeignKey(instance.c.id), nullable=False),
    Column("token", String(40), nullable=False),
    Column("definition_id", String(160), nullable=False),
    Column("element_id", String(160), nullable=False),
    Column("name", Text, nullable=False),
    Column("words", SearchWords, nullable=False, default=words_of("name")),
    Column("instructions", Text, nullable=False),
    Column("form_id", String(160)),
    Column("process_id", String(160), nullable=False),  # the (called) process whose files have the form
    Column("scope", String(160), nullable=False),
    Column("assignee", String(80)),
    Column("priority", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("due_order", UtcDateTime, nullable=False),  # due_at, or a moment after all others
    Column("due_runs", Boolean, nullable=False),  # the due date moves by the time of a suspension
    Column("follow_up_at", UtcDateTime),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("completed_at", UtcDateTime),
    Column("completed_by", String(80)),
    Column("not_by", Text),  # element ids: who completed one of them may not complete this task
    Column("restricted", Boolean, nullable=False),
    Column("begun_at", UtcDateTime),  # start of its dates: created_at plus the time of suspensions
    Column("case_started_at", UtcDateTime),  # the start of the instance
    Column("due_deadline", String(300)),  # key of the deadline of its due date
    Column("due_default_at", UtcDateTime),  # the date of the diagram
    Column("due_default_runs", Boolean),
    Column("due_by_hand", Boolean, nullable=False, server_default=false()),
    Column("follow_deadline", String(300)),
    Column("follow_default_at", UtcDateTime),
    Column("follow_by_hand", Boolean, nullable=False, server_default=false()),
    Column("moves", Text),  # numbers of the log entries that have moved its dates
    UniqueConstraint("instance_id", "token"),
    one_of("state", "open", "suspended", "completed", "cancelled"),
    deadline_index("ix_task_due_deadline", "due_deadline"),
    deadline_index("ix_task_follow_deadline", "follow_deadline"),
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

draft = Table(
    "draft",
    metadata,
    Column("task_id", ForeignKey(task.c.id, ondelete="CASCADE"), primary_key=True),
    Column("actor_id", String(80), primary_key=True),
    Column("content", Json, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
)
