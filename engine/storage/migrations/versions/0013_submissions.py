"""Every submitted form is kept as it was sent. What was sent before this version is not known."""

import sqlalchemy as sa
from alembic import op

from engine.storage.append_only import install_guards
from engine.storage.triggers.submitted_drafts import install_draft_removal

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, its guards, and the trigger that deletes the draft of what is submitted."""
    op.create_table(
        "submission",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=True),
        sa.Column("element_id", sa.String(length=160), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("process_id", sa.String(length=160), nullable=False),
        sa.Column("definition_id", sa.String(length=160), nullable=False),
        sa.Column("form_id", sa.String(length=160), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.Column("context", sa.LargeBinary(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_submission_instance_id_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_index("ix_submission_instance", "submission", ["instance_id", "id"], unique=False)
    op.create_index("ix_submission_task", "submission", ["task_id"], unique=False)
    install_guards(op.get_bind())
    install_draft_removal(op.get_bind())


def downgrade() -> None:
    """Drop the table with its triggers; what was kept is gone."""
    op.drop_table("submission")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION delete_submitted_draft()")
