"""Process instance migration: plan, validation, preview, and the migration of instances to another version."""

from engine.instances.migration.plan import MigrationInstruction, MigrationPlan, ProposedPlan
from engine.instances.migration.preview import MigrationPreview, PreviewGroup
from engine.instances.migration.service import BATCH_KIND, Migrations

__all__ = [
    "BATCH_KIND",
    "MigrationInstruction",
    "MigrationPlan",
    "MigrationPreview",
    "Migrations",
    "PreviewGroup",
    "ProposedPlan",
]
