"""Inserts rows unless their unique key exists (ON CONFLICT DO NOTHING); safe with concurrent writers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row. True when it was written, False when a unique key of it exists already."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(**values).on_conflict_do_nothing()
    result = connection.execute(statement, execution_options={"preserve_rowcount": True})
    return result.rowcount == 1


def insert_many_once(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, except those of which a unique key exists already."""
    if rows:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(insert(table).on_conflict_do_nothing(), [dict(row) for row in rows])
