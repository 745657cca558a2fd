"""More memory of the database for statements that change very many rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

MEGABYTES = 128
"""With the defaults (PostgreSQL 4 for each sort or join, SQLite 2 of pages) a million rows are written to disk."""


@contextmanager
def extra_memory(connection: Connection) -> Iterator[None]:
    """Raise the limits within the block; on PostgreSQL until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"SET LOCAL work_mem = '{MEGABYTES}MB'; SET LOCAL random_page_cost = 4"  # whole tables, read in order
        )
        yield
        return
    before = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    connection.exec_driver_sql(f"PRAGMA cache_size = -{MEGABYTES * 1024}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = {before}")
