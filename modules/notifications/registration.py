"""Importing this module registers what the module notifications adds to the engine."""

from modules.notifications import delivery, operations, simulated_mail, tables

__all__ = ["delivery", "operations", "simulated_mail", "tables"]
