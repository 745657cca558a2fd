"""Moving running instances to another version of their definition: plan, checks, preview, application."""

from engine.instances.migration.plan import MigrationPlan, Place, Proposal
from engine.instances.migration.preview import Group, Preview
from engine.instances.migration.service import KIND, Migrations

__all__ = ["KIND", "Group", "MigrationPlan", "Migrations", "Place", "Preview", "Proposal"]
