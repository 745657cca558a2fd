"""Cases that begin by themselves: when, in which ambito, with which version."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "scheduled_start",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("definition_id", sa.String(length=160), nullable=False),
        sa.Column("element_id", sa.String(length=160), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repetition", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'ended', 'failed')", name=op.f("ck_scheduled_start_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["definition.id"], name=op.f("fk_scheduled_start_definition_id_definition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_start")),
    )
    op.create_index("ix_scheduled_start_due", "scheduled_start", ["state", "due_at", "id"], unique=False)
    op.create_index(
        op.f("ix_scheduled_start_definition_id"), "scheduled_start", ["definition_id"], unique=False
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("scheduled_start")
