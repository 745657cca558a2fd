"""The tables of the engine itself: importing this module declares them.

`engine.access` declares those of users and scopes, each business module its own when the application loads it.
"""

from engine.storage import tables
from engine.storage.tables import batches, calendars, deadlines

__all__ = ["batches", "calendars", "deadlines", "tables"]
