"""Importing this module registers what the module budget adds to the engine."""

from modules.budget import consistency, operations, scenario_checks, tables

__all__ = ["consistency", "operations", "scenario_checks", "tables"]
