"""The lists of open tasks are written with fewer statements: on PostgreSQL the functions of the triggers are new."""

from alembic import op

from engine.storage.triggers.task_lists import install_listing

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the functions of today in place of those of before; the triggers stay."""
    install_listing(op.get_bind())


def downgrade() -> None:
    """Nothing to undo: the functions of either version keep the same rows."""
