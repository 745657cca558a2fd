"""What a subscription waits for: a message, as before, a signal, or a condition."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the kind; what is there already waits for messages."""
    with op.batch_alter_table("subscription") as batch:
        batch.add_column(sa.Column("kind", sa.String(length=16), server_default="message", nullable=False))
        batch.create_check_constraint(
            op.f("ck_subscription_kind_known"), "kind IN ('message', 'signal', 'condition')"
        )
    with op.batch_alter_table("subscription") as batch:
        batch.alter_column(
            "kind", existing_type=sa.String(length=16), existing_nullable=False, server_default=None
        )


def downgrade() -> None:
    """Drop it, with all that waits for anything but messages."""
    op.execute("DELETE FROM subscription WHERE kind != 'message'")
    with op.batch_alter_table("subscription") as batch:
        batch.drop_constraint(op.f("ck_subscription_kind_known"), type_="check")
        batch.drop_column("kind")
