"""Imports the parts of the module people that register themselves with the engine."""

from modules.people import operations, simulated_users, tables

__all__ = ["operations", "simulated_users", "tables"]
