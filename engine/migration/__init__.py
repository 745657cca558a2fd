"""Moving running instances to another version of their definition: plan, checks, preview, application."""

from engine.migration.plan import MigrationPlan, Place, Proposal
from engine.migration.preview import Group, Preview
from engine.migration.service import Migrations

__all__ = ["Group", "MigrationPlan", "Migrations", "Place", "Preview", "Proposal"]
