"""Imports the parts of the module documents that register themselves with the engine."""

from modules.documents import operations, scenario_checks, tables

__all__ = ["operations", "scenario_checks", "tables"]
