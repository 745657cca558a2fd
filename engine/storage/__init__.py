"""Where everything is kept: tables, the unit of work (the only commit), what SQLite and PostgreSQL do differently."""

from engine.storage.database import Database, UnitOfWork
from engine.storage.metadata import metadata
from engine.storage.migrate import migrate, revisions
from engine.storage.types import Json, UtcDateTime, new_id

__all__ = ["Database", "Json", "UnitOfWork", "UtcDateTime", "metadata", "migrate", "new_id", "revisions"]
