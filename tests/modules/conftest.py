"""The database of a test of a business module, on SQLite and on PostgreSQL."""

from tests.fixtures import database, database_kind

__all__ = ["database", "database_kind"]
