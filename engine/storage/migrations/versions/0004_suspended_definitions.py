"""A definition may stand still: since when, and with which operation over its cases."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two columns."""
    op.add_column("definition", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("definition", sa.Column("suspended_batch", sa.String(length=32), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("definition", "suspended_batch")
    op.drop_column("definition", "suspended_at")
