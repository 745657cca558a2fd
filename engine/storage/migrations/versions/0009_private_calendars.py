"""Each user may have a private calendar of their deadlines: the hash of the secret in its address."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "calendario_privato",
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("impronta", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["username"], ["utente.username"], name=op.f("fk_calendario_privato_username_utente")
        ),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_calendario_privato")),
        sa.UniqueConstraint("impronta", name=op.f("uq_calendario_privato_impronta")),
    )


def downgrade() -> None:
    """Drop the table: every address stops working."""
    op.drop_table("calendario_privato")
