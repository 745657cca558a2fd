"""Imports the parts of the module budget that register themselves with the engine."""

from modules.budget import consistency, operations, scenario_checks, tables

__all__ = ["consistency", "operations", "scenario_checks", "tables"]
