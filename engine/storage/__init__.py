"""The database: tables, migrations, transactions, and the differences between SQLite and PostgreSQL.

`Database.begin` is the only way to write: one unit of work is one transaction.
"""

from engine.storage.database import Database, UnitOfWork
from engine.storage.metadata import metadata
from engine.storage.migrate import migrate, revisions
from engine.storage.sql.statements import Inserts, Statement
from engine.storage.sql.write_batch import WriteBatch
from engine.storage.types import Json, UtcDateTime, new_id

__all__ = [
    "Database",
    "Inserts",
    "Json",
    "Statement",
    "UnitOfWork",
    "UtcDateTime",
    "WriteBatch",
    "metadata",
    "migrate",
    "new_id",
    "revisions",
]
