"""The table of submitted forms; rows are only added."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from engine.storage.append_only import append_only
from engine.storage.metadata import metadata
from engine.storage.tables.instances import instance
from engine.storage.types import ROW_NUMBER, Json, UtcDateTime

submission = append_only(
    Table(
        "submission",
        metadata,
        Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        Column("instance_id", ForeignKey(instance.c.id), nullable=False),
        Column("task_id", String(32)),  # null for a start form
        Column("element_id", String(160), nullable=False),
        Column("name", Text, nullable=False),  # of the task, of the process for a start form
        Column("process_id", String(160), nullable=False),
        Column("definition_id", String(160), nullable=False),  # the version that has the form
        Column("form_id", String(160), nullable=False),
        Column("actor_id", String(80), nullable=False),
        Column("at", UtcDateTime, nullable=False),
        Column("answers", Json, nullable=False),  # as the process received them
        Column("context", Json, nullable=False),  # the variables that the form showed or used, as they were
        Column("restricted", Boolean, nullable=False),
        Index("ix_submission_instance", "instance_id", "id"),
        Index("ix_submission_task", "task_id"),
    )
)
