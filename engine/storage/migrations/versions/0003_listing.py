"""Lists of open tasks that triggers keep, and words to search by: the inbox costs the same with a million tasks."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from engine.storage.text_search import LONGEST_WORD, words
from engine.storage.triggers.task_lists import fill_listing, install_listing

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AT_A_TIME = 5000


def upgrade() -> None:
    """Make both tables and the columns of words, fill them from what is there, install the triggers."""
    op.create_table(
        "listing",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("process", sa.String(length=120), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('role', 'user', 'holder', 'scope')", name=op.f("ck_listing_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint(
            "kind",
            "name",
            "scope",
            "process",
            "priority",
            name=op.f("uq_listing_kind_name_scope_process_priority"),
        ),
    )
    op.create_table(
        "listed",
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("listing_id", sa.BigInteger(), nullable=False),
        sa.Column("due_order", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "listing_id", name=op.f("pk_listed")),
    )
    for table, source in (("instance", "title"), ("task", "name")):
        _add_words(table, source)
    fill_listing(op.get_bind())
    op.create_index("ix_listed_due", "listed", ["listing_id", "due_order", "task_id"], unique=False)
    op.create_index("ix_listed_created", "listed", ["listing_id", "created_at", "task_id"], unique=False)
    op.create_index("ix_instance_words", "instance", ["words"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_task_words",
        "task",
        ["words"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.drop_index("ix_task_assignee", table_name="task")
    op.drop_index("ix_task_state_due", table_name="task")
    install_listing(op.get_bind())


def _add_words(table: str, source: str) -> None:
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    kind: sa.types.TypeEngine[str] = sa.Text() if sqlite else TSVECTOR()
    op.add_column(table, sa.Column("words", kind, nullable=False, server_default=""))
    if not sqlite:
        op.alter_column(table, "words", server_default=None)
    rows = sa.table(
        table, sa.column("id", sa.String()), sa.column(source, sa.Text()), sa.column("words", kind)
    )
    write = (
        rows.update().where(rows.c.id == sa.bindparam("row")).values(words=sa.bindparam("found", type_=kind))
    )
    for batch in _batches(connection, sa.select(rows.c.id, rows.c[source])):
        connection.execute(write, [{"row": row_id, "found": _spaced(text)} for row_id, text in batch])


def _batches(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[list[tuple[str, str]]]:
    rows = [(str(row[0]), str(row[1])) for row in connection.execute(query)]
    for start in range(0, len(rows), AT_A_TIME):
        yield rows[start : start + AT_A_TIME]


def _spaced(text: str) -> str:
    return "".join(f" {word[:LONGEST_WORD]}" for word in words(text).split())


def downgrade() -> None:
    """Back to the indexes of before."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        names = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND (name LIKE '%listed' OR name LIKE '%_dropped')"
        ).scalars()
        for name in list(names):
            op.execute(f'DROP TRIGGER "{name}"')
    else:
        for function in (
            "on_task_listing",
            "on_candidate_listing",
            "on_case_listing",
            "relist_task",
            "list_task",
        ):
            op.execute(f"DROP FUNCTION {function} CASCADE")
    op.create_index("ix_task_state_due", "task", ["state", "due_order", "id"], unique=False)
    op.create_index("ix_task_assignee", "task", ["assignee", "state", "due_order", "id"], unique=False)
    op.drop_index("ix_task_words", table_name="task")
    op.drop_index("ix_instance_words", table_name="instance")
    op.drop_column("task", "words")
    op.drop_column("instance", "words")
    op.drop_table("listed")
    op.drop_table("listing")
