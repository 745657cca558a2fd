"""Deadlines that administrators move: what each timer and date belongs to, every change; the ledger of clocks."""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.storage.append_only import install_guards
from engine.storage.serialization import decode

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TIMER = (
    "deadline",
    "scope",
    "begun_at",
    "default_at",
    "default_fixed",
    "default_repetition",
    "by_hand",
    "moves",
)
TASK = (
    "begun_at",
    "due_deadline",
    "due_default_at",
    "due_default_runs",
    "due_by_hand",
    "follow_deadline",
    "follow_default_at",
    "follow_by_hand",
    "moves",
)


def upgrade() -> None:
    """Add the columns, fill them for what waits, make the table of the changes."""
    op.add_column("timer", sa.Column("deadline", sa.String(length=300), nullable=True))
    op.add_column("timer", sa.Column("scope", sa.String(length=160), nullable=True))
    op.add_column("timer", sa.Column("begun_at", MOMENT, nullable=True))
    op.add_column("timer", sa.Column("default_at", MOMENT, nullable=True))
    op.add_column("timer", sa.Column("default_fixed", sa.Boolean(), nullable=True))
    op.add_column("timer", sa.Column("default_repetition", sa.LargeBinary(), nullable=True))
    op.add_column("timer", sa.Column("by_hand", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("timer", sa.Column("moves", sa.Text(), nullable=True))
    op.add_column("task", sa.Column("begun_at", MOMENT, nullable=True))
    op.add_column("task", sa.Column("due_deadline", sa.String(length=300), nullable=True))
    op.add_column("task", sa.Column("due_default_at", MOMENT, nullable=True))
    op.add_column("task", sa.Column("due_default_runs", sa.Boolean(), nullable=True))
    op.add_column("task", sa.Column("due_by_hand", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("task", sa.Column("follow_deadline", sa.String(length=300), nullable=True))
    op.add_column("task", sa.Column("follow_default_at", MOMENT, nullable=True))
    op.add_column(
        "task", sa.Column("follow_by_hand", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("task", sa.Column("moves", sa.Text(), nullable=True))
    _fill()
    op.create_index("ix_timer_deadline", "timer", ["deadline", "state", "due_at", "scope"], unique=False)
    op.create_index(
        "ix_task_due_deadline", "task", ["due_deadline", "state", "due_at", "scope"], unique=False
    )
    op.create_index(
        "ix_task_follow_deadline", "task", ["follow_deadline", "state", "follow_up_at", "scope"], unique=False
    )
    op.create_table(
        "deadline_change",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("deadline", sa.String(length=300), nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("old", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("moved", sa.BigInteger(), nullable=False),
        sa.Column("overdue", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_change")),
    )
    op.create_index(
        "ix_deadline_change_deadline", "deadline_change", ["deadline", "scope", "id"], unique=False
    )
    op.create_table(
        "clock_ledger",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("row_id", sa.String(length=32), nullable=False),
        sa.Column("entry", sa.String(length=8), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("used_seconds", sa.BigInteger(), nullable=False),
        sa.Column("left_seconds", sa.BigInteger(), nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.CheckConstraint("what IN ('timer', 'due')", name=op.f("ck_clock_ledger_what_known")),
        sa.CheckConstraint("entry IN ('stopped', 'started')", name=op.f("ck_clock_ledger_entry_known")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_clock_ledger_instance_id_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_ledger")),
    )
    op.create_index("ix_clock_ledger_instance", "clock_ledger", ["instance_id", "id"], unique=False)
    install_guards(op.get_bind())


def downgrade() -> None:
    """Drop them."""
    op.drop_table("clock_ledger")
    op.drop_table("deadline_change")
    op.drop_index("ix_task_follow_deadline", "task")
    op.drop_index("ix_task_due_deadline", "task")
    op.drop_index("ix_timer_deadline", "timer")
    for name in reversed(TASK):
        op.drop_column("task", name)
    for name in reversed(TIMER):
        op.drop_column("timer", name)


def _fill() -> None:
    """What waits now keeps its moment, and takes it for what the diagram says."""
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "UPDATE task SET begun_at = created_at, due_default_at = due_at, due_default_runs = due_runs, "
            "follow_default_at = follow_up_at, "
            "due_deadline = CASE WHEN due_at IS NULL THEN NULL ELSE process_id || '/' || element_id || '/due' END, "
            "follow_deadline = CASE WHEN follow_up_at IS NULL THEN NULL "
            "ELSE process_id || '/' || element_id || '/follow_up' END "
            "WHERE state IN ('open', 'suspended')"
        )
    )
    connection.execute(
        sa.text(
            "UPDATE timer SET begun_at = created_at, default_at = coalesce(due_at, suspended_due_at), "
            "default_fixed = fixed, default_repetition = repetition, "
            "scope = (SELECT scope FROM instance WHERE instance.id = timer.instance_id) "
            "WHERE kind = 'event' AND state IN ('waiting', 'suspended', 'failed')"
        )
    )
    places = connection.execute(
        sa.text(
            "SELECT DISTINCT instance.definition_id, timer.element_id FROM timer "
            "JOIN instance ON instance.id = timer.instance_id "
            "WHERE timer.kind = 'event' AND timer.state IN ('waiting', 'suspended', 'failed')"
        )
    ).all()
    for definition_id, element_id in places:
        drawn_in = _drawn_in(connection, definition_id, element_id)
        own = f"{drawn_in.rpartition(':')[0]}/{element_id}/timer"
        key = _shared(_diagram(connection, drawn_in), element_id).get("timer", own)
        connection.execute(
            sa.text(
                "UPDATE timer SET deadline = :key WHERE kind = 'event' AND element_id = :element "
                "AND state IN ('waiting', 'suspended', 'failed') "
                "AND instance_id IN (SELECT id FROM instance WHERE definition_id = :definition)"
            ),
            {"key": key, "element": element_id, "definition": definition_id},
        )

    dated = connection.execute(
        sa.text(
            "SELECT DISTINCT definition_id, element_id FROM task WHERE state IN ('open', 'suspended') "
            "AND (due_deadline IS NOT NULL OR follow_deadline IS NOT NULL)"
        )
    ).all()
    for definition_id, element_id in dated:
        shared = _shared(_diagram(connection, definition_id), element_id)
        for what, column in (("dueDate", "due_deadline"), ("followUpDate", "follow_deadline")):
            if what in shared:
                connection.execute(
                    sa.text(
                        f"UPDATE task SET {column} = :key WHERE {column} IS NOT NULL "  # noqa: S608 - our own names
                        "AND definition_id = :definition AND element_id = :element "
                        "AND state IN ('open', 'suspended')"
                    ),
                    {"key": shared[what], "definition": definition_id, "element": element_id},
                )


def _drawn_in(connection: Any, definition_id: str, element_id: str) -> str:
    """The definition whose diagram has the element: that of the case, or one that it calls."""
    called = connection.execute(
        sa.text("SELECT called FROM definition WHERE id = :id"), {"id": definition_id}
    ).scalar_one()
    drawn = re.compile(rb"""\bid=["']""" + re.escape(element_id).encode() + rb"""["']""")
    for candidate in (definition_id, *decode(bytes(called)).values()):
        if drawn.search(_diagram(connection, candidate)):
            return str(candidate)
    return definition_id


def _diagram(connection: Any, definition_id: str) -> bytes:
    content = connection.execute(
        sa.text("SELECT content FROM definition_resource WHERE definition_id = :id AND kind = 'bpmn'"),
        {"id": definition_id},
    ).scalar_one_or_none()
    return bytes(content or b"")


_TAG = re.compile(rb"""<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(/?)>""")
_ATTRIBUTE = re.compile(rb"""([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NAMED = re.compile(rb"""\s*=?\s*scadenza\(\s*(?:"|&quot;|&#34;)([^"&]+)(?:"|&quot;|&#34;)\s*\)\s*""")
_TIMER_TEXT = re.compile(rb"<(?:[\w.-]+:)?time(?:Date|Duration|Cycle)\b[^>]*>([^<]*)<")


def _shared(diagram: bytes, element_id: str) -> dict[str, str]:
    """The shared deadlines that an element names with nothing around: by attribute, and under `timer` its timer's."""
    for tag in _TAG.finditer(diagram):
        attributes = {name: one or other for name, one, other in _ATTRIBUTE.findall(tag[2])}
        if attributes.get(b"id") != element_id.encode():
            continue
        found = {name.decode(): text for name, text in attributes.items()}
        if not tag[3]:
            body = diagram[tag.end() : diagram.find(b"</" + tag[1] + b">", tag.end())]
            text = _TIMER_TEXT.search(body)
            found["timer"] = text[1] if text else b""
        named = {name: _NAMED.fullmatch(text) for name, text in found.items()}
        return {name: f"scadenza:{match[1].decode()}" for name, match in named.items() if match}
    return {}
