"""Importing this module registers what the module documents adds to the engine."""

from modules.documents import operations, scenario_checks, tables

__all__ = ["operations", "scenario_checks", "tables"]
