"""An incident says which kind of row failed, and its sentence can be shown in the language of the reader."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, find out which table each row comes from, drop the column that had ids of three tables."""
    op.execute(  # a check of the column itself: SQLite adds no other to a table that exists
        "ALTER TABLE incident ADD COLUMN source_kind VARCHAR(16) CONSTRAINT ck_incident_source_kind_known "
        "CHECK (source_kind IN ('outbox', 'timer', 'scheduled_start'))"
    )
    op.add_column("incident", sa.Column("source_id", sa.String(length=32), nullable=True))
    op.add_column("incident", sa.Column("message_code", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("message_parameters", sa.LargeBinary(), nullable=True))
    op.execute(
        "UPDATE incident SET source_id = outbox_id, source_kind = CASE "
        "WHEN EXISTS (SELECT 1 FROM outbox WHERE outbox.id = incident.outbox_id) THEN 'outbox' "
        "WHEN EXISTS (SELECT 1 FROM timer WHERE timer.id = incident.outbox_id) THEN 'timer' "
        "WHEN EXISTS (SELECT 1 FROM scheduled_start WHERE scheduled_start.id = incident.outbox_id) "
        "THEN 'scheduled_start' "
        "WHEN kind = 'outbox' THEN 'outbox' "  # the row is no longer there
        "WHEN instance_id IS NULL THEN 'scheduled_start' ELSE 'timer' END "
        "WHERE outbox_id IS NOT NULL"
    )
    op.drop_column("incident", "outbox_id")


def downgrade() -> None:
    """One column with the ids of all three tables, as before; the sentences stay in Italian."""
    op.add_column("incident", sa.Column("outbox_id", sa.String(length=32), nullable=True))
    op.execute("UPDATE incident SET outbox_id = source_id")
    for name in ("message_parameters", "message_code", "source_id", "source_kind"):
        op.drop_column("incident", name)
