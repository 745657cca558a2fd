"""Importing this module registers what the module people adds to the engine."""

from modules.people import operations, tables

__all__ = ["operations", "tables"]
