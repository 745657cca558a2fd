"""Imports the parts of the module notifications that register themselves with the engine."""

from modules.notifications import delivery, operations, simulated_mail, tables

__all__ = ["delivery", "operations", "simulated_mail", "tables"]
